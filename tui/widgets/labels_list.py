"""Tags, saved groups and saved filters at the left of Browse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from core.labels.groups import SavedGroup
from core.labels.tags import Tag
from core.text import count, printable
from tui.widgets.name_and_count import NameAndCount


@dataclass(frozen=True)
class Labels:
    """What people have named.

    Attributes:
        tags: every tag.
        groups: every saved group.
        filters: names of the saved filters.
    """

    tags: Sequence[Tag] = ()
    groups: Sequence[SavedGroup] = ()
    filters: Sequence[str] = ()


class LabelsList(OptionList):
    """Tags, those below another one indented, then groups, then filters. Enter shows one."""

    BINDINGS = [Binding("L", "manage", "Labels")]

    class Chosen(Message):
        """A tag, a group or a filter is to be shown.

        Attributes:
            kind: ``tag``, ``group`` or ``filter``.
            name: of it.
        """

        def __init__(self, kind: str, name: str) -> None:
            super().__init__()
            self.kind = kind
            self.name = name

    class Manage(Message):
        """The screen of labels is asked for.

        Attributes:
            pane: ``tags``, ``groups`` or ``filters``.
            name: on which the cursor is to stand; empty for the first.
        """

        def __init__(self, pane: str, name: str) -> None:
            super().__init__()
            self.pane = pane
            self.name = name

    def __init__(self) -> None:
        super().__init__(id="labels", markup=False)
        self._labels = Labels()
        self._names: list[tuple[str, str]] = []

    def on_mount(self) -> None:
        """Nothing to show yet."""
        self.display = False

    @property
    def labels(self) -> Labels:
        """The labels on show."""
        return self._labels

    def show(self, labels: Labels) -> None:
        """Show these; the cursor stays on its line where it is still there."""
        if labels == self._labels:
            return
        self._labels = labels
        before = self.highlighted
        self.clear_options()
        self._names.clear()
        self._add("Tags", [("tag", tag.name, depth, tag.pictures, tag.colour) for tag, depth in in_a_tree(labels.tags)])
        self._add("Groups", [("group", group.name, 0, group.pictures, "") for group in labels.groups])
        self._add("Filters", [("filter", name, 0, None, "") for name in labels.filters])
        self.display = bool(self._names)
        if before is not None and self._names:
            self.highlighted = min(before, len(self._names) - 1)

    def action_manage(self) -> None:
        """The screen of labels, at the one under the cursor."""
        kind, name = self._names[self.highlighted] if self.highlighted is not None else ("", "")
        self.post_message(self.Manage(f"{kind or 'tag'}s", name))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show it."""
        event.stop()
        kind, name = self._names[event.option_index]
        if kind:
            self.post_message(self.Chosen(kind, name))

    def _add(self, title: str, entries: Sequence[tuple[str, str, int, int | None, str]]) -> None:
        if not entries:
            return
        self._names.append(("", ""))
        self.add_option(Option(Text(title, "bold dim"), disabled=True))
        for kind, name, depth, pictures, colour in entries:
            self._names.append((kind, name))
            mark = Text(" " * (2 * depth))
            mark.append("● " if kind == "tag" else "▪ ", colour or "dim")
            number = "" if pictures is None else count(pictures)
            self.add_option(Option(NameAndCount(mark, printable(name), number)))


def in_a_tree(tags: Sequence[Tag]) -> list[tuple[Tag, int]]:
    """Tags with how deep they lie, each behind the one above it."""
    below: dict[int | None, list[Tag]] = {}
    for tag in tags:
        below.setdefault(tag.parent, []).append(tag)
    lines: list[tuple[Tag, int]] = []
    pending = [(tag, 0) for tag in reversed(below.get(None, []))]
    while pending:  # no recursion: thousands of tags may lie below each other
        tag, depth = pending.pop()
        lines.append((tag, depth))
        pending += [(inner, depth + 1) for inner in reversed(below.get(tag.id, []))]
    return lines
