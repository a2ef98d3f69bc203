"""What the panes of the labels screen have in common: a table, buttons that are keys too, and a remark."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Button, Static

from core.key_hints import key_for_first, with_keys
from core.names import short_name
from core.project import Project
from core.text import printable
from tui import label_actions
from tui.host import host_of
from tui.messages import NotRead
from tui.newest import read_newest
from tui.reading import Reading
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.labels.label_form import LabelForm
from tui.widgets.button_row import ButtonRow
from tui.widgets.cells import shorten_right
from tui.widgets.form_controls import TextInput
from tui.widgets.table import LineTable

Row = TypeVar("Row")
_PADDING = 2  # cells beside the text of a column
_MARGIN = 4  # cells beside the table, and of its scroll bar
_WIDEST = 160  # cells of a table: beyond that the eye loses the row


@dataclass(frozen=True)
class PaneColumn:
    """A column of a table.

    Attributes:
        title: at its head.
        width: in cells; 0 for a share of what the others leave.
        share: how large a share.
        right: whether it holds numbers.
    """

    title: str
    width: int = 0
    share: int = 0
    right: bool = False


class LabelsTable(LineTable):
    """A table whose enter shows pictures."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select_cursor", "Show", key_display="enter")]


def shows_them() -> str:
    """What enter does with the pictures of a row, at the end of its remark."""
    return f"{key_for_first('labels-table.show')} shows them in Browse."


class LabelsPane(Vertical, Generic[Row]):
    """A table of what people have named. A pane says what it lists, and does what its buttons say.

    Args:
        project: whose labels are shown.
    """

    WHAT: ClassVar[str]  # one of them
    COLUMNS: ClassVar[tuple[PaneColumn, ...]]
    BUTTONS: ClassVar[tuple[tuple[str, str], ...]]
    EMPTY: ClassVar[str]
    BEGIN: ClassVar[str] = "Create"  # what ``EMPTY`` says that enter does, in a word

    class Show(Message):
        """Pictures are to be shown in Browse.

        Attributes:
            filter: which; empty where it is a group.
            group: its name.
        """

        def __init__(self, filter: str = "", group: str = "") -> None:
            super().__init__()
            self.filter = filter
            self.group = group

    class _Loaded(Message):
        def __init__(self, rows: list[object]) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project
        self.rows: list[Row] = []
        self._reading = Reading()
        self._wanted = ""  # the name that the cursor is to stand on

    # -- what a pane says of itself -------------------------------------------------------------------------------

    @abstractmethod
    def read(self) -> list[Row]:
        """Read the rows; called in a thread."""

    @abstractmethod
    def cells(self, row: Row) -> list[str | Text]:
        """What stands in the columns; a name as it is: it is made printable and shortened here."""

    @abstractmethod
    def name_of(self, row: Row) -> str:
        """Its name, as it is kept."""

    @abstractmethod
    def remark(self, row: Row) -> str:
        """A sentence on the row under the cursor."""

    @abstractmethod
    def changes(self) -> dict[str, Callable[[Row], None]]:
        """By the name of a button what it does to the row under the cursor."""

    def new(self) -> None:
        """Make one. Without a button for it nobody asks for that."""

    @abstractmethod
    def show(self, row: Row) -> None:
        """Show its pictures."""

    # -- the table ------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Table, buttons, remark."""
        yield LabelsTable(when_empty=self.BEGIN, reading=self._reading)
        with ButtonRow(classes="buttons left"):
            for name, label in self.BUTTONS:
                yield Button(with_keys(label), id=name, variant="primary" if name == "new" else "default", compact=True)
        yield Static(classes="remark", markup=False)

    def on_resize(self) -> None:
        """Columns for the width there is."""
        self.redraw()

    def reload(self, name: str = "") -> None:
        """Reload the rows; the cursor goes to ``name``, else it stays on its row."""
        self._wanted = name or self._wanted
        read_newest(self, lambda: self._Loaded(list(self.read())), group="rows", failed=NotRead)

    def on_not_read(self, message: NotRead) -> None:
        """Say so where the rows would stand."""
        self._reading.failed(message.error)
        self.say_remark()

    def on_labels_pane__loaded(self, message: _Loaded) -> None:
        """Show the rows that were read."""
        message.stop()
        row = self.current
        wanted = self._wanted or (self.name_of(row) if row is not None else "")
        self._wanted = ""
        self._reading.came()
        self.rows = cast("list[Row]", message.rows)
        self.redraw(wanted)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        at = self.query_one(LabelsTable).cursor_row
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def redraw(self, wanted: str = "") -> None:
        """Fill the table; the cursor goes to the row ``wanted``, else it stays on its row."""
        table = self.query_one(LabelsTable)
        widths = self._widths()
        at = table.cursor_row
        table.clear(columns=True)
        for column, width in zip(self.COLUMNS, widths, strict=True):
            table.add_column(Text(column.title, justify="right" if column.right else "left"), width=width)
        for row in self.rows:
            table.add_row(*map(_cell, self.cells(row), self.COLUMNS, widths))
        names = [self.name_of(row) for row in self.rows]
        if names:
            table.move_cursor(row=names.index(wanted) if wanted in names else min(at, len(names) - 1), animate=False)
        self.say_remark()

    def _widths(self) -> list[int]:
        taken = sum(column.width + _PADDING for column in self.COLUMNS) + _MARGIN
        room, shares = max(0, min(self.app.size.width, _WIDEST) - taken), sum(column.share for column in self.COLUMNS)
        return [column.width or max(8, room * column.share // shares) for column in self.COLUMNS]

    def say_remark(self) -> None:
        """On the row under the cursor, or that there is none."""
        row = self.current
        text = self.remark(row) if row is not None else self._reading.words or with_keys(self.EMPTY)
        self.query_one(".remark", Static).update(text)

    def on_data_table_row_highlighted(self) -> None:
        self.say_remark()

    def on_data_table_row_selected(self) -> None:
        """Enter shows its pictures."""
        if (row := self.current) is not None:
            self.show(row)

    def on_row_table_entered_empty(self) -> None:
        """Enter where there is nothing yet."""
        self.begin()

    def begin(self) -> None:
        """What ``EMPTY`` says that enter does."""
        self.new()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.press(event.button.id or "")

    def press(self, button: str) -> None:
        """Do what the button of this name says."""
        row = self.current
        if button == "new":
            self.new()
        elif row is not None:
            self.changes()[button](row)
        else:
            self.app.notify(self._reading.words or with_keys(self.EMPTY), markup=False)

    # -- changes --------------------------------------------------------------------------------------------------

    def ask(self, form: LabelForm) -> None:
        self.app.push_screen(form)

    def ask_name(self, old: str, rename: Callable[[str, str], None]) -> None:
        """Ask for another name."""

        def work(new: str) -> str:
            return self.change(f"{short_name(old)} is now {short_name(new)}", lambda: rename(old, new), new.strip())

        self.ask(LabelForm(f"Rename the {self.WHAT} {short_name(old)}", {"name": TextInput(old)}, work, yes="Rename"))

    def confirm(self, question: str, yes: str, words: str, work: Callable[[], object]) -> None:
        """Ask, then make a change."""

        def answered(answer: bool | None) -> None:
            if answer:
                host_of(self).label(lambda: self.change(words, work))

        self.app.push_screen(Confirm(question, yes), answered)

    def change(self, words: str, work: Callable[[], object], cursor: str = "") -> str:
        """Make a change, in a thread; the cursor goes to the row ``cursor``. Returns what was done, in words.

        Raises:
            PictoscopeError: it was refused.
        """
        done = label_actions.change(self.project, words, work)
        self._wanted = cursor
        return done


def _cell(cell: str | Text, column: PaneColumn, width: int) -> Text:
    text = cell if isinstance(cell, Text) else Text(shorten_right(printable(cell), width))
    text.justify = "right" if column.right else "left"
    return text
