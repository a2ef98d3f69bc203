"""Labels, Tags: the tree of tags and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual.suggester import SuggestFromList

from core.catalog.filter import quoted
from core.catalog.names import shown
from core.catalog.tags import Tag, Tags
from core.text import count, printable
from tui.asking import tag_suggester
from tui.screens.label_form import LabelForm
from tui.screens.labels_pane import Column, LabelsPane
from tui.widgets.form_controls import TextInput
from tui.widgets.labels_list import in_a_tree

# Told apart on a dark and on a light ground, by most people who see few colours too where they are not neighbours.
COLOURS = {
    "red": "#d0382b",
    "orange": "#d98a1f",
    "yellow": "#c9b227",
    "green": "#4f9e3f",
    "teal": "#2f9c95",
    "blue": "#3b78c4",
    "purple": "#8a5bb8",
    "pink": "#cf6a9b",
    "brown": "#8a6142",
    "grey": "#8c8c8c",
}


@dataclass(frozen=True)
class _Row:
    tag: Tag
    depth: int
    below: int  # pictures with this tag or one below it
    children: int


class TagsPane(LabelsPane[_Row]):
    """The tags, those below another one indented."""

    WHAT = "tag"
    COLUMNS = (
        Column("", width=1),
        Column("tag", share=1),
        Column("pictures", width=10, right=True),
        Column("and below", width=10, right=True),
        Column("colour", width=7),
    )
    BUTTONS = (
        ("new", "New  n"),
        ("rename", "Rename  r"),
        ("merge", "Merge into  m"),
        ("colour", "Colour  c"),
        ("below", "Below  b"),
        ("delete", "Delete  x"),
    )
    EMPTY = "No tags yet. n makes one; t in Browse puts one on pictures."

    def read(self) -> list[_Row]:
        """See :class:`LabelsPane`."""
        tags = Tags(self.project.catalog)
        listed, below = tags.all(), tags.with_those_below()
        parents = [tag.parent for tag in listed]
        return [
            _Row(tag, depth, below.get(tag.id, tag.pictures), parents.count(tag.id)) for tag, depth in in_a_tree(listed)
        ]

    def cells(self, row: _Row) -> list[str | Text]:
        """See :class:`LabelsPane`."""
        dot = Text("●", row.tag.colour or "dim")
        numbers = [count(row.tag.pictures), count(row.below)]
        return [dot, "  " * row.depth + row.tag.name, *numbers, row.tag.colour]

    def name_of(self, row: _Row) -> str:
        """See :class:`LabelsPane`."""
        return row.tag.name

    def remark(self, row: _Row) -> str:
        """See :class:`LabelsPane`."""
        more = f", {count(row.below)} with the tags below it" if row.children else ""
        return f"{printable(row.tag.name)}: on {count(row.tag.pictures, 'picture')}{more}. Enter shows them in Browse."

    def show(self, row: _Row) -> None:
        """See :class:`LabelsPane`."""
        self.post_message(self.Show(filter=f"tag:{quoted(row.tag.name)}"))

    def changes(self) -> dict[str, Callable[[_Row], None]]:
        """See :class:`LabelsPane`."""
        return {
            "rename": lambda row: self.ask_name(row.tag.name, self._tags.rename),
            "merge": self._merge,
            "colour": self._colour,
            "below": self._below,
            "delete": self._delete,
        }

    @property
    def _tags(self) -> Tags:
        return Tags(self.project.catalog)

    def new(self) -> None:
        """See :class:`LabelsPane`."""

        def work(name: str, parent: str) -> str:
            return self.change(
                f"made the tag {shown(name)}", lambda: self._tags.create(name, parent=parent.strip() or None), name
            )

        fields = {
            "name": TextInput(""),
            "below": TextInput("", placeholder="another tag; empty for none", suggester=tag_suggester(self.project)),
        }
        self.ask(LabelForm("New tag", fields, work, yes="Make"))

    def _merge(self, row: _Row) -> None:
        old = row.tag.name
        pictures = count(row.tag.pictures, "picture")

        def work(target: str) -> str:
            words = f"merged {shown(old)} into {shown(target)}"
            return self.change(words, lambda: self._tags.merge(old, target), target.strip())

        def confirm(target: str) -> str:
            if target.strip() == old or target.strip() not in {known.tag.name for known in self.rows}:
                return ""  # the catalog says what is wrong with it
            into = shown(target)
            moved = f" {count(row.children, 'tag')} below {shown(old)} will be below {into}." if row.children else ""
            return f"{pictures} tagged {shown(old)} will be tagged {into}.{moved} {shown(old)} is forgotten."

        question = f"Another tag, which the {pictures} of {shown(old)} shall carry instead of it."
        fields = {"into": TextInput("", placeholder="name of a tag", suggester=tag_suggester(self.project))}
        form = LabelForm(f"Merge the tag {shown(old)}", fields, work, question=question, yes="Merge", confirm=confirm)
        self.ask(form)

    def _colour(self, row: _Row) -> None:
        name = row.tag.name

        def work(colour: str) -> str:
            wanted = COLOURS.get(colour.strip().lower(), colour.strip())
            words = f"{shown(name)} has {'the colour ' + printable(colour) if wanted else 'no colour'} now"
            return self.change(words, lambda: self._tags.set_colour(name, wanted or None), name)

        palette = Text("One of these words, #rrggbb, or nothing for no colour:\n")
        for number, (word, colour) in enumerate(COLOURS.items()):
            palette.append("\n" if number == len(COLOURS) // 2 else "")
            palette.append("● ", colour).append(f"{word:<9}")
        words = SuggestFromList(COLOURS, case_sensitive=False)
        fields = {"colour": TextInput(row.tag.colour, placeholder="such as teal or #2f9c95", suggester=words)}
        self.ask(LabelForm(f"Colour of the tag {shown(name)}", fields, work, question=palette))

    def _below(self, row: _Row) -> None:
        name = row.tag.name

        def work(parent: str) -> str:
            above = parent.strip() or None
            words = f"{shown(name)} is {'below ' + shown(above) if above else 'at the top'} now"
            return self.change(words, lambda: self._tags.set_parent(name, above), name)

        parents = {known.tag.id: known.tag.name for known in self.rows}
        given = parents.get(row.tag.parent, "") if row.tag.parent is not None else ""
        suggester = tag_suggester(self.project)
        fields = {"below": TextInput(given, placeholder="another tag; empty for the top", suggester=suggester)}
        self.ask(LabelForm(f"Put the tag {shown(name)} below another one", fields, work))

    def _delete(self, row: _Row) -> None:
        name = row.tag.name
        moved = f" {count(row.children, 'tag')} below it will move up." if row.children else ""
        question = (
            f"Delete the tag {shown(name)}? It is taken off {count(row.tag.pictures, 'picture')}.{moved} "
            "u takes that back."
        )
        words = f"deleted the tag {shown(name)}, off {count(row.tag.pictures, 'picture')}"
        self.confirm(question, "Delete", words, lambda: self._tags.delete(name))
