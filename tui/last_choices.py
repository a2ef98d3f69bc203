"""What was chosen last in each action's form, and how the project was left: kept for each project of a user.

The file is in the user's state folder. One in the project would come with a project of a stranger, and say what is
shown and asked first.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import toml_file
from core.actions.definition import Action
from core.actions.parameters import PicturesParameter, ScopeParameter, TargetParameter
from core.errors import PictoscopeError, UnsafeFile
from core.project_files import read_start
from core.text import printable
from core.toml_reader import LONGEST, parse_toml
from core.user_folders import state_folder
from tui.last_view import LastView

FOLDER_NAME = "projects"  # in the state folder
_PROJECT, _VIEW = "project", "view"  # no action can be called so


class LastChoices:
    """The fields of each action as texts, and how the project was left.

    Pictures, tags, groups and parts of the collection are not kept for forms: they come from where the cursor is.

    Attributes:
        problem: why the file was left out, to be said once: it is replaced; None where it was read.
    """

    def __init__(self, project_path: Path) -> None:
        self._project = _shown(project_path)
        self._path = file_of(project_path)
        self.problem: PictoscopeError | None = None
        self._content = self._read()

    def of(self, action: Action[Any]) -> dict[str, str]:
        """Values by field; empty if it was never run here."""
        kept = self._content.get(action.name)
        values = kept if isinstance(kept, dict) else {}
        known = {field.name for field in action.fields()}
        return {name: value for name, value in values.items() if isinstance(value, str) and name in known}

    def remember(self, action: Action[Any], values: Mapping[str, Any]) -> None:
        """Keep them. A file that cannot be written is only a convenience lost."""
        kept = {
            field.name: _text(values[field.name])
            for field in action.fields()
            if not isinstance(field, PicturesParameter | ScopeParameter | TargetParameter) and field.name in values
        }
        self._write(action.name, kept)

    @property
    def view(self) -> LastView:
        """How the project was left."""
        table = self._content.get(_VIEW)
        return LastView.from_table(table if isinstance(table, dict) else {})

    def remember_view(self, view: LastView) -> None:
        """Keep it, like :meth:`remember`."""
        if view != self.view:
            self._write(_VIEW, view.to_table())

    def _read(self) -> dict[str, Any]:
        try:
            content = parse_toml(read_start(self._path, LONGEST + 1))
        except FileNotFoundError:
            return {}
        except UnsafeFile as error:
            return self._left_out(error.message)
        except OSError as error:
            return self._left_out(f"{self._path} cannot be read ({error.strerror})")
        except tomllib.TOMLDecodeError as error:
            return self._left_out(f"{self._path} is damaged: {printable(str(error))}")
        if content.get(_PROJECT) != self._project:
            return self._left_out(f"{self._path} is of another project")
        return content

    def _left_out(self, why: str) -> dict[str, Any]:
        self.problem = PictoscopeError(why, "the project opens as for the first time, and the file is replaced")
        return {}

    def _write(self, name: str, kept: dict[str, Any]) -> None:
        self._content[name] = kept
        with contextlib.suppress(OSError, PictoscopeError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._content = toml_file.update(
                self._path, lambda content: self._ours(content) | {name: kept}, of_project=True
            )

    def _ours(self, content: dict[str, Any]) -> dict[str, Any]:
        """What another program has written meanwhile; nothing of what is of another project."""
        return content if content.get(_PROJECT) == self._project else {_PROJECT: self._project}


def file_of(project_path: Path) -> Path:
    """Where the choices of a project are kept."""
    digest = hashlib.sha1(os.fsencode(project_path.absolute()), usedforsecurity=False).hexdigest()
    return state_folder() / FOLDER_NAME / f"{digest}.toml"


def _shown(project_path: Path) -> str:
    return os.fsencode(project_path.absolute()).decode("utf-8", "backslashreplace")


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
