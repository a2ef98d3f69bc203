"""The workers of a cluster that compute a job, each with what it has done; absent where this machine computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from core.jobs.worker_tallies import WorkerTally
from core.text import count, printable, rate
from tui.widgets.cells import fit, shorten

_MOST = 500  # that are shown: each is drawn again every second
_BESIDES = 4  # cells: the margins, the bar for scrolling, and one that stays free
_GAP = "  "


class JobWorkers(VerticalScroll):
    """One line for each worker, two where the terminal is narrow."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._tallies: Sequence[WorkerTally] = ()
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(id="worker-lines", markup=False)

    def on_mount(self) -> None:
        """Show that there are no workers yet."""
        self._show()

    def on_resize(self) -> None:
        """Another width has room for other lines."""
        self._show()

    def show(self, tallies: Sequence[WorkerTally]) -> None:
        """Show these; none for a job that this machine computes."""
        self._tallies = tallies
        self._show()

    def _show(self) -> None:
        room = self.app.size.width - _BESIDES
        wanted = (tuple(self._tallies), room)
        if wanted == self._drawn:  # nothing is drawn again while nothing changes
            return
        self._drawn = wanted
        self.display = bool(self._tallies)
        self.border_title = Text(count(len(self._tallies), "worker"))
        self.query_one("#worker-lines", Static).update(Text("\n").join(worker_lines(self._tallies, room)))


def worker_lines(tallies: Sequence[WorkerTally], room: int) -> list[Text]:
    """What each has done, in lines of at most ``room`` cells: numbers below each other; below the names if narrow."""
    shown = tallies[:_MOST]
    names = [printable(one.name) or "unknown" for one in shown]
    numbers = _aligned([_numbers(one) for one in shown])
    besides = max((len(one) for one in numbers), default=0) + len(_GAP)
    widest = max((Text(name).cell_len for name in names), default=0)
    lines = []
    for name, said in zip(names, numbers, strict=True):
        if widest + besides <= room:
            lines.append(Text.assemble((fit(name, widest), "bold"), _GAP, said))
        else:
            lines += [Text(shorten(name, room), "bold"), Text(shorten(_GAP + said, room))]
    if more := len(tallies) - len(shown):
        lines.append(Text(f"and {count(more)} more", "dim"))
    return lines


def _numbers(one: WorkerTally) -> tuple[str, str, str]:
    failed = f"{count(one.failed)} failed" if one.failed else ""
    return f"{count(one.done)} done", failed, rate(one.rate) if one.rate else ""


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Texts of rows, each column as wide as its widest, numbers at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_GAP.join(text.rjust(width) for text, width in zip(row, widths, strict=True) if width) for row in rows]
