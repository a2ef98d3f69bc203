"""Labels, Groups: lists of pictures that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

from rich.text import Text
from textual.suggester import SuggestFromList

from core.catalog.computed import COMPUTED
from core.catalog.group_order import BY_SCORE, order_group
from core.catalog.groups import Combination, Groups, SavedGroup
from core.catalog.names import shown
from core.catalog.properties import Properties
from core.catalog.tags import Tags
from core.project import Project
from core.text import count, moment, printable
from tui.asking import tag_suggester
from tui.screens.label_form import Field, LabelForm
from tui.screens.labels_pane import Column, LabelsPane
from tui.widgets.form_controls import ChoiceSelect, TextInput, YesNo


class GroupsPane(LabelsPane[SavedGroup]):
    """The saved groups. Those that are marked are combined."""

    WHAT = "group"
    COLUMNS = (
        Column("", width=1),
        Column("group", share=2),
        Column("pictures", width=10, right=True),
        Column("from", share=3),
        Column("when", width=16),
    )
    BUTTONS = (
        ("rename", "Rename  r"),
        ("mark", "Mark  space"),
        ("combine", "Combine  C"),
        ("order", "Order  o"),
        ("tag", "Tag all  t"),
        ("delete", "Delete  x"),
    )
    EMPTY = "No groups yet. K keeps what is selected or shown as one, in Browse and in results; S in Recommend."

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._marked: list[int] = []  # numbers of groups, in the order they were marked
        self._known: list[str] = []  # what a group can be ordered by

    def read(self) -> list[SavedGroup]:
        """See :class:`LabelsPane`."""
        catalog = self.project.catalog
        self._known = [BY_SCORE, *COMPUTED, "tag", *(one.name for one in Properties(catalog).all())]
        return Groups(catalog).all()

    def cells(self, row: SavedGroup) -> list[str | Text]:
        """See :class:`LabelsPane`."""
        mark = Text("✓" if row.id in self._marked else "▪", "bold" if row.id in self._marked else "dim")
        return [mark, row.name, count(row.pictures), row.origin, moment(row.created)]

    def name_of(self, row: SavedGroup) -> str:
        """See :class:`LabelsPane`."""
        return row.name

    def remark(self, row: SavedGroup) -> str:
        """See :class:`LabelsPane`."""
        marked = [group.name for group in self._marked_groups()]
        if len(marked) > 1:
            return f"{count(len(marked))} marked, in this order: {printable(', '.join(marked))}. C combines them."
        origin = f", from {printable(row.origin)}" if row.origin else ""
        return f"{printable(row.name)}: {count(row.pictures, 'picture')}{origin}. Enter shows them in Browse."

    def show(self, row: SavedGroup) -> None:
        """See :class:`LabelsPane`."""
        self.post_message(self.Show(group=row.name))

    def changes(self) -> dict[str, Callable[[SavedGroup], None]]:
        """See :class:`LabelsPane`."""
        return {
            "rename": lambda row: self.ask_name(row.name, self._groups.rename),
            "mark": self._mark,
            "combine": lambda _: self._combine(),
            "order": self._order,
            "tag": self._tag,
            "delete": self._delete,
        }

    @property
    def _groups(self) -> Groups:
        return Groups(self.project.catalog)

    def _marked_groups(self) -> list[SavedGroup]:
        there = {row.id: row for row in self.rows}
        return [there[number] for number in self._marked if number in there]

    def _mark(self, row: SavedGroup) -> None:
        if row.id in self._marked:
            self._marked.remove(row.id)
        else:
            self._marked.append(row.id)
        at = self.rows.index(row)
        self.redraw(self.rows[min(at + 1, len(self.rows) - 1)].name)

    def _combine(self) -> None:
        marked = [group.name for group in self._marked_groups()]
        if len(marked) < 2:
            self.app.notify("mark two groups or more with space, then combine them", markup=False)
            return

        def work(name: str, how: str) -> str:
            words = f"kept the {how} of {count(len(marked), 'group')} as {shown(name)}"
            wanted = cast("Combination", how)
            done = self.change(words, lambda: self._groups.combine(name, wanted, *marked), name.strip())
            self._marked.clear()
            return done

        *others, last = (shown(name) for name in marked)
        question = (
            f"{', '.join(others)} and {last}. Union: in any of them; intersection: in all; "
            f"difference: in {shown(marked[0])} and in no other. The order is that of the first."
        )
        fields: dict[str, Field] = {
            "name": TextInput("", placeholder="of the new group"),
            "how": ChoiceSelect(get_args(Combination), ""),
        }
        self.ask(LabelForm("Combine groups", fields, work, question=question, yes="Combine"))

    def _order(self, row: SavedGroup) -> None:
        name = row.name

        def work(by: str, reverse: bool) -> str:
            by = by.strip()
            words = f"ordered {shown(name)} by {shown(by)}"
            return self.change(words, lambda: order_group(self.project.catalog, name, by, reverse), name)

        help_text = "the highest score first; else the lowest, the oldest, A to Z"
        fields: dict[str, Field] = {
            "by": TextInput("", placeholder="score, path, date, …", suggester=SuggestFromList(self._known)),
            "reverse": YesNo(False, help_text),
        }
        self.ask(LabelForm(f"Order the group {shown(name)}", fields, work, yes="Order"))

    def _tag(self, row: SavedGroup) -> None:
        group, catalog = row.name, self.project.catalog

        def work(tag: str) -> str:
            words = f"tagged the {count(row.pictures, 'picture')} of {shown(group)} as {shown(tag)}"
            return self.change(words, lambda: Tags(catalog).add(tag, [key for key, _ in Groups(catalog).open(group)]))

        fields = {"tag": TextInput("", placeholder="name of the tag", suggester=tag_suggester(self.project))}
        self.ask(LabelForm(f"Tag all {count(row.pictures, 'picture')} of {shown(group)}", fields, work, yes="Tag"))

    def _delete(self, row: SavedGroup) -> None:
        name, pictures = row.name, count(row.pictures, "picture")
        question = f"Delete the group {shown(name)} of {pictures}? The pictures stay. u takes that back."
        self.confirm(question, "Delete", f"deleted the group {shown(name)}", lambda: self._groups.delete(name))
