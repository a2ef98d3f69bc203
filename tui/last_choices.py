"""What was chosen last in each action's form, kept for each project: the next form begins with it."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from core.actions.definition import Action, PicturesParameter
from core.errors import DiskFull
from core.files import write_whole
from core.toml_reader import parse_toml

FILE_NAME = "last-choices.toml"


class LastChoices:
    """The fields of each action as texts. Pictures are not kept: they come from where the cursor is."""

    def __init__(self, project_path: Path) -> None:
        self._path = project_path / FILE_NAME
        self._values = _read(self._path)

    def of(self, action: Action[Any]) -> dict[str, str]:
        """Values by field; empty if it was never run here."""
        return dict(self._values.get(action.name, {}))

    def remember(self, action: Action[Any], values: Mapping[str, Any]) -> None:
        """Keep them. A file that cannot be written is only a convenience lost."""
        kept = {
            field.name: str(values[field.name])
            for field in action.fields()
            if not isinstance(field, PicturesParameter) and field.name in values
        }
        self._values[action.name] = kept
        with contextlib.suppress(OSError, DiskFull):
            write_whole(self._path, tomli_w.dumps(self._values).encode("utf-8", "replace"))


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        content = parse_toml(path.read_bytes())
    except (OSError, tomllib.TOMLDecodeError):
        return {}
    return {
        action: {name: value for name, value in values.items() if isinstance(value, str)}
        for action, values in content.items()
        if isinstance(values, dict)
    }
