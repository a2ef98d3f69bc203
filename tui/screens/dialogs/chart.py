"""The chart behind ``B``: the groups of Browse or of an answer as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Static

from core.key_hints import with_keys
from core.text import count, printable
from tui.screens.dialogs.dialog import Dialog
from tui.widgets.bar_list import BarList

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.charts.bars import Bar

_HELP = "{line-list.open} shows its pictures · {chart.sort} sorts by number or as before · {chart.close} closes"


class Chart(Dialog["Bar | None"]):
    """Ends with the bar whose pictures are to be shown, or with None.

    Args:
        title: what is counted, in words.
        bars: in their order, one or more.
        current: number of the one whose pictures are on show.
    """

    BINDINGS = [
        Binding("escape,q", "dismiss(None)", "Close"),
        Binding("o", "sort", "Sort"),
    ]

    def __init__(self, title: str, bars: Sequence[Bar], current: int = 0) -> None:
        super().__init__()
        self._title = title
        self._bars = bars
        self._current = current
        self._most_first = False

    def compose(self) -> ComposeResult:
        """The bars, then what the keys do."""
        with Vertical(classes="dialog", id="chart") as box:
            box.border_title = Text(printable(self._title))
            box.border_subtitle = Text(count(len(self._bars), "group"))
            yield BarList()
            yield Static(with_keys(_HELP), id="chart-help", markup=False)

    def on_mount(self) -> None:
        """The cursor is on the group that is on show."""
        bars = self.query_one(BarList)
        bars.styles.height = min(len(self._bars), max(3, self.app.size.height * 9 // 10 - 6))
        self._show(self._bars[self._current])
        bars.focus()

    def action_sort(self) -> None:
        """By value, or the most pictures first; the cursor stays on its group."""
        self._most_first = not self._most_first
        self._show(self.query_one(BarList).current)

    def on_bar_list_opened(self) -> None:
        """Enter shows the pictures of a group."""
        self.dismiss(self.query_one(BarList).current)

    def _show(self, current: Bar | None) -> None:
        shown = sorted(self._bars, key=lambda one: -one.pictures) if self._most_first else self._bars
        at = next((place for place, one in enumerate(shown) if one is current), 0)
        self.query_one(BarList).show(shown, cursor=at)
