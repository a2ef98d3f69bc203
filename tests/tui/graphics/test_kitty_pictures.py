"""Pictures by kitty's protocol: the exact bytes, and what Ghostty's engine makes of them."""

from __future__ import annotations

import gc
import re
from base64 import standard_b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.graphics.drawn_pictures import furthest, gradient, noise, quarters
from tests.tui.graphics.ghostty import CELL, Ghostty, Placement
from tests.tui.graphics.tmux_terminal import through_real_tmux
from tui.graphics.drawing import Drawing
from tui.graphics.image_ids import MOST, ImageIds
from tui.graphics.kitty import KittyPictures, free, transmit
from tui.graphics.passthrough import through_tmux
from tui.graphics.placeholders import placeholder_rows, visible
from tui.graphics.renderer import HalfBlocks, renderer_for
from tui.graphics.terminal import CellSize, Protocol, Terminal

KITTY = Terminal(Protocol.KITTY, cell=CellSize(*CELL))
IN_TMUX = Terminal(Protocol.KITTY, cell=CellSize(*CELL), passthrough=True)


def frame(drawing: Drawing, column: int = 0, row: int = 0) -> str:
    """The drawing's lines where the app would write them."""
    lines = enumerate(drawing.lines, row + 1)
    return "".join(f"\x1b[{at};{column + 1}H" + visible(line.text) for at, line in lines)


def test_the_exact_bytes_of_a_small_picture() -> None:
    assert transmit(5, b"PNG", 4, 2) == ["\x1b_Ga=T,t=d,f=100,U=1,i=5,c=4,r=2,q=2,m=0;UE5H\x1b\\"]


@pytest.mark.parametrize("size", [3071, 3072, 3073, 6144, 6145, 10_000])
def test_a_large_picture_is_sent_in_chunks(size: int) -> None:
    png = bytes(range(256)) * 40
    sequences = transmit(5, png[:size], 4, 2)
    parts = [re.fullmatch(r"\x1b_G([^;]*);([A-Za-z0-9+/=]+)\x1b\\", sequence) for sequence in sequences]
    assert all(parts)
    assert len(parts) == -(-size // 3072)
    controls, chunks = zip(*(part.groups() for part in parts if part), strict=True)
    assert controls == tuple(
        ("q=2" if at else "a=T,t=d,f=100,U=1,i=5,c=4,r=2,q=2") + f",m={int(at + 1 < len(parts))}"
        for at in range(len(parts))
    )
    assert [len(chunk) for chunk in chunks[:-1]] == [4096] * (len(parts) - 1)
    assert standard_b64decode("".join(chunks)) == png[:size]


def test_the_exact_bytes_within_tmux() -> None:
    """Escapes are doubled, and each chunk has a wrapping for itself."""
    assert through_tmux(free(5)) == "\x1bPtmux;\x1b\x1b_Ga=d,d=I,i=5,q=2\x1b\x1b\\\x1b\\"
    plain, wrapped = (
        KittyPictures(terminal, HalfBlocks().draw, ImageIds()).draw(noise(300, 200), 30, 10)
        for terminal in (KITTY, IN_TMUX)
    )
    assert plain.transmission is not None and wrapped.transmission is not None
    chunks = re.findall(r"\x1b_G.*?\x1b\\", plain.transmission.data)
    assert len(chunks) > 1
    assert wrapped.transmission.data == "".join(through_tmux(chunk) for chunk in chunks)


@settings(max_examples=40)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 40), st.integers(1, 12))
def test_the_terminal_has_the_picture_and_shows_it_whole(width: int, height: int, columns: int, rows: int) -> None:
    terminal = Ghostty(40, 12)
    picture = gradient(width, height)
    drawing = renderer_for(KITTY).draw(picture, columns, rows)
    sent = drawing.transmission
    assert sent is not None
    terminal.feed(sent.data + frame(drawing))
    held = terminal.picture(sent.image_id)
    assert held is not None
    assert held.width <= columns * CELL[0] and held.height <= rows * CELL[1]
    assert sent.decoded_bytes == held.width * held.height * 4
    [placement] = terminal.placements()
    [(left, top, wide, high)] = terminal.composed().values()
    assert placement == Placement(sent.image_id, True, wide, high)
    assert (left, top) == ((columns - wide) // 2, (rows - high) // 2)
    assert {line.cell_length for line in drawing.lines} == {columns} and len(drawing.lines) == rows
    assert terminal.answers == []


def test_the_pixels_are_those_of_the_picture() -> None:
    for picture, mean, most in ((quarters(300, 200), 0, 0), (gradient(300, 200), 6, 80)):
        terminal = Ghostty()
        sent = renderer_for(KITTY).draw(picture, 30, 10).transmission
        assert sent is not None
        terminal.feed(sent.data)
        held = terminal.picture(sent.image_id)
        assert held is not None
        distance = furthest(held, picture)
        assert distance[0] <= mean and distance[1] <= most


def test_a_large_picture_is_sent_as_small_as_it_is_shown_and_a_small_one_as_it_is() -> None:
    for picture, size in ((gradient(3000, 2000), (300, 200)), (gradient(30, 20), (30, 20))):
        terminal = Ghostty()
        sent = renderer_for(KITTY).draw(picture, 30, 10).transmission
        assert sent is not None
        terminal.feed(sent.data)
        held = terminal.picture(sent.image_id)
        assert held is not None and held.size == size


def test_pictures_side_by_side_keep_their_ids() -> None:
    terminal, renderer = Ghostty(), renderer_for(KITTY)
    drawings = [renderer.draw(quarters(100, 100), 10, 5) for _ in range(8)]
    for at, drawing in enumerate(drawings):
        assert drawing.transmission is not None
        terminal.feed(drawing.transmission.data)
        terminal.feed(frame(drawing, 10 * at))
    ids = [drawing.transmission.image_id for drawing in drawings if drawing.transmission]
    assert terminal.composed() == {image_id: (10 * at, 0, 10, 5) for at, image_id in enumerate(ids)}


def test_an_id_is_free_when_nobody_holds_the_transmission() -> None:
    """When all are held, pictures are half blocks: better than another's picture."""
    ids, picture = ImageIds(), quarters(2, 2)
    renderer = KittyPictures(KITTY, HalfBlocks().draw, ids)
    for _ in range(MOST - 2):
        ids.take()
    held = [renderer.draw(picture, 2, 1).transmission for _ in range(2)]
    assert renderer.draw(picture, 2, 1) == HalfBlocks().draw(picture, 2, 1)
    freed = held.pop()
    assert freed is not None
    image_id = freed.image_id
    del freed
    gc.collect()
    again = renderer.draw(picture, 2, 1).transmission
    assert again is not None and again.image_id == image_id


def test_two_renderers_of_one_terminal_share_the_ids() -> None:
    """There is another when the size of the cells changes, and the terminal still holds pictures of the first."""
    drawings = [renderer_for(KITTY).draw(quarters(2, 2), 2, 1) for _ in range(5)]
    assert len({drawing.transmission.image_id for drawing in drawings if drawing.transmission}) == 5


def test_the_picture_survives_a_real_tmux() -> None:
    picture = gradient(300, 200)
    drawing = renderer_for(IN_TMUX).draw(picture, 30, 10)
    assert drawing.transmission is not None
    image_id = drawing.transmission.image_id
    terminal = through_real_tmux(drawing.transmission.data + frame(drawing, 3, 2))
    held = terminal.picture(image_id)
    assert held is not None
    assert furthest(held, picture)[1] <= 80
    assert terminal.composed() == {image_id: (3, 2, 30, 10)}
    assert terminal.placements() == [Placement(image_id, True, 30, 10)]
    freed = through_real_tmux(drawing.transmission.data + through_tmux(free(image_id)))
    assert freed.picture(image_id) is None and freed.placements() == []


def test_ids_of_every_palette_colour_survive_a_real_tmux() -> None:
    """tmux changes colours of 24 bits, but none of the palette."""
    ids = [high << 24 | low for high in (0, 1, 255) for low in (*range(1, 256, 8), 15, 16, 231, 232, 255)]
    cells = [
        f"\x1b[{at // 40 + 1};{2 * (at % 40) + 1}H" + visible(placeholder_rows(image_id, 2, 1)[0].text)
        for at, image_id in enumerate(ids)
    ]
    shown = through_real_tmux("".join(cells)).composed()
    assert shown == {image_id: (2 * (at % 40), at // 40, 2, 1) for at, image_id in enumerate(ids)}
