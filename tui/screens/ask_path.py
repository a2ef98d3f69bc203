"""Asks for a file or a folder."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from core.text import printable


class AskPath(ModalScreen["str | None"]):
    """A line to type a path in. Ends with what was typed, or None.

    Args:
        title: what it is for.
        question: in a sentence.
        yes: what the button says.
        given: to begin with.
    """

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]  # noqa: RUF012  Textual's way

    def __init__(self, title: str, question: str, yes: str, given: str = "") -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._yes = yes
        self._given = given

    def compose(self) -> ComposeResult:
        """Question, line, buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = self._title
            yield Static(Text(printable(self._question)), classes="question")
            with Horizontal(classes="row"):
                yield Input(self._given, id="path", compact=True)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button(f"{self._yes}  enter", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The cursor at the line's end."""
        self.query_one(Input).focus()

    def on_input_submitted(self) -> None:
        """Enter answers."""
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer, or not."""
        if event.button.id == "yes":
            self._answer()
        else:
            self.dismiss(None)

    def _answer(self) -> None:
        typed = self.query_one(Input).value.strip()
        if typed:
            self.dismiss(typed)
