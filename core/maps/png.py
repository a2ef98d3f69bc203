"""A map as one PNG: dots, thumbnails where there is room, and a legend in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from core.errors import UnreadablePicture
from core.maps.colouring import RGB, Colouring
from core.maps.dots import Room, draw_dots, rooms
from core.maps.layout import Layout
from core.maps.view import View
from core.text import count, printable

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

Thumbnail = Callable[[int], "Image.Image"]  # of the picture with this index, mode RGB. Raises UnreadablePicture.
WIDTH, HEIGHT = 2400, 1600  # of the map; the legend is beside it
_LEGEND, _HEAD = 420, 56  # pixels
_SIDES = (112, 80, 56, 40)
_MOST_THUMBNAILS = 1_500
_BORDER = 3
_GROUND, _INK, _FAINT = (255, 255, 255), (34, 34, 34), (110, 110, 110)
_LONGEST = 200  # characters of a name that are looked at


def dot_radius(pictures: int) -> float:
    """Pixels: few dots are large, 100,000 small."""
    return float(np.clip(260 / np.sqrt(max(pictures, 1)), 2, 8))


def write_png(layout: Layout, colouring: Colouring, title: str, stream: BinaryIO, thumbnail: Thumbnail) -> int:
    """Draw the map. Returns the number of thumbnails.

    Args:
        layout: the pictures and their places.
        colouring: their colours.
        title: above the map.
        stream: receives the PNG.
        thumbnail: returns thumbnails.
    """
    from PIL import Image, ImageDraw

    entries = colouring.legend()
    sheet = Image.new("RGB", (WIDTH + (_LEGEND if entries else 0), HEIGHT + _HEAD), _GROUND)
    view = View.of_all(layout.points, WIDTH, HEIGHT)
    places = view.pixels(layout.points)
    colours = RGB[colouring.codes]
    canvas = np.full((HEIGHT, WIDTH, 3), _GROUND, np.uint8)
    draw_dots(canvas, places, colours, dot_radius(len(places)))
    sheet.paste(Image.fromarray(canvas), (0, _HEAD))
    drawn = 0
    for room in rooms(places, WIDTH, HEIGHT, _SIDES, _MOST_THUMBNAILS):
        drawn += _paste(sheet, room, tuple(colours[room.number].tolist()), thumbnail)
    brush = ImageDraw.Draw(sheet)
    _text(brush, (24, 14), title, 26, _INK, WIDTH - 48)
    for line, (name, colour, pictures, _) in enumerate(entries):
        top = _HEAD + 40 + 40 * line
        brush.ellipse((WIDTH + 16, top + 4, WIDTH + 36, top + 24), fill=colour)
        _text(brush, (WIDTH + 48, top), name, 22, _INK, _LEGEND - 150)
        _text(brush, (WIDTH + _LEGEND - 90, top), f"{pictures:,}", 22, _FAINT, 90)
    sheet.save(stream, "PNG")
    return drawn


def _paste(sheet: Image.Image, room: Room, colour: tuple[int, ...], thumbnail: Thumbnail) -> bool:
    """Put a thumbnail with a border of the picture's colour at its place; an unreadable picture stays a dot."""
    from PIL import Image

    try:
        picture = thumbnail(room.number).copy()
    except UnreadablePicture:
        return False
    picture.thumbnail((room.side - 2 * _BORDER, room.side - 2 * _BORDER), Image.Resampling.LANCZOS)
    framed = Image.new("RGB", (picture.width + 2 * _BORDER, picture.height + 2 * _BORDER), colour)
    framed.paste(picture, (_BORDER, _BORDER))
    left = room.left + (room.side - framed.width) // 2
    top = room.top + (room.side - framed.height) // 2
    sheet.paste(framed, (left, top + _HEAD))
    return True


def _text(
    brush: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: tuple[int, int, int], room: int
) -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    brush.text(at, fitting(printable(text[:_LONGEST]), font, room), colour, font)


def fitting(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, room: int) -> str:
    """``text`` cut to ``room`` pixels, with a mark where it was cut."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "…") > room:
        text = text[:-1]
    return text + "…"


def title_of(layout: Layout) -> str:
    """What the map shows, in words."""
    share = f", {layout.share:.0%} of the spread" if layout.share is not None else ""
    method = {"pca": "principal components", "pacmap": "PaCMAP"}[layout.method]
    return f"{count(len(layout.keys), 'picture')} by {layout.vec_type} ({method}{share})"
