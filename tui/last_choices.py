"""What was chosen last in each action's form, and the order of Browse, kept for each project."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from core.actions.definition import Action
from core.actions.parameters import PicturesParameter, ScopeParameter, SubjectParameter
from core.catalog.order import Order
from core.errors import DiskFull
from core.files import write_whole
from core.toml_reader import parse_toml

FILE_NAME = "last-choices.toml"


class LastChoices:
    """The fields of each action as texts, and the order of Browse.

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
        kept = {
            field.name: _text(values[field.name])
            for field in action.fields()
            if not isinstance(field, PicturesParameter | ScopeParameter | SubjectParameter) and field.name in values
        }
        self._write(action.name, kept)

    @property
    def order(self) -> Order:
        """How Browse was ordered last."""
        found = self._content.get(_ORDER)
        return Order.of_texts(found if isinstance(found, dict) else {})

    def remember_order(self, order: Order) -> None:
        """Keep it, as far as it says more than where the cursor was."""
        self._write(_ORDER, order.texts())

    def _write(self, name: str, kept: dict[str, str]) -> None:
        self._content[name] = kept
        with contextlib.suppress(OSError, DiskFull):
            write_whole(self._path, tomli_w.dumps(self._content).encode("utf-8", "replace"))


_ORDER = "browse-order"  # no action can be called so


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_bytes())
    except (OSError, tomllib.TOMLDecodeError):
        return {}
