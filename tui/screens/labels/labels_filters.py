"""Labels, Filters: lines that are kept under a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rich.text import Text

from core.filters.saved import SavedFilters
from core.key_hints import key_for
from core.names import short_name
from core.text import printable
from tui.screens.labels.label_form import LabelForm
from tui.screens.labels.labels_pane import LabelsPane, PaneColumn, shows_them
from tui.widgets.filter_suggester import FilterSuggester, vocabulary
from tui.widgets.form_controls import TextInput


class FiltersPane(LabelsPane[tuple[str, str]]):
    """The saved filters: name and line."""

    WHAT = "filter"
    COLUMNS = (PaneColumn("name", share=2), PaneColumn("filter", share=3))
    BUTTONS = (
        ("new", "New  {labels.new}"),
        ("rename", "Rename  {labels.rename}"),
        ("edit", "Edit  {labels.edit}"),
        ("delete", "Delete  {labels.delete}"),
    )
    EMPTY = "No filters yet. {labels-table.show} or {labels.new} creates one, such as tag:cat and width>2000."

    def read(self) -> list[tuple[str, str]]:
        return list(SavedFilters(self.project.catalog).all().items())

    def cells(self, row: tuple[str, str]) -> list[str | Text]:
        return [*row]

    def name_of(self, row: tuple[str, str]) -> str:
        return row[0]

    def remark(self, row: tuple[str, str]) -> str:
        return f"{printable(row[0])}: {printable(row[1]) or 'all pictures'}. {shows_them()}"

    def show(self, row: tuple[str, str]) -> None:
        self.post_message(self.Show(filter=row[1]))

    def changes(self) -> dict[str, Callable[[tuple[str, str]], None]]:
        return {
            "rename": lambda row: self.ask_name(row[0], self._filters.rename),
            "edit": lambda row: self._edit(*row),
            "delete": lambda row: self._delete(row[0]),
        }

    @property
    def _filters(self) -> SavedFilters:
        return SavedFilters(self.project.catalog, self.project.coverage_keys)

    def _line(self, line: str) -> TextInput:
        suggester = FilterSuggester(lambda: vocabulary(self.project))
        return TextInput(line, placeholder="a filter; empty for all pictures", suggester=suggester)

    def new(self) -> None:

        def work(name: str, line: str, *, replace: bool = False) -> str:
            words = f"saved the filter {short_name(name)}"
            return self.change(words, lambda: self._filters.save(name, line.strip(), replace), name.strip())

        fields = {"name": TextInput(""), "filter": self._line("")}
        self.ask(LabelForm("New filter", fields, work, yes="Save", replace=partial(work, replace=True)))

    def _edit(self, name: str, old: str) -> None:
        def work(line: str) -> str:
            words = f"changed the filter {short_name(name)}"
            return self.change(words, lambda: self._filters.save(name, line.strip(), replace=True), name)

        self.ask(LabelForm(f"The filter {short_name(name)}", {"filter": self._line(old)}, work))

    def _delete(self, name: str) -> None:
        question = f"Delete the filter {short_name(name)}? {key_for('undo')} undoes it."
        self.confirm(question, "Delete", f"deleted the filter {short_name(name)}", lambda: self._filters.delete(name))
