"""Asks for one line: a name, a path."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.suggester import Suggester
from textual.widgets import Button, Static

from core.key_hints import with_keys
from core.text import printable
from tui.screens.dialogs.form import Form
from tui.widgets.completing_input import CompletingInput
from tui.widgets.field_help import FieldHelp


class AskLine(Form["str | None"]):
    """A line to type in. Ends with what was typed, without blanks around it, or None. Nothing typed is no answer.

    Args:
        title: what it is for.
        question: in a sentence; may be empty.
        placeholder: what is to be typed.
        given: to begin with.
        yes: what the button says.
        help: the line of help; empty for the placeholder.
        suggester: completes what is typed.
        check: says what is wrong with what was typed; empty where it will do. It can be mended then.
    """

    BINDINGS = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(
        self,
        title: str,
        question: str = "",
        *,
        placeholder: str = "",
        given: str = "",
        yes: str = "OK",
        help: str = "",
        suggester: Suggester | None = None,
        check: Callable[[str], str] = lambda typed: "",
    ) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._line = CompletingInput(given, placeholder=placeholder, suggester=suggester, id="answer", compact=True)
        self._yes = yes
        self._help = help or placeholder
        self._check = check

    def compose(self) -> ComposeResult:
        """Question, line, buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = Text(printable(self._title))
            if self._question:
                yield Static(Text(printable(self._question)), classes="question")
            with Horizontal(classes="row"):
                yield self._line
            yield FieldHelp({"answer": self._help}, self._help)
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {ask-line.cancel}"), id="cancel", compact=True)
                yield Button(f"{self._yes}  enter", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        """What is given is selected: typing replaces it."""
        self._line.focus()

    def on_input_submitted(self) -> None:
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            self._answer()
        else:
            self.dismiss(None)

    def _answer(self) -> None:
        typed = self._line.value.strip()
        wrong = self._check(typed) if typed else with_keys("the field is empty; {ask-line.cancel} cancels")
        if wrong:
            self.complain(wrong)
        else:
            self.dismiss(typed)
