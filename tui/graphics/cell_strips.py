"""Lines of cells that have a character and two colours each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import overload

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_COLOURS = 6  # bytes a cell: RGB of the foreground, RGB of the background


@dataclass(frozen=True, slots=True)
class CellLines(Sequence[Strip]):
    """Lines of equal width in the middle of a box: ``rows`` strips of ``columns`` cells.

    Each strip is made when it is asked for: a cell of a strip takes some 540 bytes, one of these lines 16.

    Attributes:
        lines: a character a cell, and six bytes a cell: RGB of the foreground, RGB of the background.
        columns, rows: of the box.
    """

    lines: Sequence[tuple[str, bytes]]
    columns: int
    rows: int

    def __len__(self) -> int:
        return self.rows

    @overload
    def __getitem__(self, index: int) -> Strip: ...
    @overload
    def __getitem__(self, index: slice) -> list[Strip]: ...
    def __getitem__(self, index: int | slice) -> Strip | list[Strip]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(self.rows))]
        line = range(self.rows)[index] - (self.rows - len(self.lines)) // 2
        if 0 <= line < len(self.lines):
            return _strip(*self.lines[line], self.columns)
        return Strip.blank(self.columns)

    def prepare(self) -> None:
        """Make the styles of all cells, in the thread that draws. They are kept: the frame that shows them is fast."""
        for _, colours in self.lines:
            for start in range(0, len(colours), _COLOURS):
                _style(colours[start : start + _COLOURS])


def on_background(strip: Strip, style: Style) -> Strip:
    """The strip on the background of ``style``, where it has none of its own.

    Else the terminal's own background is seen there, which seldom is the theme's. Cells of pictures have two colours
    and stay as they are: to combine the styles of each of them would take a third of a frame's time.
    """
    segments = [
        segment
        if segment.control or (segment.style is not None and segment.style.bgcolor is not None)
        else Segment(segment.text, (_blank(style) if segment.text.isspace() else style) + segment.style)
        for segment in strip
    ]
    return Strip(segments, strip.cell_length)


@lru_cache(maxsize=64)
def _blank(style: Style) -> Style:
    """The background alone: what has no text needs no colour of text."""
    return Style(bgcolor=style.bgcolor)


def _strip(text: str, colours: bytes, columns: int) -> Strip:
    """One row; neighbours of equal colours become one segment."""
    left = (columns - len(text)) // 2
    segments = [Segment(" " * left)] if left else []
    start = 0
    for end in range(1, len(text) + 1):
        of_run = colours[start * _COLOURS : (start + 1) * _COLOURS]
        if colours[end * _COLOURS : (end + 1) * _COLOURS] != of_run:
            run = text[start:end]
            segments.append(Segment(run, _background(of_run[3:]) if run.isspace() else _style(of_run)))
            start = end
    right = columns - left - len(text)
    if right:
        segments.append(Segment(" " * right))
    return Strip(segments, columns)


@lru_cache(maxsize=16_384)  # 0.7 KB each
def _style(colours: bytes) -> Style:
    return Style.from_color(Color.from_rgb(*colours[:3]), Color.from_rgb(*colours[3:]))


@lru_cache(maxsize=4096)
def _background(colour: bytes) -> Style:
    return Style.from_color(None, Color.from_rgb(*colour))
