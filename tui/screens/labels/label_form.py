"""Asks for what a change of labels needs, and makes the change. If it is refused, the form stays and says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from core.errors import NameTaken, PictoscopeError
from core.filters.syntax import FilterError
from core.key_hints import key_for, with_keys
from core.text import printable
from tui.advice_by_key import in_app
from tui.host import host_of
from tui.messages import LabelsChanged, refused
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.dialogs.form import Form
from tui.widgets.field_help import FieldHelp
from tui.widgets.filter_suggester import pointed_at
from tui.widgets.form_controls import ChoiceSelect, NameInput, TextInput, YesNo

_HELP = {
    "name": "any words; it must not be in use yet",
    "filter": "such as tag:cat and width>2000 · tab completes",
    "tag": "tab completes a tag that there is; a new name makes a new tag",
    "into": "tab completes; its pictures will be those of both tags",
    "under": "tab completes; empty for the top level",
    "colour": "a word of those above or #rrggbb; empty for none",
    "choices": "with commas between them, in the order of the menu",
    "type": "what its values are; it cannot be changed later",
    "by": "score, or a property of the pictures · tab completes",
    "reverse": "{yes-no.turn} toggles",
    "how": "which pictures the new group gets",
}
_CHOOSE_ANOTHER = "choose another name"  # where replacing cannot be done
Field = TextInput | NameInput | ChoiceSelect | YesNo


class LabelForm(Form[None]):
    """Ends when the change is made, or by escape.

    Args:
        title: what is done.
        fields: by the word before each; the first has the cursor.
        work: makes the change, in a thread; gets what the fields hold, in their order, and says what was done.
        question: a sentence above the fields.
        hint: the line of help of its fields; empty for what is usual for a field of that name.
        yes: what the button says.
        confirm: from the same values, what must be asked before; empty for nothing.
        filter_line: what ``work`` saves, where no field holds it.
        replace: as ``work``, but replaces what has the name already, after asking; None where that cannot be done.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "answer", "Go", show=False),
    ]

    def __init__(
        self,
        title: str,
        fields: Mapping[str, Field],
        work: Callable[..., str],
        *,
        question: str | Text = "",
        hint: str = "",
        yes: str = "OK",
        confirm: Callable[..., str] | None = None,
        filter_line: str = "",
        replace: Callable[..., str] | None = None,
    ) -> None:
        super().__init__()
        self._filter = filter_line
        self._title = title
        self._fields = fields
        self._work = work
        self._question = Text(printable(question)) if isinstance(question, str) else question
        self._hint = hint
        self._yes = yes
        self._confirm = confirm
        self._replace = replace
        self._made = False

    def compose(self) -> ComposeResult:
        """Question, fields, what is wrong, buttons."""
        with Vertical(classes="dialog form label-form") as box:
            box.border_title = Text(printable(self._title))
            if self._question:
                yield Static(self._question, classes="question")
            yield from self.compose_fields()
            yield FieldHelp(self._help_of, printable(self._hint))
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {label-form.cancel}"), id="cancel", compact=True)
                yield Button(f"{self._yes}  {key_for('label-form.go')}", id="yes", variant="primary", compact=True)

    def compose_fields(self) -> ComposeResult:
        """A row for each field."""
        for name, field in self._fields.items():
            with Horizontal(classes="row"):
                yield Label(name, classes="name")
                yield field

    def on_mount(self) -> None:
        """Focus the first field."""
        next(iter(self._fields.values())).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            self.action_answer()
        else:
            self.dismiss(None)

    def _help_of(self, widget: Widget) -> str:
        """By the word before the field; of a switch it stands beside it already."""
        name = next((name for name, field in self._fields.items() if field in widget.ancestors_with_self), "")
        return self._hint or with_keys(_HELP.get(name, ""))

    def values(self) -> list[Any]:
        """The arguments of ``work``."""
        return [field.given for field in self._fields.values()]

    def action_answer(self) -> None:
        """Ask once more where something would be lost, then make the change."""
        values = self.values()
        question = self._confirm(*values) if self._confirm else ""
        if not question:
            self._make(self._work, values)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._make(self._work, values)

        self.app.push_screen(Confirm(question, self._yes), answered)

    def _make(self, change: Callable[..., str], values: list[Any]) -> None:
        def work() -> str:
            words = change(*values)
            self._made = True
            return words

        host_of(self).label(work, lambda error: self._refused(error, values))

    def _refused(self, error: PictoscopeError | OSError, values: list[Any]) -> None:
        """Say it here, as long as the form is there; where the name is taken, ask whether to replace what has it."""
        if not self.is_attached:
            return
        if isinstance(error, NameTaken) and self._replace:
            self._ask_to_replace(error, self._replace, values)
            return
        known = error if isinstance(error, PictoscopeError) else refused(error)
        said = _CHOOSE_ANOTHER if isinstance(known, NameTaken) else known.hint
        hint = f" ({printable(in_app(said))})" if said else ""
        text = Text(f"{printable(known.message)}{hint}")
        if isinstance(known, FilterError):
            line = next((field.given for name, field in self._fields.items() if name == "filter"), self._filter)
            text = pointed_at(str(line), known)
        self.complain(text)

    def _ask_to_replace(self, error: NameTaken, replace: Callable[..., str], values: list[Any]) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self._make(replace, values)

        self.app.push_screen(Confirm(f"{error.message}; {error.held}. Replace it?", "Replace"), answered)

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """The change is made: this one, not one that somebody else made meanwhile."""
        if self._made:
            self.dismiss(None)
