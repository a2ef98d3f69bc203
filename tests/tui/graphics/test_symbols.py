"""Pictures as block characters: exact where a cell has two colours, never worse than half blocks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.tui.graphics.block_raster import drawn, shape
from tui.graphics.drawing import Drawing
from tui.graphics.mosaics import mosaics
from tui.graphics.palette import palette
from tui.graphics.renderer import HalfBlocks
from tui.graphics.symbols import Symbols
from tui.graphics.terminal import CellSize, Glyphs

DEMO = Path(__file__).parents[3] / "core" / "demo" / "pictures"
ACROSS, DOWN = 8, 24  # pixels a cell: whole numbers of eighths and of thirds
COLOURS = (2**24, 256, 16)


def noise(seed: int, columns: int, rows: int) -> Image.Image:
    """A picture of 8 x 24 random pixels a cell, some of them smooth."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (random.integers(1, rows * 6 + 1), random.integers(1, columns * 4 + 1), 3))
    smooth = Image.fromarray(coarse.astype(np.uint8)).resize((columns * ACROSS, rows * DOWN), Image.Resampling.BICUBIC)
    grain = random.normal(0, random.choice([0, 10, 80]), (rows * DOWN, columns * ACROSS, 3))
    return Image.fromarray((np.asarray(smooth) + grain).clip(0, 255).astype(np.uint8))


def filling(picture: Image.Image, columns: int, rows: int) -> CellSize:
    """The cells with which the picture fills the box."""
    return CellSize(picture.width * rows, picture.height * columns)


def error(drawing: Drawing, picture: Image.Image) -> float:
    """Root mean squared, in levels of 256."""
    shown = drawn(drawing.lines, ACROSS, DOWN).astype(float)
    return float(np.sqrt(((shown - np.asarray(picture)) ** 2).mean()))


@pytest.mark.parametrize("glyphs", Glyphs)
@pytest.mark.parametrize("colours", COLOURS)
def test_cells_of_two_colours_are_shown_without_error(glyphs: Glyphs, colours: int) -> None:
    own = palette(colours)
    random = np.random.default_rng(1)
    characters = [character for mosaic in mosaics(glyphs) for character in mosaic.characters]
    choice = own.colours if own else random.integers(0, 256, (500, 3))
    cells: list[NDArray[np.int64]] = []
    for character in characters:
        front, back = choice[random.integers(0, len(choice), 2)].astype(int)
        # A third of the columns and all rows of the shape: 8 x 24.
        cells.append(np.where(shape(character)[:, ::3, None], front, back))
    picture = Image.fromarray(np.concatenate(cells, 1).astype(np.uint8))
    drawing = Symbols(glyphs, filling(picture, len(cells), 1), own).draw(picture, len(cells), 1)
    assert (drawn(drawing.lines, ACROSS, DOWN, colours) == np.asarray(picture)).all()


@given(seed=st.integers(0, 2**32), columns=st.integers(1, 12), rows=st.integers(1, 8))
def test_each_kind_shows_more_than_the_one_before_it(seed: int, columns: int, rows: int) -> None:
    never_worse(noise(seed, columns, rows), columns, rows)


@pytest.mark.parametrize("path", sorted(DEMO.rglob("*.*"))[::10], ids=lambda path: path.stem)
def test_of_the_demo_each_kind_shows_more_than_the_one_before_it(path: Path) -> None:
    with Image.open(path) as opened:
        picture = opened.convert("RGBA").convert("RGB").resize((17 * ACROSS, 9 * DOWN), Image.Resampling.BOX)
    never_worse(picture, 17, 9)


def never_worse(picture: Image.Image, columns: int, rows: int) -> None:
    cell = filling(picture, columns, rows)
    renderers = [HalfBlocks(cell), *(Symbols(glyphs, cell) for glyphs in Glyphs)]
    errors = [error(renderer.draw(picture, columns, rows), picture) for renderer in renderers]
    # The means of parts are rounded, by half a level at most, which counts twice in the choice of a pattern; then the
    # colours are rounded. By the triangle inequality no more than these three halves are between the errors.
    assert all(finer <= coarser + 1.5 for coarser, finer in pairwise(errors)), errors


@pytest.mark.parametrize("glyphs", Glyphs)
def test_no_pattern_would_have_been_nearer(glyphs: Glyphs) -> None:
    """Against every shape with its two best colours, tried one by one."""
    picture = noise(3, 9, 4)
    pixels = np.asarray(picture, float).reshape(4, DOWN, 9, ACROSS, 3).swapaxes(1, 2).reshape(-1, DOWN * ACROSS, 3)
    least = np.full(len(pixels), np.inf)
    for character in {character for mosaic in mosaics(glyphs) for character in mosaic.characters}:
        filled = shape(character)[:, ::3].ravel()
        remains = np.zeros(len(pixels))
        for part in (pixels[:, filled], pixels[:, ~filled]):
            if part.size:
                remains += ((part - part.mean(1, keepdims=True)) ** 2).sum((1, 2))
        least = np.minimum(least, remains)
    shown = drawn(Symbols(glyphs, filling(picture, 9, 4)).draw(picture, 9, 4).lines, ACROSS, DOWN).astype(float)
    cells = shown.reshape(4, DOWN, 9, ACROSS, 3).swapaxes(1, 2).reshape(-1, DOWN * ACROSS, 3)
    found = ((cells - pixels) ** 2).sum((1, 2))
    assert np.sqrt(found / least).max() < 1.01


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    columns=st.integers(0, 60),
    rows=st.integers(0, 40),
    glyphs=st.sampled_from(Glyphs),
    colours=st.sampled_from(COLOURS),
    cell=st.builds(CellSize, st.integers(1, 40), st.integers(1, 80)),
)
def test_the_box_is_always_filled_exactly(
    width: int, height: int, columns: int, rows: int, glyphs: Glyphs, colours: int, cell: CellSize
) -> None:
    picture = Image.new("RGB", (width, height), (200, 100, 50))
    lines = Symbols(glyphs, cell, palette(colours)).draw(picture, columns, rows).lines
    assert len(lines) == rows
    assert all(line.cell_length == columns == sum(len(segment.text) for segment in line) for line in lines)


def test_the_picture_keeps_its_proportions_in_cells_of_any_proportions() -> None:
    picture = Image.new("RGB", (300, 200), (200, 100, 50))
    for cell in (CellSize(10, 20), CellSize(9, 21), CellSize(12, 18), CellSize(16, 16)):
        for renderer in (Symbols(cell=cell), HalfBlocks(cell)):
            lines = renderer.draw(picture, 200, 200).lines
            filled = [sum(len(segment.text) for segment in line if segment.style) for line in lines]
            width, height = max(filled) * cell.width, sum(map(bool, filled)) * cell.height
            assert abs(width / height - 1.5) < 0.03


def test_a_plain_picture_is_spaces_on_its_colour_and_one_segment_a_line() -> None:
    lines = Symbols().draw(Image.new("RGB", (80, 80), (200, 100, 50)), 8, 4).lines
    for line in lines:
        (segment,) = line
        assert segment.text == " " * 8
        assert segment.style and segment.style.bgcolor and not segment.style.color
        assert tuple(segment.style.bgcolor.get_truecolor()) == (200, 100, 50)


@pytest.mark.parametrize("colours", COLOURS)
def test_in_several_threads_the_drawings_are_the_same(colours: int) -> None:
    pictures = [noise(seed, 20, 8) for seed in range(8)]
    renderer = Symbols(Glyphs.OCTANTS, palette=palette(colours))
    alone = [renderer.draw(picture, 20, 8).lines for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda picture: renderer.draw(picture, 20, 8).lines, pictures * 4))
    assert [[list(line) for line in lines] for lines in together] == [
        [list(line) for line in lines] for lines in alone * 4
    ]
