"""Asks for one line: a name, a path."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Button, Input, Static

from core.text import printable


class AskLine(ModalScreen["str | None"]):
    """A line to type in. Ends with what was typed, without blanks around it, or None. Nothing typed is no answer.

    Args:
        title: what it is for.
        question: in a sentence; may be empty.
        placeholder: what is to be typed.
        given: to begin with.
        yes: what the button says.
        suggester: completes what is typed.
    """

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]  # noqa: RUF012  Textual's way

    def __init__(
        self,
        title: str,
        question: str = "",
        *,
        placeholder: str = "",
        given: str = "",
        yes: str = "OK",
        suggester: Suggester | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._line = Input(
            given, placeholder=placeholder, suggester=suggester, id="answer", compact=True, select_on_focus=False
        )
        self._yes = yes

    def compose(self) -> ComposeResult:
        """Question, line, buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = Text(printable(self._title))
            if self._question:
                yield Static(Text(printable(self._question)), classes="question")
            with Horizontal(classes="row"):
                yield self._line
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button(f"{self._yes}  enter", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The cursor at the line's end."""
        self._line.focus()

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
        if typed := self._line.value.strip():
            self.dismiss(typed)
