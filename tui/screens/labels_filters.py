"""Labels, Filters: lines that are kept under a name."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from core.catalog.names import shown
from core.catalog.saved_filters import SavedFilters
from core.text import printable
from tui.screens.filter_line import FilterSuggester, vocabulary
from tui.screens.label_form import LabelForm
from tui.screens.labels_pane import Column, LabelsPane
from tui.widgets.form_controls import TextInput


class FiltersPane(LabelsPane[tuple[str, str]]):
    """The saved filters: name and line."""

    WHAT = "filter"
    COLUMNS = (Column("filter", share=2), Column("line", share=3))
    BUTTONS = (("new", "New  n"), ("rename", "Rename  r"), ("edit", "Edit  e"), ("delete", "Delete  x"))
    EMPTY = "No filters yet. n makes one, such as tag:cat and width>2000."

    def read(self) -> list[tuple[str, str]]:
        """See :class:`LabelsPane`."""
        return list(SavedFilters(self.project.catalog).all().items())

    def cells(self, row: tuple[str, str]) -> list[str | Text]:
        """See :class:`LabelsPane`."""
        return [*row]

    def name_of(self, row: tuple[str, str]) -> str:
        """See :class:`LabelsPane`."""
        return row[0]

    def remark(self, row: tuple[str, str]) -> str:
        """See :class:`LabelsPane`."""
        return f"{printable(row[0])}: {printable(row[1]) or 'all pictures'}. Enter shows what passes in Browse."

    def show(self, row: tuple[str, str]) -> None:
        """See :class:`LabelsPane`."""
        self.post_message(self.Show(filter=row[1]))

    def changes(self) -> dict[str, Callable[[tuple[str, str]], None]]:
        """See :class:`LabelsPane`."""
        return {
            "rename": lambda row: self.ask_name(row[0], self._filters.rename),
            "edit": lambda row: self._edit(*row),
            "delete": lambda row: self._delete(row[0]),
        }

    @property
    def _filters(self) -> SavedFilters:
        return SavedFilters(self.project.catalog)

    def _line(self, line: str) -> TextInput:
        suggester = FilterSuggester(lambda: vocabulary(self.project))
        return TextInput(line, placeholder="which pictures; empty for all", suggester=suggester)

    def new(self) -> None:
        """See :class:`LabelsPane`."""

        def work(name: str, line: str) -> str:
            words = f"kept the filter {shown(name)}"
            return self.change(words, lambda: self._filters.save(name, line.strip()), name.strip())

        fields = {"name": TextInput(""), "filter": self._line("")}
        self.ask(LabelForm("New filter", fields, work, yes="Keep"))

    def _edit(self, name: str, old: str) -> None:
        def work(line: str) -> str:
            words = f"changed the filter {shown(name)}"
            return self.change(words, lambda: self._filters.save(name, line.strip(), replace=True), name)

        self.ask(LabelForm(f"The filter {shown(name)}", {"filter": self._line(old)}, work))

    def _delete(self, name: str) -> None:
        question = f"Delete the filter {shown(name)}? u takes that back."
        self.confirm(question, "Delete", f"deleted the filter {shown(name)}", lambda: self._filters.delete(name))
