"""As what pictures are kept, and under which name: a tag, a group, a tag for each part of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.events import Click
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from core.project import Project
from core.text import count
from tui.asking import group_suggester, tag_suggester

Kind = Literal["tag", "group", "parts"]
_HELP = "↑ ↓ choose · → completes a name that is there"


@dataclass(frozen=True)
class Keep:
    """What was chosen.

    Attributes:
        kind: a tag, a group, or a tag for each part.
        name: of it; of the tag above, where it is a tag for each part.
    """

    kind: Kind
    name: str


class Kinds(Static):
    """A line for each thing that pictures may become, one of them marked; told apart without colour."""

    class Changed(Message):
        """Another one is marked."""

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__(markup=False)
        self._choices = choices
        self.number = 0  # of the one that is marked

    def render(self) -> Text:
        """The lines."""
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


class KeepAs(ModalScreen["Keep | None"]):
    """Asks for a name, and whether it is that of a tag or of a group. Ends with a :class:`Keep`, or None.

    Args:
        project: whose tags and groups complete the name.
        pictures: how many there are to keep.
        remark: what is kept with them; may be empty.
        parts: how many tags there would be, one for each part; 0 or 1 where that is not offered.
        parent: the name proposed for the tag above those.
    """

    BINDINGS: ClassVar[list[Binding]] = [  # type: ignore[assignment]
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("up", "kind(-1)", "Another kind", show=False),
        Binding("down", "kind(1)", "Another kind", show=False),
    ]

    def __init__(self, project: Project, pictures: int, *, remark: str = "", parts: int = 0, parent: str = "") -> None:
        super().__init__()
        self._pictures = pictures
        self._remark = remark
        self._proposed = parent
        self._choices: dict[Kind, str] = {"tag": "a tag", "group": "a group: in this order, with the scores"}
        if parts > 1:
            self._choices["parts"] = f"{count(parts)} tags, one for each group at the left, all below a tag named"
        tags = tag_suggester(project)
        self._suggesters = {"tag": tags, "group": group_suggester(project), "parts": tags}

    def compose(self) -> ComposeResult:
        """What it becomes, its name, two buttons."""
        with Vertical(classes="dialog form") as box:
            box.border_title = Text(f"Keep {count(self._pictures, 'picture')} as")
            yield Kinds(list(self._choices.values()))
            with Horizontal(classes="row"):
                yield Input(
                    placeholder="its name",
                    suggester=self._suggesters["tag"],
                    id="name",
                    compact=True,
                    select_on_focus=False,
                )
            yield Static(Text(" · ".join(text for text in (self._remark, _HELP) if text)), id="explanation")
            with Horizontal(classes="buttons"):
                yield Button("Cancel  esc", id="cancel", compact=True)
                yield Button("Keep  enter", id="keep", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def action_kind(self, step: int) -> None:
        """The next or the previous thing that it may become."""
        self.query_one(Kinds).move(step)

    def on_kinds_changed(self) -> None:
        """Other names complete what is typed; for the tag above several one is proposed."""
        line = self.query_one(Input)
        line.suggester = self._suggesters[self._kind]
        if self._kind == "parts" and not line.value:
            line.value = self._proposed
            line.cursor_position = len(line.value)
        elif self._kind != "parts" and line.value == self._proposed:
            line.value = ""

    @property
    def _kind(self) -> Kind:
        return list(self._choices)[self.query_one(Kinds).number]

    def on_input_submitted(self) -> None:
        """Enter keeps."""
        self._keep()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Keep or cancel."""
        if event.button.id == "keep":
            self._keep()
        else:
            self.dismiss(None)

    def _keep(self) -> None:
        if name := self.query_one(Input).value.strip():
            self.dismiss(Keep(self._kind, name))
        else:
            self.query_one("#explanation", Static).update("it needs a name")
            self.query_one("#explanation").add_class("wrong")
