"""What was chosen last in each action's form, and the order of Browse, kept for each project."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from core.actions.definition import Action
from core.actions.parameters import Parameter, PicturesParameter, ScopeParameter, SubjectParameter, TextParameter
from core.catalog.order import Order
from core.errors import DiskFull
from core.files import write_whole
from core.toml_reader import parse_toml

FILE_NAME = "last-choices.toml"
_TEXTS_KEPT = 50


class LastChoices:
    """The fields of each action as texts, the texts that were searched, and the order of Browse.

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

    def texts(self, action: Action[Any]) -> list[str]:
        """What was typed into its text field before, the latest last."""
        found = self._content.get(action.name)
        listed = found.get(_TEXTS) if isinstance(found, dict) else None
        return [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []

    def remember(self, action: Action[Any], values: Mapping[str, Any]) -> None:
        """Keep them. A file that cannot be written is only a convenience lost."""
        kept: dict[str, Any] = {
            field.name: _text(values[field.name])
            for field in action.fields()
            if not isinstance(field, PicturesParameter | ScopeParameter | SubjectParameter) and field.name in values
        }
        typed = [values[field.name] for field in action.fields() if _is_typed(field) and values.get(field.name)]
        if typed:
            kept[_TEXTS] = [*(text for text in self.texts(action) if text not in typed), *typed][-_TEXTS_KEPT:]
        self._write(action.name, kept)

    @property
    def order(self) -> Order:
        """How Browse was ordered last."""
        found = self._content.get(_ORDER)
        return Order.of_texts(found if isinstance(found, dict) else {})

    def remember_order(self, order: Order) -> None:
        """Keep it, as far as it says more than where the cursor was."""
        self._write(_ORDER, order.texts())

    def _write(self, name: str, kept: dict[str, Any]) -> None:
        self._content[name] = kept
        with contextlib.suppress(OSError, DiskFull):
            write_whole(self._path, tomli_w.dumps(self._content).encode("utf-8", "replace"))


_TEXTS = "texts-before"  # no field can be called so


_ORDER = "browse-order"  # nor an action


def _is_typed(field: Parameter) -> bool:
    return isinstance(field, TextParameter) and field.required


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_bytes())
    except (OSError, tomllib.TOMLDecodeError):
        return {}
