"""Labels, Groups: lists of pictures that are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast, get_args

from rich.text import Text
from textual.suggester import SuggestFromList

from core.catalog.catalog import Catalog
from core.catalog.computed import COMPUTED
from core.filters.group_order import BY_SCORE, order_group
from core.key_hints import key_for, with_keys
from core.labels.groups import Combination, Groups, SavedGroup
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.names import short_name
from core.project import Project
from core.text import count, moment, printable
from core.vectors import vec_types
from tui.screens.labels.label_form import Field, LabelForm
from tui.screens.labels.labels_pane import LabelsPane, PaneColumn, shows_them
from tui.widgets.form_controls import ChoiceSelect, TextInput, YesNo
from tui.widgets.label_suggester import tag_suggester


class GroupsPane(LabelsPane[SavedGroup]):
    """The saved groups. Those that are marked are combined."""

    WHAT = "group"
    COLUMNS = (
        PaneColumn("", width=1),
        PaneColumn("group", share=2),
        PaneColumn("pictures", width=10, right=True),
        PaneColumn("from", share=3),
        PaneColumn("when", width=16),
    )
    BUTTONS = (
        ("rename", "Rename  {labels.rename}"),
        ("mark", "Mark  {labels.mark}"),
        ("combine", "Combine  {labels.combine}"),
        ("order", "Order  {labels.order}"),
        ("tag", "Tag all  {labels.tag-all}"),
        ("delete", "Delete  {labels.delete}"),
    )
    BEGIN = "To the pictures"
    EMPTY = (
        "No groups yet. {labels-table.show} goes to the pictures: {browse.keep-as-a-group-or-tag} there and in results "
        "saves the selection or what is shown; {recommend.save} in Recommend."
    )

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._marked: list[int] = []  # numbers of groups, in the order they were marked
        self._known: list[str] = []  # what a group can be ordered by

    def read(self) -> list[SavedGroup]:
        catalog = self.project.catalog
        self._known = [BY_SCORE, *COMPUTED, "tag", *(one.name for one in Properties(catalog).all())]
        return Groups(catalog).all()

    def cells(self, row: SavedGroup) -> list[str | Text]:
        mark = Text("✓" if row.id in self._marked else "▪", "bold" if row.id in self._marked else "dim")
        return [mark, row.name, count(row.pictures), row.origin, moment(row.created)]

    def name_of(self, row: SavedGroup) -> str:
        return row.name

    def remark(self, row: SavedGroup) -> str:
        marked = [group.name for group in self._marked_groups()]
        if len(marked) > 1:
            names = printable(", ".join(marked))
            return f"{count(len(marked))} marked, in this order: {names}. {key_for('labels.combine')} combines them."
        origin = f", from {printable(row.origin)}" if row.origin else ""
        return f"{printable(row.name)}: {count(row.pictures, 'picture')}{origin}. {shows_them()}"

    def show(self, row: SavedGroup) -> None:
        self.post_message(self.Show(group=row.name))

    def begin(self) -> None:
        """Groups are made of pictures."""
        self.post_message(self.Show())

    def changes(self) -> dict[str, Callable[[SavedGroup], None]]:
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
            self.app.notify(with_keys("mark two or more groups with {labels.mark} first"), markup=False)
            return

        def work(name: str, how: str, *, replace: bool = False) -> str:
            words = f"saved the {how} of {count(len(marked), 'group')} as {short_name(name)}"
            wanted = cast("Combination", how)
            done = self.change(
                words, lambda: self._groups.combine(name, wanted, *marked, replace=replace), name.strip()
            )
            self._marked.clear()
            return done

        *others, last = (short_name(name) for name in marked)
        question = (
            f"{', '.join(others)} and {last}. Union: in any of them; intersection: in all; "
            f"difference: in {short_name(marked[0])} and in no other. The order is that of the first."
        )
        fields: dict[str, Field] = {
            "name": TextInput("", placeholder="of the new group"),
            "how": ChoiceSelect(get_args(Combination), ""),
        }
        over = partial(work, replace=True)
        self.ask(LabelForm("Combine groups", fields, work, question=question, yes="Combine", replace=over))

    def _order(self, row: SavedGroup) -> None:
        name = row.name

        def work(by: str, reverse: bool) -> str:
            by = by.strip()
            words = f"ordered {short_name(name)} by {short_name(by)}"
            return self.change(words, lambda: order_group(self.project.catalog, name, by, reverse), name)

        help_text = "the highest score first; else the lowest, the oldest, A to Z"
        fields: dict[str, Field] = {
            "by": TextInput("", placeholder="score, path, date, …", suggester=SuggestFromList(self._known)),
            "reverse": YesNo(False, help_text),
        }
        self.ask(LabelForm(f"Order the group {short_name(name)}", fields, work, yes="Order"))

    def _tag(self, row: SavedGroup) -> None:
        group, catalog = row.name, self.project.catalog
        made_by = row.made_by if row.made_by in vec_types.names(self.project.vectors_folder) else ""

        def work(tag: str) -> str:
            words = f"tagged the {count(row.pictures, 'picture')} of {short_name(group)} as {short_name(tag)}"
            return self.change(words, lambda: Tags(catalog).add(tag, _keys_of(catalog, group), made_by))

        fields = {"tag": TextInput("", placeholder="name of the tag", suggester=tag_suggester(self.project))}
        self.ask(LabelForm(f"Tag all {count(row.pictures, 'picture')} of {short_name(group)}", fields, work, yes="Tag"))

    def _delete(self, row: SavedGroup) -> None:
        name, pictures = row.name, count(row.pictures, "picture")
        question = f"Delete the group {short_name(name)} of {pictures}? The pictures stay. {key_for('undo')} undoes it."
        self.confirm(question, "Delete", f"deleted the group {short_name(name)}", lambda: self._groups.delete(name))


def _keys_of(catalog: Catalog, group: str) -> list[bytes]:
    return [key for key, _ in Groups(catalog).open(group)]
