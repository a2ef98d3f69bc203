"""Asks for what a change of labels needs, and makes it: what the catalog refuses is said in the form, which stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from core.catalog.filter import FilterError
from core.errors import PictoscopeError
from core.text import printable
from tui.messages import LabelsChanged, refused
from tui.screens.dialogs import Confirm
from tui.screens.filter_line import pointed_at
from tui.widgets.form_controls import ChoiceSelect, TextInput, YesNo

if TYPE_CHECKING:
    from tui.app import Pictoscope

Field = TextInput | ChoiceSelect | YesNo


class LabelForm(ModalScreen[None]):
    """Ends when the change is made, or by escape.

    Args:
        title: what is done.
        fields: by the word before each; the first has the cursor.
        work: makes the change, in a thread; gets what the fields hold, in their order, and says what was done.
        question: a sentence above the fields.
        yes: what the button says.
        confirm: from the same values, what must be asked before; empty for nothing.
    """

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+r", "answer", "Go", show=False),
    ]

    def __init__(
        self,
        title: str,
        fields: Mapping[str, Field],
        work: Callable[..., str],
        *,
        question: str | Text = "",
        yes: str = "OK",
        confirm: Callable[..., str] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._fields = fields
        self._work = work
        self._question = Text(printable(question)) if isinstance(question, str) else question
        self._yes = yes
        self._confirm = confirm
        self._made = False

    def compose(self) -> ComposeResult:
        """Question, fields, what is wrong, buttons."""
        with Vertical(classes="dialog form label-form") as box:
            box.border_title = Text(printable(self._title))
            if self._question:
                yield Static(self._question, classes="question")
            for name, field in self._fields.items():
                with Horizontal(classes="row"):
                    yield Label(name, classes="name")
                    yield field
            yield Static(id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button(f"{self._yes}  enter", id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#explanation").display = False
        next(iter(self._fields.values())).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        self.action_answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer, or not."""
        if event.button.id == "yes":
            self.action_answer()
        else:
            self.dismiss(None)

    def action_answer(self) -> None:
        """Ask once more where something would be lost, then make the change."""
        values = [field.given for field in self._fields.values()]
        question = self._confirm(*values) if self._confirm else ""
        if not question:
            self._make(values)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._make(values)

        self.app.push_screen(Confirm(question, self._yes), answered)

    def _make(self, values: list[Any]) -> None:
        def work() -> str:
            words = self._work(*values)
            self._made = True
            return words

        cast("Pictoscope", self.app).label(work, self._refused)

    def _refused(self, error: PictoscopeError | OSError) -> None:
        """Say it here, as long as the form is there."""
        if not self.is_attached:
            return
        known = error if isinstance(error, PictoscopeError) else refused(error)
        hint = f" ({printable(known.hint)})" if known.hint else ""
        text = Text(f"{printable(known.message)}{hint}")
        if isinstance(known, FilterError):
            line = next(field.given for name, field in self._fields.items() if name == "filter")
            text = pointed_at(str(line), known)
        explanation = self.query_one("#explanation", Static)
        explanation.update(text)
        explanation.display = True
        explanation.add_class("wrong")

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """The change is made: this one, not one that somebody else made meanwhile."""
        if self._made:
            self.dismiss(None)
