"""When Python looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from app_helpers import until

from tui.app import Pictoscope
from tui.garbage import collect_at_rest, hold_collector, release_collector


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # a test before may have run the program, which is never left without its own
    yield
    gc.enable()
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.freeze()


def test_what_was_made_while_the_collector_was_held_is_never_searched() -> None:
    gc.unfreeze()
    hold_collector()
    made = [[number] for number in range(1000)]
    assert not gc.isenabled()
    release_collector()
    assert gc.isenabled() and gc.get_freeze_count() >= len(made)


def test_a_collector_that_was_not_held_stays_as_it_is() -> None:
    gc.unfreeze()
    release_collector()
    assert gc.isenabled() and gc.get_freeze_count() == 0


async def test_the_app_looks_for_garbage_again_once_it_is_there() -> None:
    hold_collector()
    app = Pictoscope()
    async with app.run_test() as pilot:
        await until(pilot, gc.isenabled)


def test_all_garbage_is_looked_for_at_rest_and_not_while_keys_come() -> None:
    hold_collector()
    release_collector()
    assert not collect_at_rest(10.0), "nothing was made that is worth it"
    while gc.get_count()[2] < 2:
        gc.collect(1)
    assert not collect_at_rest(0.1), "somebody types"
    assert collect_at_rest(1.5)
    assert gc.get_count()[2] == 0


def test_keys_without_a_pause_do_not_let_garbage_grow_for_ever() -> None:
    hold_collector()
    release_collector()
    while gc.get_count()[2] < 500:
        gc.collect(1)
    assert collect_at_rest(0.0)


def test_a_collector_that_was_never_held_is_left_to_python() -> None:
    while gc.get_count()[2] < 2:
        gc.collect(1)
    assert not collect_at_rest(10.0)
