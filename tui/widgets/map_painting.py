"""What a map looks like in cells of a terminal: pixels where it has them, else braille dots."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from core.errors import PictoscopeError
from core.maps.dots import Room, draw_dots, rooms
from core.maps.outline import Place, in_polygon, within_view
from core.maps.view import View
from tui.graphics.drawing import Drawing

if TYPE_CHECKING:
    from tui.graphics.renderer import Renderer

Thumbnail = Callable[[int], Image.Image]  # of the picture with this index. Raises PictoscopeError.
DOTS = (2, 4)  # braille dots of a cell, across and down
_BRAILLE = 0x2800
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint8)  # by row and column in a cell
_FEW = 300  # pictures in view, up to which some are thumbnails
_LARGE = 1_500  # pictures in view, up to which they are larger
_LEAST_SIDE = 24  # pixels of a thumbnail
_MOST_THUMBNAILS = 60
_CELLS = ((12, 6), (8, 4))  # of thumbnails among braille dots: columns and rows
_MEANT, _SELECTED, _EDGE = "◎", "✓", "•"  # what stands over dots and thumbnails
Places = npt.NDArray[np.float64]
Cell = tuple[int, int]  # row and column


@dataclass(frozen=True)
class Scene:
    """What is painted.

    Attributes:
        view: its width and height are those of the canvas: pixels, or braille dots.
        places: of the pictures on the canvas, shape (n, 2).
        colours: shape (n, 3), uint8.
        selected: shape (n,), bool.
        cursor: place on the canvas; None where the keys are for another map.
        marked: index of the picture that is meant; None for none.
        path: corners of the outline that is being drawn, on the canvas; empty for none.
        ground: colour behind everything.
        ink: colour that stands out from it.
        has_thumbnails: whether the terminal shows pictures; else all stay dots.
    """

    view: View
    places: Places
    colours: npt.NDArray[np.uint8]
    selected: npt.NDArray[np.bool_]
    cursor: Place | None
    marked: int | None
    path: list[Place]
    ground: tuple[int, int, int]
    ink: tuple[int, int, int]
    has_thumbnails: bool = True

    @property
    def inside(self) -> npt.NDArray[np.int64]:
        """Indices of the pictures in view."""
        size = (self.view.width, self.view.height)
        return np.flatnonzero(((self.places >= 0) & (self.places < size)).all(axis=1)).astype(np.int64)


def paint_pixels(scene: Scene, thumbnail: Thumbnail, renderer: Renderer, columns: int, rows: int) -> Drawing:
    """The scene as a picture of the terminal's pixels."""
    width, height = scene.view.width, scene.view.height
    canvas = np.full((height, width, 3), scene.ground, np.uint8)
    inside = scene.inside
    radius = float(np.clip(height / 12 / np.sqrt(max(len(inside), 1)), 1, 5))
    lit = inside[scene.selected[inside]]
    draw_dots(canvas, scene.places[lit], np.full((len(lit), 3), scene.ink, np.uint8), radius + 2)
    draw_dots(canvas, scene.places[inside], scene.colours[inside], radius)
    picture = Image.fromarray(canvas)
    brush = ImageDraw.Draw(picture)
    if len(inside) <= _FEW:
        sides = tuple(side for part in (5, 8, 12) if (side := height // part) >= _LEAST_SIDE)
        for room in rooms(scene.places, width, height, sides, _MOST_THUMBNAILS):
            border = scene.ink if scene.selected[room.number] else tuple(scene.colours[room.number].tolist())
            _paste(picture, room, border, thumbnail)
    if scene.marked in inside:
        x, y = scene.places[scene.marked].tolist()
        for reach, colour, thick in ((radius + 6, scene.ground, 5), (radius + 5, scene.ink, 2)):  # seen on pictures too
            brush.ellipse((x - reach, y - reach, x + reach, y + reach), outline=colour, width=thick)
    for edge in within_view(scene.path, width - 1, height - 1):
        brush.line(edge, fill=scene.ink, width=2)
    if scene.cursor:
        x, y = scene.cursor
        arm = max(6, height // 40)
        brush.line((x - arm, y, x + arm, y), fill=scene.ink, width=2)
        brush.line((x, y - arm, x, y + arm), fill=scene.ink, width=2)
    return renderer.draw(picture, columns, rows)


def _paste(picture: Image.Image, room: Room, border: tuple[int, ...], thumbnail: Thumbnail) -> None:
    try:
        small = thumbnail(room.number).copy()
    except PictoscopeError:
        return  # it stays a dot
    small.thumbnail((room.side - 4, room.side - 4), reducing_gap=2.0)
    left, top = room.left + (room.side - small.width) // 2, room.top + (room.side - small.height) // 2
    picture.paste(border, (left - 2, top - 2, left + small.width + 2, top + small.height + 2))
    picture.paste(small, (left, top))


def paint_braille(scene: Scene, thumbnail: Thumbnail, renderer: Renderer, columns: int, rows: int) -> Drawing:
    """The scene as braille dots, each cell in the colour of one of its pictures.

    Selected ones and what the outline would select are reversed. Over the dots and thumbnails stand the outline, a sign
    on the thumbnails that are selected, and one on the picture that is meant.
    """
    inside = np.random.default_rng(0).permutation(scene.inside)
    x, y = np.floor(scene.places[inside]).astype(np.int64).T
    shown = inside
    if len(inside) <= _LARGE:  # four dots each: a single one is easily overlooked
        x = np.minimum(np.add.outer((0, 1, 0, 1), x).ravel(), columns * DOTS[0] - 1)
        y = np.minimum(np.add.outer((0, 0, 1, 1), y).ravel(), rows * DOTS[1] - 1)
        shown = np.tile(inside, 4)
    column, row = x // DOTS[0], y // DOTS[1]
    cells = np.zeros((rows, columns), np.uint8)
    np.bitwise_or.at(cells, (row, column), _BITS[y % DOTS[1], x % DOTS[0]])
    number = np.full((rows, columns), -1, np.int64)
    number[row, column] = shown
    lit = inside[scene.selected[inside]]
    reverse = _enclosed(scene.path, columns, rows)
    reverse[tuple((np.floor(scene.places[lit]).astype(np.int64) // DOTS).T[::-1])] = True
    lines = [_line(scene, *row) for row in zip(cells, number, reverse, strict=True)]
    signs = _edges(scene.path, columns, rows)
    is_few = scene.has_thumbnails and len(inside) <= _FEW
    placed = _put_thumbnails(lines, scene, thumbnail, renderer) if is_few else {}
    signs |= {cell: _SELECTED for picture, cell in placed.items() if scene.selected[picture]}
    if scene.marked is not None:
        signs[placed.get(scene.marked, _cell(scene.places[scene.marked].tolist()))] = _MEANT
    if scene.cursor:
        signs[_cell(scene.cursor)] = "┼"
    return Drawing(_with_signs(lines, signs))


def _cell(place: Sequence[float]) -> Cell:
    """The row and the column of a place among the braille dots."""
    return math.floor(place[1] / DOTS[1]), math.floor(place[0] / DOTS[0])


def _enclosed(path: list[Place], columns: int, rows: int) -> npt.NDArray[np.bool_]:
    """The cells whose middle lies in the outline, shape (rows, columns)."""
    down, across = np.mgrid[:rows, :columns]
    middles = np.stack([(across.ravel() + 0.5) * DOTS[0], (down.ravel() + 0.5) * DOTS[1]], axis=1)
    return in_polygon(middles, path).reshape(rows, columns)


def _edges(path: list[Place], columns: int, rows: int) -> dict[Cell, str]:
    """The cells through which the outline goes."""
    edges: dict[Cell, str] = {}
    for one, other in within_view(path, columns * DOTS[0] - 1, rows * DOTS[1] - 1):
        steps = math.ceil(max(abs(other[0] - one[0]) / DOTS[0], abs(other[1] - one[1]) / DOTS[1])) + 1
        places = np.linspace(one, other, steps + 1).tolist()
        edges |= dict.fromkeys(map(_cell, places), _EDGE)
    return edges


def _line(
    scene: Scene, cells: npt.NDArray[np.uint8], numbers: npt.NDArray[np.int64], reverse: npt.NDArray[np.bool_]
) -> Strip:
    segments = []
    for bits, number, turned in zip(cells.tolist(), numbers.tolist(), reverse.tolist(), strict=True):
        colour = "#{:02x}{:02x}{:02x}".format(*scene.colours[number].tolist()) if number >= 0 else None
        segments.append(Segment(chr(_BRAILLE + bits) if bits else " ", Style(color=colour, reverse=turned)))
    return Strip(segments, len(cells)).simplify()


def _with_signs(lines: list[Strip], signs: dict[Cell, str]) -> list[Strip]:
    """The lines with a sign in each of these cells; cells outside are left out."""
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), sign in signs.items():
        if 0 <= row < len(lines) and 0 <= column < lines[row].cell_length:
            by_row.setdefault(row, {})[column] = sign
    for row, columns in by_row.items():
        cells = [Segment(character, part.style) for part in lines[row] for character in part.text]
        for column, sign in columns.items():
            cells[column] = Segment(sign, Style(bold=True, reverse=sign != _EDGE))
        lines[row] = Strip(cells, len(cells)).simplify()
    return lines


def _put_thumbnails(lines: list[Strip], scene: Scene, thumbnail: Thumbnail, renderer: Renderer) -> dict[int, Cell]:
    """Small pictures in characters where they hide no other dot, nor the cursor. Returns the first cell of each."""
    side = tuple(columns * DOTS[0] for columns, _ in _CELLS)
    size = dict(zip(side, _CELLS, strict=True))
    marks = np.vstack([scene.places, [scene.cursor]]) if scene.cursor else scene.places
    placed: dict[int, Cell] = {}
    for room in rooms(marks, scene.view.width, scene.view.height, side, _MOST_THUMBNAILS):
        if room.number == len(scene.places):
            continue  # the cursor
        (columns, rows), left, top = size[room.side], room.left // DOTS[0], room.top // DOTS[1]
        try:
            drawn = renderer.draw(thumbnail(room.number), columns, rows).lines
        except PictoscopeError:
            continue
        if top + rows > len(lines) or left + columns > lines[0].cell_length:
            continue
        for number, strip in enumerate(drawn):
            whole = lines[top + number]
            parts = [whole.crop(0, left), strip, whole.crop(left + columns)]
            lines[top + number] = Strip.join(parts)
        placed[room.number] = (top, left)
    return placed
