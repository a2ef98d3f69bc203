"""Small questions: yes or no, and what keys there are."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from core.text import printable


class Confirm(ModalScreen[bool]):
    """A question that must be answered before something is lost."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape,n,q", "dismiss(False)", "No"),
        Binding("y", "dismiss(True)", "Yes"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and two buttons; the harmless one has the focus."""
        with Vertical(classes="dialog"):
            yield Static(Text(printable(self._question)))
            with Horizontal(classes="buttons"):
                yield Button("Cancel  n", id="no", compact=True)
                yield Button(f"{self._yes}  y", id="yes", variant="error", compact=True)

    def on_mount(self) -> None:
        """The harmless answer first."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "yes")


class KeysHelp(ModalScreen[None]):
    """The keys of the screen below."""

    BINDINGS = [Binding("escape,q,question_mark,enter", "dismiss(None)", "Close")]  # noqa: RUF012  Textual's way

    def __init__(self, title: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._title = title
        self._keys = keys

    def compose(self) -> ComposeResult:
        """A table of keys."""
        table = Table.grid(padding=(0, 3))
        for key, text in self._keys:
            table.add_row(Text(key, "bold"), Text(text))
        with VerticalScroll(classes="dialog", id="keys") as box:
            box.border_title = self._title
            box.border_subtitle = "esc closes"
            yield Static(table)
