"""The menu of a right click: what can be done with the chosen pictures, each line with its key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.geometry import Offset
from textual.screen import ModalScreen, Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from core.text import printable
from tui.key_purposes import Purpose, purpose, whole_words, written
from tui.widgets.cells import shorten

_FIRST = ("open", "select", "focused")  # of the keys that move and select, those that are about a picture
_ORDER = (Purpose.MOVE, Purpose.ACTIONS, Purpose.LABELS, Purpose.HERE)
_WIDE = 44  # columns
_FRAME = 2  # rows and columns of the border


class ActionMenu(ModalScreen["ActiveBinding | None"]):
    """Ends with the key that was chosen, by enter, by a click or by pressing the key itself; or with None.

    Args:
        about: which pictures, in a few words.
        entries: the keys that are offered.
        at: where the mouse is on the screen.
    """

    BINDINGS = [Binding("escape,q", "dismiss(None)", "Close")]

    def __init__(self, about: str, entries: Sequence[ActiveBinding], at: Offset) -> None:
        super().__init__()
        self._about = about
        self._entries = entries
        self._at = at

    def compose(self) -> ComposeResult:
        """A line for each key."""
        lines = [Option(_line(entry)) for entry in self._entries]
        menu = OptionList(*lines, id="action-menu", markup=False, compact=True)
        menu.border_title = Text(shorten(printable(self._about), _WIDE - 6))
        yield menu

    def on_mount(self) -> None:
        """At the mouse, as far as there is room."""
        menu, size = self.query_one(OptionList), self.app.size
        wide, high = min(_WIDE, size.width), min(len(self._entries) + _FRAME, size.height)
        menu.styles.width, menu.styles.height = wide, high
        menu.styles.offset = (max(0, min(self._at.x, size.width - wide)), max(0, min(self._at.y, size.height - high)))
        menu.highlighted = 0 if self._entries else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close, and run the action of the line."""
        self.dismiss(self._entries[event.option_index])

    def on_key(self, event: events.Key) -> None:
        """The key itself runs it too."""
        chosen = next((entry for entry in self._entries if event.key in entry.binding.key.split(",")), None)
        if chosen and event.key not in ("enter", "space"):
            event.stop()
            self.dismiss(chosen)

    def on_click(self, event: events.Click) -> None:
        """Beside the menu: close it."""
        if not self.query_one(OptionList).region.contains_point(event.screen_offset):
            self.dismiss(None)


def menu_of(screen: Screen[Any]) -> list[ActiveBinding]:
    """The keys of a screen that do something with pictures, those that open and select first, no action twice."""
    by_words: dict[str, ActiveBinding] = {}
    for active in screen.active_bindings.values():
        kind, name = purpose(active.binding), active.binding.action.partition("(")[0]
        offered = kind in _ORDER and (kind is not Purpose.MOVE or name in _FIRST)
        if offered and active.enabled and active.binding.description and not active.binding.system:
            by_words.setdefault(whole_words(active.binding).lower(), active)
    return sorted(by_words.values(), key=_place)


def _place(entry: ActiveBinding) -> tuple[int, int]:
    """For sorting: opening and selecting first, then by purpose; else as the screen has them."""
    name = entry.binding.action.partition("(")[0]
    return (-1, _FIRST.index(name)) if name in _FIRST else (_ORDER.index(purpose(entry.binding)), 0)


def _line(entry: ActiveBinding) -> Text:
    key, words = written(entry.binding), whole_words(entry.binding)
    room = _WIDE - _FRAME - 4
    text = shorten(words[0].upper() + words[1:], room - cell_len(key) - 1)
    return Text.assemble(text, " " * (room - cell_len(text) - cell_len(key)), (key, "dim"), no_wrap=True)
