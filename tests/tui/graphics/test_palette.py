"""Pictures in 256 and in 16 colours: no other colour, and Rich leaves them as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.color import Color

from tests.tui.graphics.block_raster import PALETTES, drawn, shown
from tests.tui.graphics.test_symbols import filling, noise
from tui.graphics.palette import palette
from tui.graphics.renderer import Renderer, renderer_for
from tui.graphics.terminal import CellSize, Glyphs, Protocol, Terminal


def renderers(colours: int, cell: CellSize) -> list[Renderer]:
    half = Terminal(Protocol.HALF, colours=colours, cell=cell)
    return [
        renderer_for(half),
        *(renderer_for(Terminal(Protocol.SYMBOLS, glyphs=g, colours=colours, cell=cell)) for g in Glyphs),
    ]


@pytest.mark.parametrize("colours", PALETTES)
def test_rich_writes_each_colour_as_it_is_meant(colours: int) -> None:
    own = palette(colours)
    assert own
    for meant, sent in zip(own.colours, own.sent, strict=True):
        assert shown(Color.from_rgb(*map(int, sent)), colours) == tuple(meant)
        assert np.abs(meant.astype(int) - sent).max() < 9  # where it is not made smaller, it is nearly the same
    assert len({tuple(meant) for meant in own.colours}) == len(own.colours)


def test_there_are_all_16_and_all_of_256_that_rich_can_write() -> None:
    sixteen, many = palette(16), palette(256)
    assert sixteen and len(sixteen.colours) == 16
    # Without the user's 16, and the four greys of the cube, for which Rich takes those of the ramp.
    assert many and len(many.colours) == 256 - 16 - 4


@pytest.mark.parametrize("colours", [257, 2**24])
def test_with_more_colours_there_is_no_palette(colours: int) -> None:
    assert palette(colours) is None


@given(
    seed=st.integers(0, 2**32), columns=st.integers(1, 12), rows=st.integers(1, 8), colours=st.sampled_from([16, 256])
)
def test_every_colour_of_a_drawing_survives(seed: int, columns: int, rows: int, colours: int) -> None:
    own = palette(colours)
    assert own
    allowed = {tuple(map(int, rgb)) for rgb in own.sent}
    picture = noise(seed, columns, rows)
    for renderer in renderers(colours, filling(picture, columns, rows)):
        for line in renderer.draw(picture, columns, rows).lines:
            for segment in line:
                assert segment.style
                for colour in (segment.style.color, segment.style.bgcolor):
                    assert colour is None or tuple(colour.get_truecolor()) in allowed


@pytest.mark.parametrize("colours", PALETTES)
def test_each_colour_is_the_nearest_to_itself(colours: int) -> None:
    own = palette(colours)
    assert own
    assert (own.nearest(own.colours.astype(np.float32)) == np.arange(len(own.colours))).all()


@pytest.mark.parametrize("colours", PALETTES)
def test_dithering_brings_the_mean_of_a_plain_picture_nearer(colours: int) -> None:
    own = palette(colours)
    assert own
    for rgb in ((120, 130, 110), (60, 20, 30), (190, 200, 230)):
        picture = Image.new("RGB", (320, 320), rgb)
        undithered = np.abs(own.colours[own.nearest(np.array(rgb, np.float32))].astype(float) - rgb).sum()
        for renderer in renderers(colours, CellSize(10, 20)):
            seen = drawn(renderer.draw(picture, 32, 16).lines, 8, 24, colours)
            assert np.abs(seen.mean((0, 1)) - rgb).sum() < undithered
