"""What every dialog has: a key for its keys, and for what its fields are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Label

from tui.widgets.field_help import FieldHelp

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A dialog that helps. A line of text takes the question mark as a character; F1 helps there too."""

    BINDINGS = [Binding("question_mark,f1", "app.help_keys", "Help", show=False)]

    @property
    def called(self) -> str:
        """The title in its frame; empty where there is none."""
        framed = (str(box.border_title) for box in self.query(".dialog") if box.border_title)
        return next(framed, "")

    @property
    def about(self) -> str:
        """What each field is for, a line each, in full: the line of help has room for one, and for its beginning."""
        return "\n".join(": ".join(filter(None, (name, help))) for name, help in self.field_helps() if help)

    def field_helps(self) -> Iterator[tuple[str, str]]:
        """The fields that are shown, each by the name before it, where there is one, with their help."""
        lines = list(self.query(FieldHelp))
        for row in self.query(".row") if lines else ():
            if row.display:
                names = [str(label.content) for label in row.query(Label)]
                yield next(iter(names), ""), next(filter(None, map(lines[0].help_for, _fields_in(row))), "")


def _fields_in(row: Widget) -> list[Widget]:
    return [widget for widget in row.query("*") if widget.focusable and widget.display]
