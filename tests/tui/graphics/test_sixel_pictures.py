"""Pictures as sixels: the exact bytes, what a decoder and a real xterm make of them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.tui.graphics import xterm
from tests.tui.graphics.drawn_pictures import gradient, quarters
from tests.tui.graphics.sixel_decoder import decode
from tui.graphics.answers import Answers
from tui.graphics.drawing import Overlay
from tui.graphics.fit import fit
from tui.graphics.identify import identify
from tui.graphics.overlays import erase
from tui.graphics.renderer import renderer_for
from tui.graphics.sixel import first_bands, palette_first, sixels
from tui.graphics.terminal import CellSize, Protocol, Quirk, Terminal


def terminal_of(width: int, height: int, *, passthrough: bool = False) -> Terminal:
    return Terminal(Protocol.SIXEL, cell=CellSize(width, height), passthrough=passthrough)


def overlay_of(picture: Image.Image, columns: int, rows: int, terminal: Terminal) -> Overlay:
    overlay = renderer_for(terminal).draw(picture, columns, rows).overlay
    assert overlay is not None
    return overlay


def test_the_exact_bytes_of_a_small_picture() -> None:
    """Two columns of red beside two of blue, six rows high: all defined, then one band and no new line."""
    picture = Image.new("RGB", (4, 6), (255, 0, 0))
    picture.paste((0, 0, 255), (2, 0, 4, 6))
    assert sixels(picture) == '\x1bP0;1;0q"1;1;4;6#0;2;0;0;100#1;2;100;0;0#1~~#0~~\x1b\\'


def test_the_form_is_the_same_when_the_package_defines_colours_first() -> None:
    late = '\x1bP0;0;0q"1;1;2;6#1;2;9;9;9~#0;2;0;0;0~-#1~-\x1b\\'
    first = '\x1bP0;0;0q"1;1;2;6#0;2;0;0;0#1;2;9;9;9#1~#0~-#1~-\x1b\\'
    ours = '\x1bP0;1;0q"1;1;2;6#0;2;0;0;0#1;2;9;9;9#1~#0~-#1~\x1b\\'
    assert palette_first(late) == palette_first(first) == ours


def test_what_is_no_sixel_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="no sixel"):
        palette_first("\x1bPq#0~\x1b\\")


def test_the_exact_bytes_that_erase_the_cells() -> None:
    assert erase(7, 1) == "\x1b[7X"
    assert erase(7, 3) == "\x1b[7X\x1b[B\x1b[7X\x1b[B\x1b[7X\x1b[2A"


def test_the_exact_bytes_within_tmux() -> None:
    """The cells are erased by tmux itself, the pixels are handed on."""
    picture = quarters(60, 60)
    plain, wrapped = (overlay_of(picture, 6, 3, terminal_of(10, 20, passthrough=on)) for on in (False, True))
    erased, pixels = plain.data[: plain.data.index("\x1bP")], plain.data[plain.data.index("\x1bP") :]
    assert wrapped.data == erased + "\x1bPtmux;" + pixels.replace("\x1b", "\x1b\x1b") + "\x1b\\"


SIDES = st.integers(1, 400)


@settings(max_examples=60)
@given(SIDES, SIDES, st.integers(1, 14), st.integers(1, 8), st.integers(4, 16), st.integers(6, 24))
def test_the_pixels_are_those_of_the_picture_and_none_is_outside_its_cells(
    width: int, height: int, columns: int, rows: int, cell_width: int, cell_height: int
) -> None:
    terminal = terminal_of(cell_width, cell_height)
    picture = gradient(width, height)
    drawing = renderer_for(terminal).draw(picture, columns, rows)
    overlay = drawing.overlay
    assert overlay is not None
    assert {line.cell_length for line in drawing.lines} == {columns} and len(drawing.lines) == rows
    inside = fit(width, height, columns, rows, terminal.cell, step=6)
    assert inside is not None
    assert (overlay.columns, overlay.rows) == (inside.columns, inside.rows)
    assert 0 <= overlay.column <= columns - overlay.columns and 0 <= overlay.row <= rows - overlay.rows
    assert overlay.data.startswith(erase(overlay.columns, overlay.rows))
    size, pixels = decode(overlay.data[overlay.data.index("\x1bP") :])
    assert size == (inside.width, inside.height) == (pixels.shape[1], pixels.shape[0])
    assert size[0] <= overlay.columns * cell_width and size[1] <= overlay.rows * cell_height
    assert (pixels[..., 3] == 255).all(), "a pixel is not drawn"
    wanted = np.asarray(picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0), np.int16)
    distance = np.abs(pixels[..., :3].astype(np.int16) - wanted)
    assert distance.mean() < 9
    assert distance.max() < 96  # dithered


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 12), st.integers(1, 6))
def test_all_characters_are_beneath_the_pixels(width: int, height: int, columns: int, rows: int) -> None:
    """Else something of them would stand beside the pixels."""
    terminal = terminal_of(8, 17)
    drawing = renderer_for(terminal).draw(gradient(width, height), columns, rows)
    overlay = drawing.overlay
    assert overlay is not None
    for row, line in enumerate(drawing.lines):
        drawn = [column for column, character in enumerate(line.text) if character != " "]
        if overlay.row <= row < overlay.row + overlay.rows:
            assert set(drawn) <= set(range(overlay.column, overlay.column + overlay.columns))
        else:
            assert drawn == []


def at(column: int, row: int, data: str) -> str:
    return f"\x1b[{row + 1};{column + 1}H{data}"


def test_a_real_xterm_shows_the_picture_in_its_cells_alone() -> None:
    """Also just above the last row: nothing scrolls, and what stands beside it stays."""
    terminal = terminal_of(*xterm.CELL)
    # Higher than wide: the rows are full, and a part of the last one is free below the last band.
    pictures = [(gradient(60, 90), 2, 1), (quarters(60, 90), 30, 13), (gradient(90, 60), 20, 6)]
    filled = "".join(at(0, row, "#" * 60) for row in range(20))
    data, places = filled, []
    for picture, column, row in pictures:
        overlay = overlay_of(picture, 14, 6, terminal)
        column, row = column + overlay.column, row + overlay.row
        places.append((overlay, column, row))
        data += at(column, row, overlay.data)
    plain, screen = xterm.screen_after(filled), xterm.screen_after(data)
    shown, before = np.asarray(screen, np.int16), np.asarray(plain, np.int16)
    outside = np.ones(shown.shape[:2], bool)
    wide, high = xterm.CELL
    for overlay, column, row in places:
        size, pixels = decode(overlay.data[overlay.data.index("\x1bP") :])
        left, top = column * wide, row * high
        cells = slice(top, top + overlay.rows * high), slice(left, left + overlay.columns * wide)
        outside[cells] = False
        drawn = shown[top : top + size[1], left : left + size[0]]
        assert np.abs(drawn - pixels[..., :3]).max() <= 3
        rest = np.ones(shown.shape[:2], bool)
        rest[top : top + size[1], left : left + size[0]] = False
        assert (shown[cells][rest[cells]] == xterm.BACKGROUND).all()
    assert np.array_equal(shown[outside], before[outside])


def test_a_real_xterm_scrolls_after_a_picture_in_its_last_row() -> None:
    """Fails when xterm no longer does it; then a picture may reach the last row."""
    overlay = overlay_of(quarters(60, 90), 14, 6, terminal_of(*xterm.CELL))
    top = slice(0, xterm.CELL[1])
    for row, stays in ((13, True), (14, False)):
        screen = np.asarray(xterm.screen_after(at(0, 0, "#" * 60) + at(30, row, overlay.data)))
        assert (screen[top] != xterm.BACKGROUND).any() == stays


@xterm.colours_defined_late
def test_a_real_xterm_shows_other_colours_where_they_are_defined_late() -> None:
    """Fails when xterm is mended; then :func:`tui.graphics.sixel.palette_first` could go, but for older ones."""
    from textual_image._sixel import image_to_sixels

    picture = gradient(84, 78)
    theirs, ours = image_to_sixels(picture), sixels(picture)
    assert re.search(r"-#\d+;2;", theirs)
    _, pixels = decode(ours)
    late, first = (np.asarray(xterm.screen_after(data), np.int16)[:78, :84] for data in (theirs, ours))
    assert np.abs(first - pixels[..., :3]).max() <= 3
    assert np.abs(late - pixels[..., :3]).max() > 30


@pytest.mark.parametrize(("name", "most"), [("XTerm(379)", 1000), ("xterm 379", 1000), ("foot(1.16)", 1500)])
def test_xterm_gets_no_picture_that_it_would_not_draw(name: str, most: int) -> None:
    terminal = identify(Answers(names=(name,), cell=CellSize(10, 20), attributes=((62, 4),)), {"TERM": "xterm"})
    assert terminal.protocol is Protocol.SIXEL
    overlay = overlay_of(gradient(1500, 400), 150, 40, terminal)
    assert most - 20 < overlay.columns * 10 <= most
    assert overlay.column == (150 - overlay.columns) // 2


def test_the_first_rows_are_the_bands_that_end_within_them() -> None:
    overlay = overlay_of(gradient(120, 120), 12, 6, terminal_of(10, 20))
    whole = decode(overlay.data[overlay.data.index("\x1bP") :])[1]
    for rows in range(1, 6):
        data = overlay.shown(rows)
        assert data is not None and data.startswith(erase(overlay.columns, rows))
        size, pixels = decode(data[data.index("\x1bP") :])
        assert size == (120, rows * 20 // 6 * 6)
        assert np.array_equal(pixels, whole[: size[1]])
    assert overlay.shown(6) == overlay.data
    assert overlay.shown(0) is overlay.shown(7) is None


def test_of_less_than_a_band_nothing_is_drawn() -> None:
    assert first_bands(sixels(quarters(12, 12)), 5) == ""


def test_konsole_gets_back_the_column_that_it_clears_at_the_right() -> None:
    terminal = Terminal(Protocol.SIXEL, cell=CellSize(8, 18), quirks=frozenset({Quirk.KEEPS_COVERED}))
    for picture in (gradient(200, 50), gradient(50, 200)):
        overlay = overlay_of(picture, 12, 6, terminal)
        assert overlay.column + overlay.columns < 12
        assert overlay.afterwards == f"\x1b[{overlay.columns}C" + erase(1, overlay.rows)
