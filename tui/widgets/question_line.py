"""The question of an answer, in one line: its text, and its pictures with + and -, each of which can be removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from core.text import count, printable
from tui.widgets.cells import shorten

_NAME = 18  # cells of a picture's name


@dataclass(frozen=True)
class Example:
    """A picture of a question.

    Attributes:
        field: name of the parameter that holds it.
        sign: ``+`` or ``-``.
        reference: as the parameter holds it.
        name: for display.
    """

    field: str
    sign: str
    reference: str
    name: str

    @property
    def shown(self) -> str:
        """Sign, name, and the cross that removes it."""
        return f" {self.sign} {shorten(printable(self.name), _NAME)} × "


class QuestionLine(Static, can_focus=True):
    """Left and right choose a picture, delete or a click removes it, enter opens the form of the question."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("left", "move(-1)", "Previous picture of the question", show=False),
        Binding("right", "move(1)", "Next picture of the question", show=False),
        Binding("delete,backspace", "remove", "Remove the picture from the question", show=False),
        Binding("enter", "screen.again", "Change the question", show=False),
    ]

    class Removed(Message):
        """A picture is not to be part of the question any more."""

        def __init__(self, example: Example) -> None:
            super().__init__()
            self.example = example

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, **options)
        self._text = ""
        self._trail: tuple[str, ...] = ()
        self._within = ""
        self._more = 0
        self._examples: tuple[Example, ...] = ()
        self._at = 0

    def show(
        self, text: str, examples: Sequence[Example], *, more: int = 0, trail: Sequence[str] = (), within: str = ""
    ) -> None:
        """Show a question. The cursor stays, or goes to the last picture.

        Args:
            text: of the question; may be empty.
            examples: pictures.
            more: number of further pictures.
            trail: names of the groups that the question looks within.
            within: where it looks, in words.
        """
        self._more = more
        self._text = printable(text)
        self._trail = tuple(trail)
        self._within = within
        self._examples = tuple(examples)
        self._at = max(0, min(self._at, len(examples) - 1))
        self.display = bool(text or examples or trail or within)
        self.can_focus = bool(examples)
        self.refresh()

    @property
    def examples(self) -> tuple[Example, ...]:
        """The pictures of the question."""
        return self._examples

    def render(self) -> Text:
        """Text, then pictures; those before the first that fits are counted."""
        line = Text(self._head(), "bold", no_wrap=True)
        first = self._first()
        if first:
            line.append(f"‹{first} ")
        for number, example in enumerate(self._examples[first:], first):
            at_cursor = self.has_focus and number == self._at
            line.append(example.shown, "bold reverse" if at_cursor else "bold" if example.sign == "+" else "")
        if self._more:
            line.append(f" and {count(self._more)} more")
        if self._within:
            room = self.size.width - cell_len(line.plain) - 2
            line.append(f" {shorten(self._within, max(12, room))}", "dim")
        return line

    def _head(self) -> str:
        room = max(10, self.size.width // (2 if self._examples else 1) - 5)
        text = f"“{shorten(self._text, room)}” " if self._text else ""
        return " " + shorten("".join(f"{printable(name)} › " for name in self._trail), room) + text

    def _first(self) -> int:
        """The first picture that is shown, so that the one under the cursor is in sight."""
        room = self.size.width - cell_len(self._head()) - 4
        first = 0
        while first < self._at and sum(cell_len(one.shown) for one in self._examples[first : self._at + 1]) > room:
            first += 1
        return first

    def action_move(self, step: int) -> None:
        """Choose the next or the previous picture."""
        self._at = max(0, min(len(self._examples) - 1, self._at + step))
        self.refresh()

    def action_remove(self) -> None:
        """Remove the picture under the cursor."""
        if self._examples:
            self.post_message(self.Removed(self._examples[self._at]))

    def on_click(self, event: Click) -> None:
        """Remove the picture that was clicked."""
        first = self._first()
        end = cell_len(self._head()) + (cell_len(f"‹{first} ") if first else 0)
        for example in self._examples[first:]:
            begin, end = end, end + cell_len(example.shown)
            if begin <= event.x < end:
                self.post_message(self.Removed(example))
                return
