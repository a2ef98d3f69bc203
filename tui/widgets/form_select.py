"""A select in a form. Enter belongs to the form, which it runs; space and the arrows open the list."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from textual.binding import Binding
from textual.widgets import Select

T = TypeVar("T")


class FormSelect(Select[T], inherit_bindings=False):
    """A select that leaves Enter to the form while its list is closed."""

    BINDINGS: ClassVar[list[Any]] = [Binding("space,down,up", "show_overlay", "Open the list", show=False)]
