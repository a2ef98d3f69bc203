"""Pixels over characters: drawn when they are still, never again while they stand, gone when something covers them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.graphics.drawing import Overlay
from tui.pixel_layer import STANDING, STILL, PixelLayer, Wanted

PIXELS, OTHERS = Overlay(1, 0, 3, 2, "PIXELS"), Overlay(1, 0, 3, 2, "OTHERS")
PLACE, LOWER = Region(11, 5, 3, 2), Region(11, 9, 3, 2)
LINE = Strip([Segment("abcdef")], 6)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def layer(clock: Clock) -> PixelLayer:
    return PixelLayer(clock)


@pytest.fixture
def widget() -> Widget:
    return Widget()


def draw_all(layer: PixelLayer, clock: Clock) -> list[str]:
    """What is sent once the screen has been still."""
    clock.now += STILL
    sent = []
    while found := layer.due():
        sent.append(found[2])
    return sent


def test_pixels_are_drawn_once_when_they_are_still(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    wanted = {PLACE: Wanted(widget, PIXELS, 2)}
    layer.look(wanted)
    assert layer.due() is None
    assert draw_all(layer, clock) == ["PIXELS"]
    for _ in range(3):
        assert layer.look(wanted) == []
        assert draw_all(layer, clock) == []
    assert layer.wait is None


def test_other_frames_do_not_keep_pixels_waiting(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    for _ in range(3):  # a progress bar elsewhere
        layer.look({PLACE: Wanted(widget, PIXELS, 2)})
        clock.now += STILL / 2
    assert layer.due() is not None


def test_what_moves_is_not_drawn(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    for row in range(5):
        layer.look({Region(0, row, 3, 2): Wanted(widget, PIXELS, 2)})
        clock.now += STILL * 0.9
        assert layer.due() is None


def test_cells_are_skipped_while_pixels_stand_on_them(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    assert layer.line(LINE, PIXELS, 0, PLACE) is LINE
    layer.look({PLACE: Wanted(widget, PIXELS, 2)})
    draw_all(layer, clock)
    assert layer.line(LINE, PIXELS, 1, PLACE).text == f"a{STANDING * 3}ef"
    assert layer.line(LINE, PIXELS, 2, PLACE) is LINE  # below them
    assert layer.line(LINE, PIXELS, 0, LOWER) is LINE  # elsewhere
    assert layer.line(LINE, OTHERS, 0, PLACE) is LINE  # another picture at the place


@pytest.mark.parametrize(
    "then",
    [{}, {LOWER: (PIXELS, 2)}, {PLACE: (PIXELS, 0)}, {PLACE: (OTHERS, 2)}, {PLACE: (PIXELS, 1)}],
    ids=["gone", "moved", "covered", "another", "cut"],
)
def test_pixels_that_no_longer_stand_are_drawn_again(
    layer: PixelLayer, clock: Clock, widget: Widget, then: dict[Region, tuple[Overlay, int]]
) -> None:
    first = {PLACE: Wanted(widget, PIXELS, 2)}
    layer.look(first)
    draw_all(layer, clock)
    layer.line(LINE, PIXELS, 0, PLACE)
    again = layer.look({region: Wanted(widget, *found) for region, found in then.items()})
    # Cells that are skipped in what the widget has drawn must be drawn as characters, where it still shows them.
    assert again == ([widget] if any(overlay is PIXELS for overlay, _ in then.values()) else [])
    assert layer.line(LINE, PIXELS, 0, PLACE) is LINE
    layer.look(first)
    assert draw_all(layer, clock) == ["PIXELS"]


def test_after_a_cleared_screen_all_is_drawn_again(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    wanted = {PLACE: Wanted(widget, PIXELS, 2), LOWER: Wanted(widget, OTHERS, 2)}
    layer.look(wanted)
    assert draw_all(layer, clock) == ["PIXELS", "OTHERS"]
    layer.forget()
    layer.look(wanted)
    assert draw_all(layer, clock) == ["PIXELS", "OTHERS"]


def test_where_pixels_no_longer_stand_is_said_once(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    layer.look({PLACE: Wanted(widget, PIXELS, 2)})
    draw_all(layer, clock)
    assert layer.take_gone() == []
    layer.look({})
    assert layer.take_gone() == [PLACE]
    assert layer.take_gone() == []


FIRST, SECOND = (Overlay(1, 0, 3, 2, f"ERASE {name}", in_place=name) for name in ("FIRST", "SECOND"))


def test_pixels_shown_in_turns_follow_each_other_at_once_and_nothing_is_erased(
    layer: PixelLayer, clock: Clock, widget: Widget
) -> None:
    layer.look({PLACE: Wanted(widget, FIRST, 2)})
    assert draw_all(layer, clock) == ["ERASE FIRST"]
    for overlay, data in ((SECOND, "SECOND"), (FIRST, "FIRST")):
        skipped = f"a{STANDING * 3}ef"
        assert layer.line(LINE, overlay, 0, PLACE).text == skipped  # the other one remains until then
        assert layer.look({PLACE: Wanted(widget, overlay, 2)}) == []
        assert layer.wait == 0
        assert layer.line(LINE, overlay, 0, PLACE).text == skipped
        found = layer.due()
        assert found is not None and found[2] == data
        assert layer.due() is None


def test_pixels_shown_in_turns_follow_no_others(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    layer.look({PLACE: Wanted(widget, PIXELS, 2)})
    assert draw_all(layer, clock) == ["PIXELS"]
    assert layer.line(LINE, FIRST, 0, PLACE) is LINE
    layer.look({PLACE: Wanted(widget, FIRST, 2)})
    assert layer.due() is None
    assert draw_all(layer, clock) == ["ERASE FIRST"]
    assert layer.line(LINE, SECOND, 0, LOWER) is LINE  # nor any elsewhere


def test_pixels_that_are_cut_follow_no_others(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    """What draws them in place draws all rows."""
    layer.look({PLACE: Wanted(widget, replace(FIRST, first_rows=str), 1)})
    assert draw_all(layer, clock) == ["1"]
    layer.look({PLACE: Wanted(widget, replace(SECOND, first_rows=str), 1)})
    assert layer.due() is None
    assert layer.take_gone() == [PLACE]


def test_pixels_that_others_are_drawn_over_are_said_to_be_gone(layer: PixelLayer, clock: Clock, widget: Widget) -> None:
    """A terminal that keeps what is covered would keep one for each turn."""
    layer.look({PLACE: Wanted(widget, FIRST, 2)})
    draw_all(layer, clock)
    layer.look({PLACE: Wanted(widget, SECOND, 2)})
    assert layer.take_gone() == []
    assert draw_all(layer, clock) == ["SECOND"]
    assert layer.take_gone() == [PLACE]
