"""Labels, Properties: what is written down about pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text

from core.catalog.property_types import PropertyType
from core.filters.syntax import quoted
from core.key_hints import with_keys
from core.labels.properties import Properties, PropertyDefinition
from core.names import short_name
from core.text import count, printable
from tui.screens.labels.label_form import Field, LabelForm
from tui.screens.labels.labels_pane import LabelsPane, PaneColumn, shows_them
from tui.widgets.form_controls import ChoiceSelect, TextInput

_CHOICES = 'separated by commas; "one, with a comma" in quotes'


@dataclass(frozen=True)
class _Row:
    definition: PropertyDefinition
    pictures: int  # that have a value


class PropertiesPane(LabelsPane[_Row]):
    """The properties that people made. Those that are computed are not named here: nobody can change them."""

    WHAT = "property"
    COLUMNS = (
        PaneColumn("property", share=2),
        PaneColumn("type", width=8),
        PaneColumn("pictures", width=10, right=True),
        PaneColumn("choices", share=3),
    )
    BUTTONS = (
        ("new", "New  {labels.new}"),
        ("rename", "Rename  {labels.rename}"),
        ("edit", "Edit choices  {labels.edit}"),
        ("delete", "Delete  {labels.delete}"),
    )
    EMPTY = "No properties yet. {labels-table.show} or {labels.new} creates one, such as year (number) or place (text)."

    def read(self) -> list[_Row]:
        properties = Properties(self.project.catalog)
        counts = properties.counts()
        return [_Row(one, counts.get(one.id, 0)) for one in properties.all()]

    def cells(self, row: _Row) -> list[str | Text]:
        definition = row.definition
        return [definition.name, definition.type.value, count(row.pictures), ", ".join(definition.choices)]

    def name_of(self, row: _Row) -> str:
        return row.definition.name

    def remark(self, row: _Row) -> str:
        have = "has" if row.pictures == 1 else "have"
        name = printable(row.definition.name)
        return f"{name}: {count(row.pictures, 'picture')} {have} a value. {shows_them()}"

    def show(self, row: _Row) -> None:
        self.post_message(self.Show(filter=f"has:{quoted(row.definition.name)}"))

    def changes(self) -> dict[str, Callable[[_Row], None]]:
        return {
            "rename": lambda row: self.ask_name(row.definition.name, self._properties.rename),
            "edit": self._choices,
            "delete": self._delete,
        }

    @property
    def _properties(self) -> Properties:
        return Properties(self.project.catalog)

    def new(self) -> None:

        def make(name: str, kind: PropertyType, choices: Sequence[str]) -> str:
            words = f"created the property {short_name(name)} ({kind})"
            return self.change(words, lambda: self._properties.define(name, kind, choices), name.strip())

        self.ask(new_property(make))

    def _choices(self, row: _Row) -> None:
        definition = row.definition
        if not definition.choices:
            self.app.notify(f"a property of the type {definition.type} has no choices", markup=False)
            return

        def work(choices: str) -> str:
            words = f"changed the choices of {short_name(definition.name)}"
            return self.change(
                words, lambda: self._properties.set_choices(definition.name, _parted(choices)), definition.name
            )

        question = f"In the order of the menu, {_CHOICES}."
        form = LabelForm(
            f"Choices of {short_name(definition.name)}",
            {"choices": TextInput(_joined(definition.choices))},
            work,
            question=question,
        )
        self.ask(form)

    def _delete(self, row: _Row) -> None:
        name, pictures = row.definition.name, count(row.pictures, "picture")
        question = f"Delete the property {short_name(name)}? Its values on {pictures} are deleted too."
        question += with_keys(" {undo} undoes it.")
        words = f"deleted the property {short_name(name)}, with values of {pictures}"
        self.confirm(question, "Delete", words, lambda: self._properties.delete(name))


def new_property(make: Callable[[str, PropertyType, Sequence[str]], str]) -> LabelForm:
    """Asks for name, type and choices, and makes a property of them."""

    def work(name: str, kind: str, choices: str) -> str:
        return make(name, PropertyType(kind), _parted(choices))

    fields: dict[str, Field] = {
        "name": TextInput(""),
        "type": ChoiceSelect([kind.value for kind in PropertyType], PropertyType.TEXT.value),
        "choices": TextInput("", placeholder="only for the types choice and choices"),
    }
    return LabelForm("New property", fields, work, question=f"Choices {_CHOICES}.", yes="Create")


def _parted(text: str) -> list[str]:
    """Choices as they are typed: a line of CSV."""
    return [choice for row in csv.reader([text], skipinitialspace=True) for choice in row if choice.strip()]


def _joined(choices: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(choices)
    return line.getvalue()
