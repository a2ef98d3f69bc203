"""What was chosen last in each action's form, kept for each project: the next form begins with it."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from core.actions.definition import Action
from core.actions.parameters import PicturesParameter, ScopeParameter, SubjectParameter
from core.errors import DiskFull
from core.files import write_whole
from core.toml_reader import parse_toml

FILE_NAME = "last-choices.toml"


class LastChoices:
    """The fields of each action as texts.

    Pictures, tags, groups and parts of the collection are not kept: they come from where the cursor is.
    """

    def __init__(self, project_path: Path) -> None:
        self._path = project_path / FILE_NAME
        self._content = _read(self._path)

    def of(self, action: Action[Any]) -> dict[str, str]:
        """Values by field; empty if it was never run here."""
        found = self._content.get(action.name)
        values = found if isinstance(found, dict) else {}
        known = {field.name for field in action.fields()}
        return {name: value for name, value in values.items() if isinstance(value, str) and name in known}

    def remember(self, action: Action[Any], values: Mapping[str, Any]) -> None:
        """Keep them. A file that cannot be written is only a convenience lost."""
        self._content[action.name] = {
            field.name: _text(values[field.name])
            for field in action.fields()
            if not isinstance(field, PicturesParameter | ScopeParameter | SubjectParameter) and field.name in values
        }
        with contextlib.suppress(OSError, DiskFull):
            write_whole(self._path, tomli_w.dumps(self._content).encode("utf-8", "replace"))


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_bytes())
    except (OSError, tomllib.TOMLDecodeError):
        return {}
