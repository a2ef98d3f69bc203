"""What every dialog with fields does with an error: it says it in the line of help until a field is changed."""

from __future__ import annotations

from typing import Any, TypeVar

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Input, Select

from core.text import printable
from tui.messages import NotRead
from tui.screens.dialogs.dialog import Dialog
from tui.widgets.field_help import FieldHelp
from tui.widgets.form_controls import YesNo
from tui.widgets.property_row import Tick, Ticks
from tui.widgets.vec_type_select import VecTypeSelect

T = TypeVar("T")
_FIELDS = (Input, Select, YesNo, Tick, Ticks)


class Form(Dialog[T]):
    """A dialog with fields and a :class:`tui.widgets.field_help.FieldHelp` of the usual id.

    Textual calls the handlers of a class and of its bases: a form may have its own ones of the same name.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held_when_wrong: dict[Widget, Any] = {}  # what the fields held when the error was said

    def on_not_read(self, message: NotRead) -> None:
        """Which vectors there are could not be read."""
        for select in self.query(VecTypeSelect):
            select.cannot_be_read()

    @property
    def _help_line(self) -> FieldHelp:
        return self.query_one("#explanation", FieldHelp)

    @property
    def complains(self) -> bool:
        """Whether an error stands there."""
        return self._help_line.has_class("wrong")

    def complain(self, text: str | Text) -> None:
        """Say what is wrong with what was given; it stands until a field is changed."""
        self.say(text)
        self._help_line.add_class("wrong")
        self._held_when_wrong = {field: _held_by(field) for field in _fields_of(self)}

    def say(self, text: str | Text) -> None:
        """Say something else than an error."""
        self._help_line.remove_class("wrong")
        self._help_line.update(text if isinstance(text, Text) else Text(printable(text)))

    def explain(self) -> None:
        """What stands there when nothing is wrong any more: the help of the field that has the cursor."""
        self.say("")
        self._help_line.show_help(self.focused)

    def on_input_changed(self) -> None:
        """Typed, or taken over from a list."""
        self._mended(Input)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Chosen, unless the form itself has filled the list."""
        if self.focused is not None and event.select in self.focused.ancestors_with_self:
            self._mended(Select)

    def on_yes_no_turned(self) -> None:
        """A value has changed."""
        self._mended(YesNo)

    def on_tick_turned(self) -> None:
        """A value has changed."""
        self._mended(Tick)

    def on_ticks_turned(self) -> None:
        """A value has changed."""
        self._mended(Ticks)

    def _mended(self, kind: type[Widget]) -> None:
        fields = [field for field in _fields_of(self) if isinstance(field, kind)]
        if self.complains and any(self._held_when_wrong.get(field) != _held_by(field) for field in fields):
            self.explain()  # else the message is older than the error


def _fields_of(form: Form[Any]) -> list[Widget]:
    return [widget for widget in form.query("*") if isinstance(widget, _FIELDS)]


def _held_by(field: Widget) -> Any:
    return field.value if isinstance(field, Input | Select) else getattr(field, "given", None)
