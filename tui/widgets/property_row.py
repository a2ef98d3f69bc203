"""A row of the form of properties: the control that suits the type, what was there, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label, OptionList, Select, Static
from textual.widgets.option_list import Option

from core.catalog.property_types import PropertyType, Value, to_stored, to_text
from core.errors import UsageError
from core.labels.shared_values import SharedValue
from core.text import printable
from tui.widgets.cells import shorten
from tui.widgets.form_controls import TextInput
from tui.widgets.form_select import FormSelect

SEVERAL = "several values"
_NAME = 18  # cells
_EXAMPLES = {
    PropertyType.NUMBER: "a number",
    PropertyType.DATE: "1931, 1931-02 or 1931-02-28",
    PropertyType.URL: "https://example.org/page",
    PropertyType.COLOUR: "#d04a02",
}


class Tick(Static, can_focus=True):
    """Yes, no, or no value, told apart without colour; space turns it.

    Attributes:
        given: ``yes``, ``no`` or empty.
    """

    BINDINGS: ClassVar[list[Any]] = [Binding("space", "turn", "Turn", show=False)]

    class Turned(Message):
        """It is another one."""

    def __init__(self, given: str, nothing: str, **options: Any) -> None:
        super().__init__(markup=False, classes="yes-no", **options)
        self.given = given
        self._nothing = nothing

    def render(self) -> Text:
        """The mark, in reverse while it has the focus."""
        mark = {"yes": "[x] yes", "no": "[ ] no"}.get(self.given, f"[-] {self._nothing}")
        return Text(mark, "reverse" if self.has_focus else "", no_wrap=True)

    def turn_to(self, given: str) -> None:
        """Show this value."""
        self.given = given
        self.refresh()
        self.post_message(self.Turned())

    def action_turn(self) -> None:
        """Go on to the next value."""
        self.turn_to({"": "yes", "yes": "no", "no": ""}[self.given])

    def on_click(self) -> None:
        self.focus()
        self.action_turn()


class Ticks(OptionList):
    """Any of a few words, told apart without colour; space puts one in or takes it out."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("space", "select", "Turn", show=False),
        Binding("enter", "screen.save", "Save", show=False),
    ]

    class Turned(Message):
        """Another one is in or out."""

    def __init__(self, choices: Sequence[str], chosen: Sequence[str]) -> None:
        super().__init__(compact=True, markup=False)
        self._choices = choices
        self._chosen = set(chosen)

    def on_mount(self) -> None:
        """Add a line for each choice."""
        self.add_options(Option(self._line(choice)) for choice in self._choices)
        self.highlighted = 0

    @property
    def given(self) -> tuple[str, ...]:
        """Those that are in, in the order in which they are offered."""
        return tuple(choice for choice in self._choices if choice in self._chosen)

    def clear_choices(self) -> None:
        """Take the tick from all choices."""
        for place, choice in enumerate(self._choices):
            if choice in self._chosen:
                self._turn(place)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Space or a click turns it."""
        event.stop()
        self._turn(event.option_index)

    def _turn(self, place: int) -> None:
        self._chosen ^= {self._choices[place]}
        self.replace_option_prompt_at_index(place, self._line(self._choices[place]))
        self.post_message(self.Turned())

    def _line(self, choice: str) -> Text:
        return Text(f"{'[x]' if choice in self._chosen else '[ ]'} {printable(choice)}", no_wrap=True)


Control = TextInput | Tick | Select[str] | Ticks


class PropertyRow(Horizontal):
    """One property of the pictures that a form is about.

    Args:
        common: what they have of it.
    """

    def __init__(self, common: SharedValue) -> None:
        super().__init__(classes="row property")
        self.definition = common.definition
        self._differ = common.differ
        self._before: Value = common.value if common.value is not None else ""
        self._cleared = False
        self.control = self._made()
        self._initial = self._as_given(self._before)

    def compose(self) -> ComposeResult:
        """Name, control, what becomes of it."""
        yield Label(shorten(printable(self.definition.name), _NAME), classes="name", markup=False)
        yield self.control
        yield Static(classes="mark", markup=False)

    def on_mount(self) -> None:
        """Show the mark of the values that the pictures have."""
        self._show_mark()

    def _as_given(self, value: Value) -> Value:
        """A value as the control holds it: of many choices the order in which they were made is no change."""
        if self.definition.type != PropertyType.CHOICES:
            return to_text(value)
        chosen = value if isinstance(value, tuple) else ()
        return tuple(choice for choice in self.definition.choices if choice in chosen)

    @property
    def given(self) -> Value:
        """What the control holds; empty for no value."""
        control = self.control
        if isinstance(control, Select):
            return control.value if isinstance(control.value, str) else ""
        return control.given

    @property
    def change(self) -> Value | None:
        """What the pictures are to have, empty for nothing any more; None where they keep what they have."""
        given = self.given
        if given != self._initial:
            return given
        return "" if self._cleared else None

    def check(self) -> None:
        """See whether it can be set.

        Raises:
            UsageError: it is no value of this type.
        """
        if self.change is not None:
            to_stored(self.definition.type, self.definition.choices, self.change)

    def clear(self) -> None:
        """Remove the value from the pictures when the form is saved."""
        self._cleared = self._differ
        control = self.control
        if isinstance(control, Ticks):
            control.clear_choices()
        elif isinstance(control, Select):
            control.clear()
        elif isinstance(control, Tick):
            control.turn_to("")
        else:
            control.value = ""
        self._show_mark()

    def on_input_changed(self, event: Input.Changed) -> None:
        """A value was typed."""
        self._touched()

    def on_select_changed(self, event: Select.Changed) -> None:
        """A value was chosen."""
        self._touched()

    def on_tick_turned(self) -> None:
        """A tick was set or taken."""
        self._touched()

    def on_ticks_turned(self) -> None:
        """A choice was ticked or not any more."""
        self._touched()

    def _touched(self) -> None:
        self._cleared = self._cleared and not self.given
        self._show_mark()

    def _made(self) -> Control:
        definition, before = self.definition, self._before
        nothing = SEVERAL if self._differ else "no value"
        match definition.type:
            case PropertyType.CHECKBOX:
                return Tick(to_text(before), nothing)
            case PropertyType.CHOICE:
                options = [(Text(printable(choice)), choice) for choice in definition.choices]
                value = before if before in definition.choices else Select.NULL
                return FormSelect(options, value=value, prompt=nothing, allow_blank=True, compact=True)
            case PropertyType.CHOICES:
                chosen = before if isinstance(before, tuple) else ()
                return Ticks(definition.choices, chosen)
            case _:
                example = _EXAMPLES.get(definition.type, "")
                return TextInput(to_text(before), placeholder=SEVERAL if self._differ else example)

    def _show_mark(self) -> None:
        change = self.change
        words = "" if change is None else "changed" if change else "cleared"
        if change is None and self._differ:
            words = SEVERAL
        self.query_one(".mark", Static).update(Text.assemble(self._swatch(), words))

    def _swatch(self) -> tuple[str, str]:
        """A colour, shown where it is one."""
        if self.definition.type != PropertyType.COLOUR:
            return "", ""
        try:
            kept = to_stored(PropertyType.COLOUR, (), self.given)
        except UsageError:
            return "", ""
        return ("██ ", str(kept[0])) if kept else ("", "")
