"""The line behind ``f``: which pictures are meant, with completion, and an error that points at its place."""

from __future__ import annotations

from functools import partial

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from core.filters.parser import parse
from core.filters.saved import SavedFilters
from core.filters.syntax import FilterError
from core.key_hints import with_keys
from core.names import short_name
from core.project import Project
from core.text import printable
from tui import label_actions
from tui.host import host_of
from tui.keys_in_order import CHECK
from tui.messages import LabelsChanged, NotRead
from tui.newest import read_newest
from tui.reading import Reading
from tui.screens.dialogs.form import Form
from tui.screens.labels.label_form import Field, LabelForm
from tui.widgets.completing_input import CompletingInput
from tui.widgets.field_help import FieldHelp
from tui.widgets.filter_suggester import FilterSuggester, pointed_at, vocabulary
from tui.widgets.form_controls import TextInput

_SAVED = "filters by the one under the cursor · {filter-line.delete} deletes it"
_EXAMPLES = "\N{NO-BREAK SPACE}· ".join(  # no line begins with a dot
    ("tag:cat and width>2000", "folder:1931/january", "date>=1931", "untagged", "covered:clip", "not format:png")
)


class FilterLine(Form["str | None"]):
    """Asks for a filter. Ends with a line that can be used (empty for everything), or with None."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down", "saved", "Saved filters", show=False),
        Binding("ctrl+s", "save", "Save", show=False),
        Binding("delete", "delete", "Delete", show=False),
    ]

    class _Read(Message, bubble=False):
        def __init__(self, saved: dict[str, str]) -> None:
            super().__init__()
            self.saved = saved

    class _Checked(Message, bubble=False):
        """Whether a line can be used: ``wrong`` is None if it can."""

        def __init__(self, line: str, wrong: FilterError | None) -> None:
            super().__init__()
            self.line = line
            self.wrong = wrong

    def __init__(self, project: Project, line: str) -> None:
        super().__init__()
        self._project = project
        self._line = line
        self._saved: dict[str, str] = {}
        self._reading = Reading("reading the saved filters")

    def compose(self) -> ComposeResult:
        """The line, what is wrong with it, the saved filters, the buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = "Filter"
            with Horizontal(classes="row"):
                yield CompletingInput(
                    self._line,
                    placeholder="a filter; empty for all pictures",
                    suggester=FilterSuggester(lambda: vocabulary(self._project)),
                    id="line",
                    compact=True,
                )
            yield FieldHelp({"line": _EXAMPLES, "saved": _SAVED}, _EXAMPLES)
            yield OptionList(id="saved", markup=False, compact=True)
            with Horizontal(classes="buttons"):
                yield Button(with_keys("Cancel  {filter-line.cancel}"), id="cancel", compact=True)
                yield Button(with_keys("Save  {filter-line.save}"), id="save", compact=True)
                yield Button("Filter  enter", id="ok", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The line can be typed at once; the saved filters come a moment later."""
        self.query_one("#saved").display = False
        self.query_one("#saved").border_title = with_keys(
            "saved · {filter-line.saved-filters} chooses · {filter-line.delete} deletes"
        )
        self._read()

    def _read(self) -> None:
        read_newest(self, lambda: self._Read(self._read_saved()), group="saved", failed=NotRead)

    def _read_saved(self) -> dict[str, str]:
        return SavedFilters(self._project.catalog).all()

    def on_filter_line__read(self, message: _Read) -> None:
        """List them; the cursor stays on its line."""
        self._saved = message.saved
        self._reading.came()
        listed = self.query_one("#saved", OptionList)
        at = listed.highlighted
        with listed.prevent(OptionList.OptionHighlighted):
            listed.clear_options()
            for name, line in self._saved.items():
                listed.add_option(
                    Option(Text.assemble(printable(name), ("   " + printable(line), "dim"), no_wrap=True))
                )
            listed.highlighted = min(at, len(self._saved) - 1) if at is not None and self._saved else None
        if listed.has_focus and not self._saved:
            self.query_one("#line").focus()
        listed.display = bool(self._saved)

    def on_not_read(self, message: NotRead) -> None:
        """The key for them says so."""
        self._reading.failed(message.error)

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """Saved filters may have come or gone."""
        self._read()

    @property
    def _chosen(self) -> str | None:
        """Name of the saved filter under the cursor, where that is in the list."""
        listed = self.query_one("#saved", OptionList)
        at = listed.highlighted if listed.has_focus else None
        return None if at is None else list(self._saved)[at]

    def action_saved(self) -> None:
        """From the line to the saved filters."""
        listed = self.query_one("#saved", OptionList)
        if not self._saved:
            none = with_keys("no saved filters yet · {filter-line.save} saves this one")
            self.notify(self._reading.words or none, markup=False)
        else:
            listed.focus()
            listed.highlighted = listed.highlighted or 0
            self._fill_line(listed.highlighted)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """The one under the cursor stands in the line."""
        if event.option_list.has_focus:
            self._fill_line(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Filter by the saved filter that was chosen."""
        self._fill_line(event.option_index)
        self._answer()

    def _fill_line(self, place: int) -> None:
        self.query_one("#line", Input).value = list(self._saved.values())[place]

    def action_save(self) -> None:
        """Keep the line under a name."""
        line = self._readable()
        if line is None:
            return
        filters = SavedFilters(self._project.catalog, self._project.coverage_keys)

        def work(name: str, *, replace: bool = False) -> str:
            over = replace or name.strip() in self._saved  # which was asked; of others nobody knew when they were asked
            return label_actions.change(
                self._project, f"saved the filter {short_name(name)}", lambda: filters.save(name, line, replace=over)
            )

        def confirm(name: str) -> str:
            other = self._saved.get(name.strip(), line) != line
            return f"Replace the filter {short_name(name)}? It is: {self._saved[name.strip()]}" if other else ""

        same = next((name for name, saved in self._saved.items() if saved == line), self._chosen or "")
        field: dict[str, Field] = {"name": TextInput(same)}
        form = LabelForm(
            "Save filter",
            field,
            work,
            question=line,
            yes="Save",
            confirm=confirm,
            filter_line=line,
            replace=partial(work, replace=True),
        )
        self.app.push_screen(form)

    def action_delete(self) -> None:
        """Forget the saved filter under the cursor."""
        name, project = self._chosen, self._project
        if name is not None:
            words, filters = f"deleted the filter {short_name(name)}", SavedFilters(project.catalog)
            host_of(self).label(lambda: label_actions.change(project, words, lambda: filters.delete(name)))

    def on_input_submitted(self) -> None:
        """Filter by the line."""
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Filter, keep the line, or neither."""
        match event.button.id:
            case "ok":
                self._answer()
            case "save":
                self.action_save()
            case _:
                self.dismiss(None)

    def _answer(self) -> None:
        line = self._readable()
        if line is None:
            return
        filters = SavedFilters(self._project.catalog, self._project.coverage_keys)

        def check() -> Message:
            try:
                filters.check(line)
            except FilterError as error:
                return self._Checked(line, error)
            return self._Checked(line, None)

        read_newest(self, check, group=CHECK, only_last=True)

    def on_filter_line__checked(self, message: _Checked) -> None:
        """Filter, or say what is wrong with the names in it: it can be mended then."""
        if message.wrong is not None:
            self._point_at(message.line, message.wrong)
        elif self.is_current:
            self.dismiss(message.line)

    def _readable(self) -> str | None:
        """The line; None, and why is said, where it is no filter."""
        line = self.query_one("#line", Input).value.strip()
        try:
            parse(line)
        except FilterError as error:
            self._point_at(line, error)
            return None
        return line

    def _point_at(self, line: str, error: FilterError) -> None:
        self.complain(pointed_at(line, error))
