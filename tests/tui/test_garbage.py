"""When Python looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from app_helpers import until

from tui.app import Pictoscope
from tui.garbage import hold_collector, release_collector


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    yield
    gc.enable()
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
