"""Ghostty's engine without a window: which pictures it holds, how they are placed, and what its cells say."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyghostty
from PIL import Image
from pyghostty import ffi, lib
from pyghostty._ffi import check, union_fn
from pyghostty.core import init_sized

from tui.graphics.upstream import DIACRITICS

STORAGE = 320 * 1024**2  # kitty's quota
CELL = 10, 20
_MOST_POINTS = 600  # of a cell: a character and its diacritics


@ffi.callback("GhosttySysDecodePngFn")
def _decode_png(_: Any, allocator: Any, data: Any, length: int, out: Any) -> bool:
    picture = Image.open(io.BytesIO(ffi.buffer(data, length)[:])).convert("RGBA")
    pixels = picture.tobytes()
    out.width, out.height = picture.size
    out.data = lib.ghostty_alloc(allocator, len(pixels))
    out.data_len = len(pixels)
    ffi.memmove(out.data, pixels, len(pixels))
    return True


check(lib.ghostty_sys_set(lib.GHOSTTY_SYS_OPT_DECODE_PNG, _decode_png), "decoder of PNG")


@cache
def _grid_ref() -> Any:
    return union_fn("ghostty_terminal_grid_ref", "GhosttyResult(*)(GhosttyTerminal, GhosttyPointS, GhosttyGridRef*)")


@dataclass(frozen=True)
class Placement:
    image_id: int
    is_virtual: bool
    columns: int
    rows: int


@dataclass(frozen=True)
class PlaceholderCell:
    """What a cell says: the place within the picture, and its id by the third diacritic and the foreground."""

    row: int
    column: int
    image_id: int


class Ghostty:
    """A terminal that holds pictures."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.terminal = pyghostty.Terminal(columns, rows)
        self.terminal.resize(columns, rows, *CELL)
        limit = ffi.new("uint64_t*", STORAGE)
        check(lib.ghostty_terminal_set(self.raw, lib.GHOSTTY_TERMINAL_OPT_KITTY_IMAGE_STORAGE_LIMIT, limit), "limit")
        self.answers: list[bytes] = []
        self.terminal.on_reply(self.answers.append)
        self._point, self._cell = ffi.new("GhosttyPointS*"), init_sized("GhosttyGridRef")
        self._point.tag = lib.GHOSTTY_POINT_TAG_ACTIVE
        self._points, self._length = ffi.new(f"uint32_t[{_MOST_POINTS}]"), ffi.new("size_t*")
        self._style = init_sized("GhosttyStyle")

    @property
    def raw(self) -> Any:
        return self.terminal._t[0]

    def feed(self, text: str | bytes) -> None:
        self.terminal.feed(text)

    def _graphics(self) -> Any:
        graphics = ffi.new("GhosttyKittyGraphics*")
        check(lib.ghostty_terminal_get(self.raw, lib.GHOSTTY_TERMINAL_DATA_KITTY_GRAPHICS, graphics), "graphics")
        return graphics[0]

    def picture(self, image_id: int) -> Image.Image | None:
        """The picture as the terminal holds it, RGB."""
        image = lib.ghostty_kitty_graphics_image(self._graphics(), image_id)
        if image == ffi.NULL:
            return None

        def value(kind: str, ctype: str) -> Any:
            out = ffi.new(ctype + "*")
            key = getattr(lib, f"GHOSTTY_KITTY_IMAGE_DATA_{kind}")
            check(lib.ghostty_kitty_graphics_image_get(image, key, out), kind)
            return out[0]

        size = value("WIDTH", "uint32_t"), value("HEIGHT", "uint32_t")
        data = ffi.buffer(value("DATA_PTR", "uint8_t*"), value("DATA_LEN", "size_t"))[:]
        form = {lib.GHOSTTY_KITTY_IMAGE_FORMAT_RGBA: "RGBA", lib.GHOSTTY_KITTY_IMAGE_FORMAT_RGB: "RGB"}
        return Image.frombytes(form[value("FORMAT", "GhosttyKittyImageFormat")], size, data).convert("RGB")

    def placements(self) -> list[Placement]:
        iterator = ffi.new("GhosttyKittyGraphicsPlacementIterator*")
        check(lib.ghostty_kitty_graphics_placement_iterator_new(ffi.NULL, iterator), "iterator")
        key = lib.GHOSTTY_KITTY_GRAPHICS_DATA_PLACEMENT_ITERATOR
        check(lib.ghostty_kitty_graphics_get(self._graphics(), key, iterator), "placements")

        def value(kind: str, ctype: str) -> Any:
            out = ffi.new(ctype + "*")
            key = getattr(lib, f"GHOSTTY_KITTY_GRAPHICS_PLACEMENT_DATA_{kind}")
            check(lib.ghostty_kitty_graphics_placement_get(iterator[0], key, out), kind)
            return out[0]

        found = []
        while lib.ghostty_kitty_graphics_placement_next(iterator[0]):
            found.append(
                Placement(
                    value("IMAGE_ID", "uint32_t"),
                    bool(value("IS_VIRTUAL", "bool")),
                    value("COLUMNS", "uint32_t"),
                    value("ROWS", "uint32_t"),
                )
            )
        lib.ghostty_kitty_graphics_placement_iterator_free(iterator[0])
        return found

    def text_of(self, column: int, row: int) -> str:
        """The character of a cell with its diacritics."""
        cell = self._cell_at(column, row)
        check(lib.ghostty_grid_ref_graphemes(cell, self._points, _MOST_POINTS, self._length), "graphemes")
        return "".join(map(chr, self._points[0 : self._length[0]]))

    def _cell_at(self, column: int, row: int) -> Any:
        """As ``ref`` of the terminal, in memory that is used again: whole screens are read cell by cell."""
        self._point.value.x, self._point.value.y = column, row
        check(_grid_ref()(self.raw, self._point[0], self._cell), "cell")
        return self._cell

    def placeholder(self, column: int, row: int) -> PlaceholderCell | None:
        """What a cell says; None if it is no placeholder."""
        text = self.text_of(column, row)
        if not text.startswith("\U0010eeee"):
            return None
        row_of, column_of, high = (DIACRITICS.index(diacritic) for diacritic in text[1:])
        check(lib.ghostty_grid_ref_style(self._cell_at(column, row), self._style), "style")
        colour = self._style.fg_color
        assert colour.tag != lib.GHOSTTY_STYLE_COLOR_NONE, "a placeholder without a colour"
        assert colour.tag == lib.GHOSTTY_STYLE_COLOR_PALETTE, "the id is in a colour of 24 bits"
        return PlaceholderCell(row_of, column_of, high << 24 | colour.value.palette)

    def composed(self) -> dict[int, tuple[int, int, int, int]]:
        """Where each picture stands: its first column and row on the screen, and how many of each; all are whole."""
        columns, rows = self.terminal.size
        places: dict[int, dict[tuple[int, int], PlaceholderCell]] = {}
        for row in range(rows):
            for column in range(columns):
                cell = self.placeholder(column, row)
                if cell is not None:
                    places.setdefault(cell.image_id, {})[column, row] = cell
        found = {}
        for image_id, cells in places.items():
            left, top = min(column for column, _ in cells), min(row for _, row in cells)
            for (column, row), cell in cells.items():
                assert (cell.column, cell.row) == (column - left, row - top)
            wide, high = max(cell.column for cell in cells.values()) + 1, max(cell.row for cell in cells.values()) + 1
            assert len(cells) == wide * high
            found[image_id] = left, top, wide, high
        return found
