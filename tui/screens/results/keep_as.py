"""The dialog that keeps pictures under a name: as a group, as a tag, or as a tag for each part of an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from core.project import Project
from core.text import count
from tui.screens.labels.label_form import LabelForm
from tui.widgets.form_controls import NameInput
from tui.widgets.label_suggester import group_suggester, tag_suggester

Kind = Literal["group", "tag", "parts"]
_HELP = "↑ ↓ choose · tab completes an existing name"


@dataclass(frozen=True)
class Keep:
    """What was chosen.

    Attributes:
        kind: a group, a tag, or a tag for each part.
        name: of it; of the tag above, where it is a tag for each part.
        replace: whether a group that has the name is replaced.
    """

    kind: Kind
    name: str
    replace: bool = False


class Kinds(Static):
    """A line for each thing that pictures may become, one of them marked; told apart without colour."""

    class Changed(Message):
        """Another one is marked."""

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__(markup=False)
        self._choices = choices
        self.number = 0  # of the one that is marked

    def render(self) -> Text:
        """A line for each kind of label."""
        marks = ("(•)" if number == self.number else "( )" for number in range(len(self._choices)))
        return Text("\n".join(f" {mark} {words}" for mark, words in zip(marks, self._choices, strict=True)))

    def move(self, step: int) -> None:
        """Mark the next or the previous one."""
        self.number = (self.number + step) % len(self._choices)
        self.refresh()
        self.post_message(self.Changed())

    def on_click(self, event: Click) -> None:
        """A click marks its line."""
        self.move(min(event.y, len(self._choices) - 1) - self.number)


class KeepAs(LabelForm):
    """Asks for a name and what it names, and keeps the pictures. What is refused is said in the dialog, which stays.

    Args:
        project: whose tags and groups complete the name.
        pictures: number of pictures to keep.
        work: keeps them, in a thread; returns what was done, in words.
        remark: what is kept with them; may be empty.
        parts: number of tags, one for each part; 0 or 1 where that is not offered.
        parent: the name proposed for the tag above those.
        replaces: whether ``work`` can replace a group that has the name.
    """

    BINDINGS: ClassVar[list[Binding]] = [  # type: ignore[assignment]
        Binding("up", "kind(-1)", "Previous kind", show=False),
        Binding("down", "kind(1)", "Next kind", show=False),
    ]

    def __init__(
        self,
        project: Project,
        pictures: int,
        work: Callable[[Keep], str],
        *,
        remark: str = "",
        parts: int = 0,
        parent: str = "",
        replaces: bool = True,
    ) -> None:
        tags, groups = tag_suggester(project), group_suggester(project)
        self._suggesters = {"group": groups, "tag": tags, "parts": tags}
        self._proposed = parent
        self._choices: dict[Kind, str] = {
            "group": "a group: keeps the order, and the scores if any",
            "tag": "a tag",
        }
        if parts > 1:
            self._choices["parts"] = f"{count(parts)} tags, one per group, all under a tag named"
        self._line = NameInput(suggester=groups, id="name")
        hint = " · ".join(text for text in (remark, _HELP) if text)
        title = f"Keep {count(pictures, 'picture')} as"

        def replace_group(keep: Keep) -> str:
            return work(replace(keep, replace=True))

        over = replace_group if replaces else None
        super().__init__(title, {"name": self._line}, work, hint=hint, yes="Keep", replace=over)

    def compose_fields(self) -> ComposeResult:
        """The kinds, and the name."""
        yield Kinds(list(self._choices.values()))
        with Horizontal(classes="row"):
            yield self._line

    def action_kind(self, step: int) -> None:
        """Mark the next or the previous kind."""
        self.query_one(Kinds).move(step)

    def on_kinds_changed(self) -> None:
        """Complete the name from other names; propose one for the tag above several."""
        self._line.suggester = self._suggesters[self._kind]
        if self._kind == "parts" and not self._line.value:
            self._line.value = self._proposed
            self._line.action_select_all()
        elif self._kind != "parts" and self._line.value == self._proposed:
            self._line.value = ""
        if self.complains:  # of a name that will do for this kind
            self.explain()

    @property
    def _kind(self) -> Kind:
        return list(self._choices)[self.query_one(Kinds).number]

    def values(self) -> list[Keep]:
        """The choice, as a :class:`Keep`."""
        return [Keep(self._kind, self._line.given)]

    def action_answer(self) -> None:
        """Keep the pictures, unless the name is missing."""
        if self._line.given:
            super().action_answer()
        else:
            self.complain(Text("it needs a name"))
