"""Labels, Tags: the tree of tags and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual.suggester import SuggestFromList

from core.filters.syntax import quoted
from core.labels.tags import Tag, Tags
from core.names import short_name
from core.text import count, printable
from tui.screens.labels.label_form import LabelForm
from tui.screens.labels.labels_pane import LabelsPane, PaneColumn, shows_them
from tui.widgets.form_controls import TextInput
from tui.widgets.label_suggester import tag_suggester
from tui.widgets.labels_list import in_a_tree

# Distinct on dark and light backgrounds; all but neighbours also for most colour-blind people.
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
    """The tags, child tags indented."""

    WHAT = "tag"
    COLUMNS = (
        PaneColumn("", width=1),
        PaneColumn("tag", share=1),
        PaneColumn("pictures", width=10, right=True),
        PaneColumn("in total", width=10, right=True),
        PaneColumn("colour", width=7),
    )
    BUTTONS = (
        ("new", "New  {labels.new}"),
        ("rename", "Rename  {labels.rename}"),
        ("merge", "Merge into  {labels.merge}"),
        ("colour", "Colour  {labels.colour}"),
        ("below", "Move under  {labels.under}"),
        ("delete", "Delete  {labels.delete}"),
    )
    EMPTY = "No tags yet. {labels-table.show} or {labels.new} creates one; {tag} in Browse adds one to pictures."

    def read(self) -> list[_Row]:
        tags = Tags(self.project.catalog)
        listed, below = tags.all(), tags.counts_with_descendants()
        parents = [tag.parent for tag in listed]
        return [
            _Row(tag, depth, below.get(tag.id, tag.pictures), parents.count(tag.id)) for tag, depth in in_a_tree(listed)
        ]

    def cells(self, row: _Row) -> list[str | Text]:
        dot = Text("●", row.tag.colour or "dim")
        numbers = [count(row.tag.pictures), count(row.below)]
        return [dot, "  " * row.depth + row.tag.name, *numbers, row.tag.colour]

    def name_of(self, row: _Row) -> str:
        return row.tag.name

    def remark(self, row: _Row) -> str:
        more = f", {count(row.below)} with the tags under it" if row.children else ""
        return f"{printable(row.tag.name)}: on {count(row.tag.pictures, 'picture')}{more}. {shows_them()}"

    def show(self, row: _Row) -> None:
        self.post_message(self.Show(filter=f"tag:{quoted(row.tag.name)}"))

    def changes(self) -> dict[str, Callable[[_Row], None]]:
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

        def work(name: str, parent: str) -> str:
            return self.change(
                f"created the tag {short_name(name)}",
                lambda: self._tags.create(name, parent=parent.strip() or None),
                name,
            )

        fields = {
            "name": TextInput(""),
            "under": TextInput("", placeholder="another tag; empty for none", suggester=tag_suggester(self.project)),
        }
        self.ask(LabelForm("New tag", fields, work, yes="Create"))

    def _merge(self, row: _Row) -> None:
        old = row.tag.name
        pictures = count(row.tag.pictures, "picture")

        def work(target: str) -> str:
            words = f"merged {short_name(old)} into {short_name(target)}"
            return self.change(words, lambda: self._tags.merge(old, target), target.strip())

        def confirm(target: str) -> str:
            if target.strip() == old or target.strip() not in {known.tag.name for known in self.rows}:
                return ""  # the catalog says what is wrong with it
            into = short_name(target)
            moved = (
                f" {count(row.children, 'tag')} under {short_name(old)} will be under {into}." if row.children else ""
            )
            return f"{pictures} tagged {short_name(old)} will be tagged {into}.{moved} {short_name(old)} is deleted."

        question = f"Replace it by another tag on {pictures}."
        fields = {"into": TextInput("", placeholder="name of a tag", suggester=tag_suggester(self.project))}
        form = LabelForm(
            f"Merge the tag {short_name(old)}", fields, work, question=question, yes="Merge", confirm=confirm
        )
        self.ask(form)

    def _colour(self, row: _Row) -> None:
        name = row.tag.name

        def work(colour: str) -> str:
            wanted = COLOURS.get(colour.strip().lower(), colour.strip())
            words = f"{short_name(name)} has {'the colour ' + printable(colour) if wanted else 'no colour'} now"
            return self.change(words, lambda: self._tags.set_colour(name, wanted or None), name)

        palette = Text("One of these words, #rrggbb, or nothing for no colour:\n")
        for number, (word, colour) in enumerate(COLOURS.items()):
            palette.append("\n" if number == len(COLOURS) // 2 else "")
            palette.append("● ", colour).append(f"{word:<9}")
        words = SuggestFromList(COLOURS, case_sensitive=False)
        fields = {"colour": TextInput(row.tag.colour, placeholder="such as teal or #2f9c95", suggester=words)}
        self.ask(LabelForm(f"Colour of the tag {short_name(name)}", fields, work, question=palette))

    def _below(self, row: _Row) -> None:
        name = row.tag.name

        def work(parent: str) -> str:
            above = parent.strip() or None
            words = f"moved {short_name(name)} {'under ' + short_name(above) if above else 'to the top level'}"
            return self.change(words, lambda: self._tags.set_parent(name, above), name)

        parents = {known.tag.id: known.tag.name for known in self.rows}
        given = parents.get(row.tag.parent, "") if row.tag.parent is not None else ""
        suggester = tag_suggester(self.project)
        fields = {"under": TextInput(given, placeholder="another tag; empty for the top level", suggester=suggester)}
        self.ask(LabelForm(f"Move the tag {short_name(name)} under another tag", fields, work))

    def _delete(self, row: _Row) -> None:
        name = row.tag.name
        moved = f" {count(row.children, 'tag')} under it will move up." if row.children else ""
        question = (
            f"Delete the tag {short_name(name)}? It is on {count(row.tag.pictures, 'picture')}.{moved} u undoes it."
        )
        words = f"deleted the tag {short_name(name)} (was on {count(row.tag.pictures, 'picture')})"
        self.confirm(question, "Delete", words, lambda: self._tags.delete(name))
