"""A line whose completion is taken by Tab, as in a shell."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding
from textual.widgets import Input


class CompletingInput(Input):
    """Tab takes the completion that is shown; without one it goes to the next field, as everywhere."""

    BINDINGS: ClassVar[list[Any]] = [Binding("tab", "complete", "Complete", show=False)]

    def action_complete(self) -> None:
        more = len(self._suggestion) > len(self.value)
        if more and self.cursor_position == len(self.value):
            self.action_cursor_right()
        else:
            self.screen.focus_next()
