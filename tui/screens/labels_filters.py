"""Labels, Filters: lines that are kept under a name."""

from __future__ import annotations

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

    def press(self, button: str) -> None:
        """See :class:`LabelsPane`."""
        row = self.current
        if button == "new":
            self._new()
        elif row is None:
            self.app.notify("there are no filters yet: n makes one", markup=False)
        elif button == "rename":
            self._rename(row[0])
        elif button == "edit":
            self._edit(*row)
        elif button == "delete":
            self._delete(row[0])

    @property
    def _filters(self) -> SavedFilters:
        return SavedFilters(self.project.catalog)

    def _line(self, line: str) -> TextInput:
        suggester = FilterSuggester(lambda: vocabulary(self.project))
        return TextInput(line, placeholder="which pictures; empty for all", suggester=suggester)

    def _new(self) -> None:
        def work(name: str, line: str) -> str:
            words = f"kept the filter {shown(name)}"
            return self.change(words, lambda: self._filters.save(name, line.strip()), name.strip())

        fields = {"name": TextInput(""), "filter": self._line("")}
        self.ask(LabelForm("New filter", fields, work, yes="Keep"))

    def _rename(self, old: str) -> None:
        def work(new: str) -> str:
            return self.change(f"{shown(old)} is now {shown(new)}", lambda: self._filters.rename(old, new), new.strip())

        self.ask(LabelForm(f"Rename the filter {shown(old)}", {"name": TextInput(old)}, work, yes="Rename"))

    def _edit(self, name: str, old: str) -> None:
        def work(line: str) -> str:
            words = f"changed the filter {shown(name)}"
            return self.change(words, lambda: self._filters.save(name, line.strip(), replace=True), name)

        self.ask(LabelForm(f"The filter {shown(name)}", {"filter": self._line(old)}, work))

    def _delete(self, name: str) -> None:
        question = f"Delete the filter {shown(name)}? u takes that back."
        self.confirm(question, "Delete", f"deleted the filter {shown(name)}", lambda: self._filters.delete(name))
