"""The line behind ``f``: which pictures are meant, with completion, and an error that points at its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from core.catalog.filter import FilterError, parse
from core.catalog.filter_completion import Vocabulary, complete
from core.catalog.names import shown
from core.catalog.saved_filters import SavedFilters
from core.errors import PictoscopeError
from core.project import Project
from core.text import printable
from tui import labelling
from tui.messages import Failed, LabelsChanged
from tui.widgets.form_controls import TextInput

if TYPE_CHECKING:
    from tui.app import Pictoscope
    from tui.screens.label_form import Field

_EXAMPLES = "tag:cat and width>2000 · folder:1931/january · date>=1931 · untagged · covered:clip · not format:png"


class FilterLine(ModalScreen["str | None"]):
    """Asks for a filter. Ends with a line that can be read (empty for everything), or with None."""

    BINDINGS = [  # noqa: RUF012  Textual's way
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("down", "saved", "Saved filters", show=False),
        Binding("ctrl+s", "save", "Save", show=False),
        Binding("delete", "delete", "Delete", show=False),
    ]

    class _Read(Message, bubble=False):
        def __init__(self, saved: dict[str, str]) -> None:
            super().__init__()
            self.saved = saved

    def __init__(self, project: Project, line: str) -> None:
        super().__init__()
        self._project = project
        self._line = line
        self._saved: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """The line, what is wrong with it, the saved filters, the buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = "Filter"
            with Horizontal(classes="row"):
                yield Input(
                    self._line,
                    placeholder="which pictures; empty for all",
                    suggester=FilterSuggester(lambda: vocabulary(self._project)),
                    id="line",
                    compact=True,
                )
            yield Static(_EXAMPLES, id="explanation", markup=False)
            yield OptionList(id="saved", markup=False, compact=True)
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Save  ctrl+s", id="save", compact=True)
                yield Button("Filter  enter", id="ok", variant="primary", compact=True)

    def on_mount(self) -> None:
        """The line can be typed at once; the saved filters come a moment later."""
        self.query_one("#saved").display = False
        self.query_one("#saved").border_title = "saved · ↓ chooses · del deletes"
        self._read()

    def _read(self) -> None:
        def work() -> None:
            try:
                self.post_message(self._Read(SavedFilters(self._project.catalog).all()))
            except PictoscopeError as error:
                self.post_message(Failed(error))

        self.run_worker(work, thread=True, exclusive=True, group="saved")

    def on_filter_line__read(self, message: _Read) -> None:
        """List them; the cursor stays on its line."""
        self._saved = message.saved
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

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """One was saved or deleted."""
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
        if self._saved:
            listed.focus()
            listed.highlighted = listed.highlighted or 0
            self._take(listed.highlighted)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """The one under the cursor stands in the line."""
        if event.option_list.has_focus:
            self._take(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter filters by it."""
        self._take(event.option_index)
        self._answer()

    def _take(self, place: int) -> None:
        self.query_one("#line", Input).value = list(self._saved.values())[place]

    def action_save(self) -> None:
        """Keep the line under a name."""
        line = self._readable()
        if line is None:
            return
        from tui.screens.label_form import LabelForm

        filters = SavedFilters(self._project.catalog)

        def work(name: str) -> str:
            return labelling.change(
                self._project, f"saved the filter {shown(name)}", lambda: filters.save(name, line, replace=True)
            )

        def confirm(name: str) -> str:
            other = self._saved.get(name.strip(), line) != line
            return f"Replace the filter {shown(name)}? It is: {self._saved[name.strip()]}" if other else ""

        same = next((name for name, saved in self._saved.items() if saved == line), self._chosen or "")
        field: dict[str, Field] = {"name": TextInput(same)}
        self.app.push_screen(LabelForm("Save filter", field, work, question=line, yes="Save", confirm=confirm))

    def action_delete(self) -> None:
        """Forget the saved filter under the cursor."""
        name, project = self._chosen, self._project
        if name is not None:
            words, filters = f"deleted the filter {shown(name)}", SavedFilters(project.catalog)
            cast("Pictoscope", self.app).label(lambda: labelling.change(project, words, lambda: filters.delete(name)))

    def on_input_submitted(self) -> None:
        """Enter filters."""
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
        if line is not None:
            self.dismiss(line)

    def _readable(self) -> str | None:
        """The line; None, and why is said, where it is no filter."""
        line = self.query_one("#line", Input).value.strip()
        try:
            parse(line)
        except FilterError as error:
            self.query_one("#explanation", Static).update(pointed_at(line, error))
            self.query_one("#explanation").add_class("wrong")
            return None
        return line


class FilterSuggester(Suggester):
    """Completes what is being typed at the end of a filter line.

    Args:
        names: reads the project's names; called once, in a thread.
    """

    def __init__(self, names: Callable[[], Vocabulary]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names
        self._known: Vocabulary | None = None

    async def get_suggestion(self, value: str) -> str | None:
        """The line completed, if what it could go on with begins with what is typed."""
        if self._known is None:
            self._known = await asyncio.to_thread(self._names)
        for suggestion in complete(value, len(value), self._known):
            completed = suggestion.apply(value)
            if completed.startswith(value) and completed != value:
                return completed
        return None


def vocabulary(project: Project) -> Vocabulary:
    """The names that a filter of this project may use."""
    from core.catalog.groups import Groups
    from core.catalog.properties import Properties
    from core.catalog.tags import Tags
    from core.vectors import vec_types

    catalog = project.catalog
    tags = sorted(Tags(catalog).all(), key=lambda tag: -tag.pictures)
    formats = catalog.query("SELECT DISTINCT format FROM pictures WHERE format != ''")
    folders = [folder.path.decode("utf-8", "ignore") for folder in catalog.folders() if folder.path]
    return Vocabulary(
        tags=[tag.name for tag in tags],
        groups=[group.name for group in Groups(catalog).all()],
        folders=folders,
        filters=list(SavedFilters(catalog).all()),
        formats=[str(row[0]).lower() for row in formats],
        vec_types=vec_types.names(project.vectors_folder),
        properties={found.name: found.choices for found in Properties(catalog).all()},
    )


def pointed_at(line: str, error: FilterError) -> Text:
    """The line with a mark under the place of the mistake, and what was expected there."""
    shown = printable(line)
    at = len(printable(line[: error.at]))
    hint = f" ({printable(error.hint)})" if error.hint else ""
    return Text(f"{shown}\n{' ' * at}▲ {printable(error.message)}{hint}")
