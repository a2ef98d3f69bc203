"""A select in a form. Enter belongs to the form, which it runs; space and the arrows open the list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from rich.console import RenderableType
from textual.binding import Binding
from textual.widgets import Select
from textual.widgets._select import SelectOverlay

T = TypeVar("T")


class FormSelect(Select[T], inherit_bindings=False):
    """A select that leaves Enter to the form while its list is closed."""

    BINDINGS: ClassVar[list[Any]] = [Binding("space,down,up", "show_overlay", "Open the list", show=False)]

    def set_options(self, options: Iterable[tuple[RenderableType, T]]) -> None:
        """Other options, which a thread may give while the list is open: the cursor stays on its option.

        Textual would leave the list without a cursor, and Enter without an effect.
        """
        overlay = self.query_one(SelectOverlay)
        at = overlay.highlighted if self.expanded else None
        looked_at = self._options[at][1] if at is not None and at < len(self._options) else self.value
        super().set_options(options)
        if self.expanded:
            values = [value for _, value in self._options]
            overlay.select(values.index(looked_at) if looked_at in values else 0 if values else None)
