"""What the terminal holds: within the budget, freed when it has gone, sent again when it was lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.graphics.drawn_pictures import gradient, quarters
from tests.tui.graphics.ghostty import CELL, Ghostty
from tests.tui.graphics.tmux_terminal import through_real_tmux
from tui.graphics.drawing import Transmission
from tui.graphics.image_ids import ImageIds
from tui.graphics.image_store import ImageStore
from tui.graphics.kitty import KittyPictures
from tui.graphics.renderer import HalfBlocks
from tui.graphics.terminal import CellSize, Protocol, Terminal

KITTY = Terminal(Protocol.KITTY, cell=CellSize(*CELL))
IN_TMUX = Terminal(Protocol.KITTY, cell=CellSize(*CELL), passthrough=True)
ONE = 20 * 20 * 4  # bytes of the picture below


def transmissions(count: int, terminal: Terminal = KITTY) -> list[Transmission]:
    renderer = KittyPictures(terminal, HalfBlocks().draw, ImageIds())
    drawn = [renderer.draw(quarters(20, 20), 2, 1).transmission for _ in range(count)]
    return [transmission for transmission in drawn if transmission]


def held_by(terminal: Ghostty, some: list[Transmission]) -> set[int]:
    """The ids of which the terminal has the picture; each has its placement."""
    held = {one.image_id for one in some if terminal.picture(one.image_id)}
    assert {placement.image_id for placement in terminal.placements()} == held
    return held


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 11), max_size=6), max_size=12), st.integers(0, 14))
def test_the_terminal_holds_what_the_store_says(frames: list[list[int]], pictures: int) -> None:
    """All of the newest frame whatever the budget is, and never more than the budget else."""
    some, terminal, store = transmissions(12), Ghostty(), ImageStore(KITTY, pictures * ONE)
    for frame in frames:
        shown = [some[at] for at in frame]
        ids = {one.image_id for one in shown}
        terminal.feed(store.show(shown))
        assert store.show(shown) == ""
        assert ids <= held_by(terminal, some)
        terminal.feed(store.free_excess(ids))
        held = held_by(terminal, some)
        assert held == {one.image_id for one in some if one.image_id in store}
        assert ids <= held
        assert store.held_bytes == len(held) * ONE == len(store) * ONE
        assert len(held) <= max(pictures, len(ids))
    terminal.feed(store.free_all())
    assert held_by(terminal, some) == set()
    assert store.held_bytes == 0


def test_what_was_not_shown_for_longest_goes_first() -> None:
    a, b, c, d = transmissions(4)
    store = ImageStore(KITTY, 3 * ONE)
    store.show([a, b, c])
    store.show([a])
    store.show([d])
    store.free_excess()
    assert [one.image_id in store for one in (a, b, c, d)] == [True, False, True, True]


def test_the_exact_bytes_that_free_one() -> None:
    [one] = transmissions(1)
    store = ImageStore(KITTY)
    store.show([one])
    assert store.free(one.image_id) == f"\x1b_Ga=d,d=I,i={one.image_id},q=2\x1b\\"
    assert store.free(one.image_id) == ""
    store = ImageStore(IN_TMUX)
    store.show([one])
    assert store.free_all() == f"\x1bPtmux;\x1b\x1b_Ga=d,d=I,i={one.image_id},q=2\x1b\x1b\\\x1b\\"


@pytest.mark.parametrize("lost", ["", "\x1bc"], ids=["nothing", "all"])
def test_what_is_on_the_screen_is_sent_again(lost: str) -> None:
    some, terminal, store = transmissions(4), Ghostty(), ImageStore(KITTY)
    on_screen = {one.image_id for one in some[:2]}
    terminal.feed(store.show(some))
    terminal.feed(lost)
    terminal.feed(store.resend_all(on_screen))
    assert held_by(terminal, some) == on_screen
    terminal.feed(store.show(some))
    assert len(held_by(terminal, some)) == 4
    terminal.feed(store.free_all())
    assert held_by(terminal, some) == set()


def test_no_id_is_given_out_again_while_the_terminal_holds_its_picture() -> None:
    ids, store = ImageIds(), ImageStore(KITTY)
    renderer = KittyPictures(KITTY, HalfBlocks().draw, ids)
    drawing = renderer.draw(quarters(20, 20), 2, 1)
    assert drawing.transmission is not None
    image_id = drawing.transmission.image_id
    store.show([drawing.transmission])
    del drawing
    others = [ids.take() for _ in range(65_279)]
    assert image_id not in others and ids.take() is None
    store.free(image_id)
    assert ids.take() == image_id


def test_a_real_tmux_hands_on_what_frees_and_what_is_sent_again() -> None:
    some, store = transmissions(3, IN_TMUX), ImageStore(IN_TMUX)
    sent = store.show(some) + store.free(some[0].image_id) + store.resend_all({some[1].image_id})
    terminal = through_real_tmux(sent)
    assert held_by(terminal, some) == {some[1].image_id}


def test_kitty_counts_as_we_do() -> None:
    """Four bytes a pixel, of the picture as it is sent."""
    [drawn] = [KittyPictures(KITTY, HalfBlocks().draw, ImageIds()).draw(gradient(600, 600), 20, 10)]
    assert drawn.transmission is not None
    assert drawn.transmission.decoded_bytes == 200 * 200 * 4
