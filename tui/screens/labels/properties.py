"""The form behind ``p``: the properties of one picture or of many, changed in one step."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button

from core.catalog.property_types import PropertyType, Value
from core.errors import UsageError
from core.key_hints import with_keys
from core.labels.properties import Properties
from core.labels.shared_values import SharedValue, shared_values
from core.names import short_name
from core.project import Project
from core.text import count, printable
from tui import label_actions
from tui.advice_by_key import in_app
from tui.messages import LabelsChanged, NotRead
from tui.newest import read_newest
from tui.reading import Reading
from tui.screens.dialogs.form import Form
from tui.screens.labels.labels_properties import new_property
from tui.widgets.button_row import ButtonRow
from tui.widgets.field_help import FieldHelp
from tui.widgets.property_row import PropertyRow

_SPACIOUS = 4  # rows: with more of them the lines between go
_HELP = "{properties-form.clear} clears a value · {yes-no.turn} toggles a checkbox or a choice"
_TYPES = {
    PropertyType.TEXT: "any words",
    PropertyType.NUMBER: "a number, such as 12.5",
    PropertyType.DATE: "a date, such as 1931, 1931-02 or 1931-02-04",
    PropertyType.URL: "an address on the web, beginning with https:// or http://",
    PropertyType.COLOUR: "a colour, such as #2f9c95",
    PropertyType.CHECKBOX: "{yes-no.turn}: yes, no or nothing",
    PropertyType.CHOICE: "one of its choices: {form-select.open-the-list} opens the list",
    PropertyType.CHOICES: "{yes-no.turn} toggles a choice",
}
_NONE = "No properties yet: {properties-form.save} or {properties-form.new-property} creates one."


class PropertiesForm(Form["dict[str, Value] | None"]):
    """Asks for values. Ends with those that change, by the property's name (an empty one clears it), or with None.

    Args:
        project: whose properties.
        keys: of the pictures, at least one.
        file: name of the picture's file, where it is one.
    """

    AUTO_FOCUS = ""  # no button, which enter would press before it is known whether there are properties
    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("enter", "save", "Save", show=False),
        Binding("ctrl+l", "clear", "Clear", show=False),
        Binding("ctrl+n", "new", "New property", show=False),
    ]

    class _Read(Message, bubble=False):
        def __init__(self, found: list[SharedValue]) -> None:
            super().__init__()
            self.found = found

    def __init__(self, project: Project, keys: Sequence[bytes], file: str = "") -> None:
        super().__init__()
        self._project = project
        self._keys = keys
        self._file = file
        self._made = ""  # name of the property that was made here
        self._reading = Reading()
        self._last: PropertyRow | None = None  # that had the cursor

    def compose(self) -> ComposeResult:
        """Rows come when they are known."""
        with Vertical(classes="dialog form properties") as box:
            one = len(self._keys) == 1 and self._file
            box.border_title = Text(
                f"Properties of {printable(self._file) if one else count(len(self._keys), 'picture')}"
            )
            yield VerticalScroll(id="fields", can_focus=False)
            yield FieldHelp(self._help_of, self._reading.words)
            with ButtonRow(classes="buttons"):
                yield Button(with_keys("New  {properties-form.new-property}"), id="new", compact=True)
                yield Button(with_keys("Clear  {properties-form.clear}"), id="clear", compact=True)
                yield Button(with_keys("Cancel  {properties-form.cancel}"), id="cancel", compact=True)
                yield Button(with_keys("Save  {properties-form.save}"), id="save", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Of 100,000 pictures this takes a moment."""
        self.query_one("#fields").display = False
        self._read()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """There may be another property."""
        self._read()

    def _read(self) -> None:
        read_newest(
            self,
            lambda: self._Read(shared_values(self._project.catalog, self._keys)),
            group="properties",
            failed=NotRead,
        )

    def on_not_read(self, message: NotRead) -> None:
        """Say so where the rows would stand."""
        self._reading.failed(message.error)
        if not self._rows:
            self.say(self._without_rows)

    async def on_properties_form__read(self, message: _Read) -> None:
        """A row for each property that has none yet; what was typed stays."""
        self._reading.came()
        fields = self.query_one("#fields", VerticalScroll)
        there = {row.definition.name for row in self._rows}
        new = [PropertyRow(common) for common in message.found if common.definition.name not in there]
        await fields.mount_all(new)
        fields.display = bool(self._rows)
        self.query_one(".dialog").set_class(len(self._rows) > _SPACIOUS, "long")
        self.say(with_keys(_HELP) if self._rows else self._without_rows)
        wanted = next((row for row in new if row.definition.name == self._made), None)
        if wanted or (new and not there):
            (wanted or new[0]).control.focus()
        elif not self._rows:
            self.query_one("#new").focus()

    @property
    def _without_rows(self) -> str:
        return self._reading.words or with_keys(_NONE)

    @property
    def _rows(self) -> list[PropertyRow]:
        return list(self.query(PropertyRow))

    def on_input_submitted(self) -> None:
        """Enter saves."""
        self.action_save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Save, cancel, clear the row the cursor was in, or make a property."""
        match event.button.id:
            case "save":
                self.action_save()
            case "new":
                self.action_new()
            case "clear":
                self.action_clear()
            case _:
                self.dismiss(None)

    def on_descendant_focus(self) -> None:
        """A button that clears must know of which row."""
        row = self._row_with_focus()
        if row:
            self._last = row

    def action_clear(self) -> None:
        """Remove, when the form is saved, the value of the property whose row the cursor is in, or was in last."""
        row = self._row_with_focus() or self._last
        if row:
            row.clear()
            row.control.focus()
        else:
            self.notify(self._without_rows, markup=False)

    def action_new(self) -> None:
        """Make a property, as a step of its own; its row is added."""
        properties = Properties(self._project.catalog)

        def make(name: str, kind: PropertyType, choices: Sequence[str]) -> str:
            words = label_actions.change(
                self._project,
                f"created the property {short_name(name)} ({kind})",
                lambda: properties.define(name, kind, choices),
            )
            self._made = name.strip()
            return words

        self.app.push_screen(new_property(make))

    def action_save(self) -> None:
        """Say what cannot be set, or answer. Where there are no properties, make one."""
        if awaited := self._reading.words:
            self.notify(awaited, markup=False)
            return
        if not self._rows:
            self.action_new()
            return
        changes: dict[str, Value] = {}
        for row in self._rows:
            try:
                row.check()
            except UsageError as error:
                hint = f" ({in_app(error.hint)})" if error.hint else ""
                self.complain(f"{row.definition.name}: {error.message}{hint}")
                row.control.focus()
                return
            change = row.change
            if change is not None:
                changes[row.definition.name] = change
        self.dismiss(changes or None)

    def _help_of(self, widget: Widget) -> str:
        row = next((node for node in widget.ancestors if isinstance(node, PropertyRow)), None)
        if row is None:
            return with_keys(_HELP) if self._rows else self._without_rows
        return with_keys(_TYPES[row.definition.type] + " · {properties-form.clear} clears the value")

    def _row_with_focus(self) -> PropertyRow | None:
        focused = self.focused
        return next((node for node in focused.ancestors if isinstance(node, PropertyRow)), None) if focused else None
