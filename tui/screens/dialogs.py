"""Small questions: yes or no, a line of text, and what keys there are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Static

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


class AskText(ModalScreen["str | None"]):
    """Asks for one line of text. Ends with it, or with None."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]  # noqa: RUF012  Textual's way

    def __init__(self, title: str, placeholder: str, value: str = "", suggestions: Sequence[str] = ()) -> None:
        super().__init__()
        self._title = title
        self._placeholder = placeholder
        self._value = value
        self._suggestions = suggestions

    def compose(self) -> ComposeResult:
        """The line and two buttons."""
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            with Horizontal(classes="row"):
                suggester = SuggestFromList(self._suggestions) if self._suggestions else None
                yield Input(self._value, placeholder=self._placeholder, id="answer", suggester=suggester, compact=True)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("OK  enter", id="ok", variant="primary", compact=True)

    def on_input_submitted(self) -> None:
        """Enter answers."""
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer, or not."""
        if event.button.id == "ok":
            self._answer()
        else:
            self.dismiss(None)

    def _answer(self) -> None:
        text = self.query_one("#answer", Input).value.strip()
        if text:
            self.dismiss(text)


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
