"""What comes from outside never gets into a sequence, except as pixels."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.graphics.drawn_pictures import gradient
from tui.graphics.drawing import Drawing
from tui.graphics.image_ids import ImageIds
from tui.graphics.iterm import InlinePictures
from tui.graphics.kitty import KittyPictures
from tui.graphics.passthrough import through_tmux
from tui.graphics.renderer import HalfBlocks, Renderer, renderer_for
from tui.graphics.sixel import SixelPictures
from tui.graphics.terminal import Protocol, Terminal

HOSTILE = b"\x1b]0;owned\x07\x1b[2J\x9b31m\n" * 50
PIXELS = [Protocol.KITTY, Protocol.SIXEL, Protocol.ITERM]


def new_renderer(protocol: Protocol) -> Renderer:
    """One that has given out no id."""
    terminal = Terminal(protocol)
    if protocol is Protocol.KITTY:
        return KittyPictures(terminal, HalfBlocks().draw, ImageIds())
    return renderer_for(terminal)


def sent(drawing: Drawing) -> str:
    return (drawing.transmission.data if drawing.transmission else "") + (
        drawing.overlay.data if drawing.overlay else ""
    )


@pytest.mark.parametrize("protocol", PIXELS)
def test_names_comments_and_profiles_of_a_picture_are_not_sent(protocol: Protocol) -> None:
    """Pillow saves some of them. Smaller than the box and larger: the one is copied, the other resized."""
    for size in ((40, 30), (900, 600)):
        plain, named = gradient(*size), gradient(*size)
        text = HOSTILE.decode("latin-1")
        named.info = {"comment": HOSTILE, "icc_profile": HOSTILE, "exif": HOSTILE, "xmp": HOSTILE, "Title": text}
        named.info |= {"transparency": (0, 0, 0), "dpi": (9, 9), text: text}
        named.filename = text  # type: ignore[attr-defined]  # as of a picture that was opened
        data = sent(new_renderer(protocol).draw(named, 30, 10))
        assert data and data == sent(new_renderer(protocol).draw(plain, 30, 10))
        assert named.info["comment"] == HOSTILE, "the picture of others was changed"


_SEQUENCES = {
    Protocol.KITTY: r"(\x1b_G[a-zA-Z0-9=,]+;[A-Za-z0-9+/=]+\x1b\\)+",
    Protocol.SIXEL: r'(\x1b\[[0-9]*[XBA])+\x1bP0;1;0q"[0-9;]+[?-~#;0-9!$-]+\x1b\\',
    Protocol.ITERM: r"(\x1b\[[0-9]*[XBA])+\x1b\]1337;File=[a-zA-Z0-9=;]+:[A-Za-z0-9+/=]+\x07",
}


@pytest.mark.parametrize("protocol", PIXELS)
@settings(max_examples=40)
@given(st.binary(min_size=3 * 48, max_size=3 * 48), st.integers(1, 30), st.integers(1, 10))
def test_no_pixels_leave_the_sequence(protocol: Protocol, pixels: bytes, columns: int, rows: int) -> None:
    picture = gradient(8, 6)
    picture.frombytes(pixels)
    data = sent(new_renderer(protocol).draw(picture, columns, rows))
    assert re.fullmatch(_SEQUENCES[protocol], data)


@pytest.mark.parametrize("protocol", PIXELS)
@pytest.mark.parametrize(("columns", "rows"), [(0, 5), (5, 0), (0, 0)])
def test_a_box_without_cells_shows_nothing(protocol: Protocol, columns: int, rows: int) -> None:
    drawing = new_renderer(protocol).draw(gradient(8, 6), columns, rows)
    assert [line.cell_length for line in drawing.lines] == [columns] * rows
    assert sent(drawing) == ""


@given(st.text(max_size=40))
def test_tmux_hands_on_exactly_what_was_wrapped(sequence: str) -> None:
    wrapped = through_tmux(sequence)
    inner = wrapped.removeprefix("\x1bPtmux;").removesuffix("\x1b\\")
    assert inner.replace("\x1b\x1b", "\x1b") == sequence
    assert re.fullmatch(r"([^\x1b]|\x1b\x1b)*", inner, re.DOTALL), "tmux would end it before"


def test_each_protocol_has_its_renderer() -> None:
    kinds = {Protocol.KITTY: KittyPictures, Protocol.SIXEL: SixelPictures, Protocol.ITERM: InlinePictures}
    for protocol, kind in kinds.items():
        renderer = renderer_for(Terminal(protocol))
        assert isinstance(renderer, kind)
        assert renderer.pixels(30, 10) == (300, 200)
