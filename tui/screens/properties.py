"""The form behind ``p``: the properties of one picture or of many, changed in one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from core.catalog.common_values import Common, in_common
from core.catalog.names import shown
from core.catalog.properties import Properties
from core.catalog.property_types import PropertyType, Value
from core.errors import PictoscopeError, UsageError
from core.project import Project
from core.text import count, printable
from tui import labelling
from tui.messages import Failed, LabelsChanged
from tui.widgets.property_row import PropertyRow

if TYPE_CHECKING:
    from tui.app import Pictoscope

_SPACIOUS = 4  # rows: with more of them the lines between go
_HELP = "ctrl+l clears a value · space turns a checkbox or a choice"
_NONE = "No properties yet: ctrl+n makes one."


class PropertiesForm(ModalScreen["dict[str, Value] | None"]):
    """Asks for values. Ends with those that change, by the property's name (an empty one clears it), or with None.

    Args:
        project: whose properties.
        keys: of the pictures, at least one.
        file: name of the picture's file, where it is one.
    """

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s,ctrl+r", "save", "Save", show=False),
        Binding("ctrl+l", "clear", "Clear", show=False),
        Binding("ctrl+n", "new", "New property", show=False),
    ]

    class _Read(Message, bubble=False):
        def __init__(self, found: list[Common]) -> None:
            super().__init__()
            self.found = found

    def __init__(self, project: Project, keys: Sequence[bytes], file: str = "") -> None:
        super().__init__()
        self._project = project
        self._keys = keys
        self._file = file
        self._made = ""  # name of the property that was made here
        self._last: PropertyRow | None = None  # that had the cursor

    def compose(self) -> ComposeResult:
        """Rows come when they are known."""
        with Vertical(classes="dialog form properties") as box:
            one = len(self._keys) == 1 and self._file
            box.border_title = Text(
                f"Properties of {printable(self._file) if one else count(len(self._keys), 'picture')}"
            )
            yield VerticalScroll(id="fields", can_focus=False)
            yield Static("reading…", id="explanation", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("New  ctrl+n", id="new", compact=True)
                yield Button("Clear  ctrl+l", id="clear", compact=True)
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Save  ctrl+s", id="save", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Of 100,000 pictures this takes a moment."""
        self.query_one("#fields").display = False
        self._read()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """There may be another property."""
        self._read()

    def _read(self) -> None:
        def work() -> None:
            try:
                self.post_message(self._Read(in_common(self._project.catalog, self._keys)))
            except PictoscopeError as error:
                self.post_message(Failed(error))

        self.run_worker(work, thread=True, exclusive=True, group="properties")

    async def on_properties_form__read(self, message: _Read) -> None:
        """A row for each property that has none yet; what was typed stays."""
        fields = self.query_one("#fields", VerticalScroll)
        there = {row.definition.name for row in self._rows}
        new = [PropertyRow(common) for common in message.found if common.definition.name not in there]
        await fields.mount_all(new)
        fields.display = bool(self._rows)
        self.query_one(".dialog").set_class(len(self._rows) > _SPACIOUS, "long")
        self._explain(_HELP if self._rows else _NONE)
        wanted = next((row for row in new if row.definition.name == self._made), None)
        if wanted or (new and not there):
            (wanted or new[0]).control.focus()
        elif not self._rows:
            self.query_one("#new").focus()

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
        """The pictures shall have no value of the property whose row the cursor is in, or was in last."""
        row = self._row_with_focus() or self._last
        if row:
            row.clear()
            row.control.focus()

    def action_new(self) -> None:
        """Make a property, as a step of its own; its row is added."""
        from tui.screens.labels_properties import new_property

        properties = Properties(self._project.catalog)

        def make(name: str, kind: PropertyType, choices: Sequence[str]) -> str:
            words = labelling.change(
                self._project,
                f"made the property {shown(name)} ({kind})",
                lambda: properties.define(name, kind, choices),
            )
            self._made = name.strip()
            return words

        self.app.push_screen(new_property(make))

    def action_save(self) -> None:
        """Say what cannot be set, or answer."""
        changes: dict[str, Value] = {}
        for row in self._rows:
            try:
                row.check()
            except UsageError as error:
                hint = f" ({error.hint})" if error.hint else ""
                self._explain(printable(f"{row.definition.name}: {error.message}{hint}"), wrong=True)
                row.control.focus()
                return
            change = row.change
            if change is not None:
                changes[row.definition.name] = change
        self.dismiss(changes or None)

    def _row_with_focus(self) -> PropertyRow | None:
        focused = self.focused
        return next((node for node in focused.ancestors if isinstance(node, PropertyRow)), None) if focused else None

    def _explain(self, text: str, *, wrong: bool = False) -> None:
        self.query_one("#explanation", Static).update(Text(text))
        self.query_one("#explanation").set_class(wrong, "wrong")


def edit_properties(app: Pictoscope, project: Project, keys: Sequence[bytes], file: str) -> None:
    """Ask for the properties of pictures, then set them in a thread."""

    def answered(values: dict[str, Value] | None) -> None:
        if values:
            app.label(lambda: labelling.set_properties(project, values, keys))

    app.push_screen(PropertiesForm(project, keys, file), answered)
