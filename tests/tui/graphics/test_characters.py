"""Which renderer a terminal gets, and what it promises of its lines."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image
from textual.strip import Strip

from tui.graphics.cell_strips import CellLines
from tui.graphics.palette import palette
from tui.graphics.renderer import Blank, HalfBlocks, characters_for, renderer_for
from tui.graphics.symbols import Symbols
from tui.graphics.terminal import CellSize, Glyphs, Protocol, Terminal

CELL = CellSize(9, 21)


@pytest.mark.parametrize("colours", [16, 256, 2**24])
def test_a_terminal_gets_what_it_can_show(colours: int) -> None:
    half = renderer_for(Terminal(Protocol.HALF, colours=colours, cell=CELL))
    assert half == HalfBlocks(CELL, palette(colours))
    for glyphs in Glyphs:
        symbols = renderer_for(Terminal(Protocol.SYMBOLS, glyphs=glyphs, colours=colours, cell=CELL))
        assert symbols == Symbols(glyphs, CELL, palette(colours))
    assert renderer_for(Terminal(Protocol.NONE, colours=colours)) == Blank()


@pytest.mark.parametrize("protocol", [Protocol.KITTY, Protocol.SIXEL, Protocol.ITERM, Protocol.SYMBOLS])
def test_what_stands_for_pixels_is_symbols(protocol: Protocol) -> None:
    terminal = Terminal(protocol, glyphs=Glyphs.SEXTANTS, cell=CELL)
    assert characters_for(terminal) == Symbols(Glyphs.SEXTANTS, CELL)


def test_without_pictures_there_are_blank_lines_as_wide_as_the_box() -> None:
    lines = Blank().draw(Image.new("RGB", (5, 5)), 7, 3).lines
    assert [line.text for line in lines] == [" " * 7] * 3


def test_lines_can_be_asked_for_by_number_from_either_end_and_in_slices() -> None:
    colours = bytes(range(12))
    lines = CellLines([("▀▄", colours)], 4, 3)
    assert [line.text for line in lines] == ["    ", " ▀▄ ", "    "]
    assert lines[-2].text == lines[1].text == " ▀▄ "
    assert lines[1:] == [lines[1], lines[2]]
    with pytest.raises(IndexError):
        lines[3]
    assert isinstance(lines[0], Strip)


def test_half_blocks_of_all_colours_take_no_numpy_along() -> None:
    program = """
import sys
from PIL import Image
from tui.graphics.renderer import renderer_for
from tui.graphics.terminal import UNASKED
list(renderer_for(UNASKED).draw(Image.new("RGB", (9, 9)), 4, 4).lines)
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
