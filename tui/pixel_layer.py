"""Pixels over the characters of pictures (sixel, iTerm2): drawn when they stay where they are, and not again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.graphics.placeholders import PICTURE

if TYPE_CHECKING:
    from tui.graphics.drawing import Overlay

# A cell under pixels: the driver moves the cursor over it, so that it is neither erased nor sent again.
STANDING = "\U0010eeef"
STILL = 0.1  # seconds in which pixels that are to be drawn have not moved


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pixels that the screen shows somewhere.

    Attributes:
        widget: whose they are.
        overlay: the pixels.
        rows: of cells, from the top, that are to be drawn; 0 where characters are shown.
    """

    widget: Widget
    overlay: Overlay
    rows: int

    def same(self, other: Wanted) -> bool:
        """Whether the same pixels of the same picture are meant."""
        return self.overlay is other.overlay and self.rows == other.rows

    def follows(self, stood: Wanted) -> bool:
        """Whether pixels that stand in the same place remain until these are drawn over them, or are the same."""
        whole = self.rows == stood.rows == self.overlay.rows
        return self.same(stood) or (whole and _may_follow(stood.overlay, self.overlay))


class PixelLayer:
    """Knows which pixels stand on the terminal; says what to draw.

    It looks at the screen after each frame. Pixels stand as long as they are shown at the same place and nothing
    covers them. Then their cells are skipped, so no repaint sends them again. Once they no longer stand, their
    characters are drawn.

    Args:
        now: a clock in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._standing: dict[Region, Wanted] = {}
        self._waiting: dict[Region, tuple[Wanted, float]] = {}
        self._skipped: set[int] = set()  # ids of overlays whose cells were skipped when they were last drawn
        self._gone: list[Region] = []

    def line(self, line: Strip, overlay: Overlay, number: int, region: Region) -> Strip:
        """A line of a drawing to be shown now: the cells under pixels that stand are skipped.

        Args:
            line: of the drawing, as characters.
            overlay: of the drawing.
            number: of the line in the drawing.
            region: of the overlay on the screen.
        """
        drawn = self._standing.get(region)
        if drawn is None or not _may_follow(drawn.overlay, overlay):
            self._skipped.discard(id(overlay))
            return line
        self._skipped.add(id(overlay))
        if not overlay.row <= number < overlay.row + overlay.rows:
            return line
        left, right = overlay.column, overlay.column + overlay.columns
        skipped = Strip([Segment(STANDING * overlay.columns, PICTURE)], overlay.columns)
        return Strip.join([line.crop(0, left), skipped, line.crop(right)])

    def look(self, wanted: Mapping[Region, Wanted]) -> list[Widget]:
        """After a frame: which widgets must draw their characters again, as their pixels no longer stand.

        Args:
            wanted: all pixels that the screens show now, by their place on the terminal.
        """
        now = self._now()
        again: list[Widget] = []
        for region, stood in list(self._standing.items()):
            found = wanted.get(region)
            if found is None or not found.follows(stood):
                del self._standing[region]
                self._gone.append(region)
        standing = {id(wanted[region].overlay) for region in self._standing}
        for found in wanted.values():
            if id(found.overlay) in self._skipped and id(found.overlay) not in standing:
                self._skipped.discard(id(found.overlay))
                again.append(found.widget)
        waiting = {}
        for region, found in wanted.items():
            follows = region in self._standing
            if found.rows and not (follows and self._standing[region].overlay is found.overlay):
                before, since = self._waiting.get(region, (None, now))
                same = before is not None and before.same(found)
                waiting[region] = (found, now - STILL if follows else since if same else now)
        self._waiting = waiting
        self._skipped &= {id(found.overlay) for found in wanted.values()}
        return list(dict.fromkeys(again))

    @property
    def wait(self) -> float | None:
        """Seconds until pixels are due; None if there are none to draw."""
        if not self._waiting:
            return None
        return max(0.0, min(since for _, since in self._waiting.values()) + STILL - self._now())

    def due(self) -> tuple[Region, Wanted, str] | None:
        """Pixels that have been still for long enough, the topmost first, and the sequences that draw them.

        They stand from now on: send them.
        """
        now = self._now()
        regions = [region for region, (_, since) in self._waiting.items() if now - since >= STILL]
        if not regions:
            return None
        region = min(regions, key=lambda region: (region.y, region.x))
        found, _ = self._waiting.pop(region)
        if region in self._standing:
            self._gone.append(region)
            data = found.overlay.in_place
        else:
            data = found.overlay.shown(found.rows) or ""
        self._standing[region] = found
        return region, found, data

    def take_gone(self) -> list[Region]:
        """Where pixels stood that do not stand any more, or that others will be drawn over; each is said once."""
        gone, self._gone = self._gone, []
        return gone

    def forget(self) -> None:
        """Nothing stands any more: the screen was cleared, or somebody else had the terminal."""
        self._standing.clear()
        self._waiting.clear()
        self._gone.clear()


def _may_follow(stood: Overlay, wanted: Overlay) -> bool:
    """Whether pixels at one place remain until the wanted ones are drawn over them."""
    return wanted is stood or bool(wanted.in_place and stood.in_place)


def clear_rows(region: Region, widget: Widget, screen: Screen[object]) -> int:
    """How many rows of a part of a widget, from its top, are visible on the terminal; all that are within the widget.

    None if the part is cut elsewhere than at its bottom, or another widget is above it. The last row of the terminal
    does not count: pixels there make some terminals scroll.
    """
    visible = screen._compositor.visible_widgets
    if screen is not widget.app.screen or widget not in visible:
        return 0
    place, clip = visible[widget]
    inside = widget.scrollable_content_region.intersection(clip).intersection(place)
    bottom = min(region.bottom, inside.bottom, screen.size.height - 1)
    seen = Region(region.x, region.y, region.width, bottom - region.y)
    if seen.height <= 0 or not inside.contains_region(seen):
        return 0
    for other, (where, clipped) in visible.items():  # the uppermost first
        if other is widget:
            return seen.height
        if other.visible and where.intersection(clipped).overlaps(seen):
            return 0
    return 0
