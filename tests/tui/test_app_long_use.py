"""After a round of 24 actions nothing more lives than after the one before: no screen, source, answer or connection."""

from __future__ import annotations

import gc

from app_helpers import fill_at_random, running, until
from textual.screen import Screen

from core.project import Project
from tests.tui.long_use import living, round_of_actions

THREADS = 16  # of the loop's pool and our own: bounded, whenever they come
LOOKS = 6  # at the jobs, two a second


async def test_nothing_more_lives_after_each_round(project: Project) -> None:
    fill_at_random(project, "effnet-lite0")
    others = sum(issubclass(type(thing), Screen) for thing in gc.get_objects())  # of a test that failed before
    async with running(project) as (app, pilot):
        await round_of_actions(app, pilot)
        await until(pilot, lambda: living(app)["Screen"] <= others + 2)  # Textual's own, and Browse
        warm = living(app)
        del warm["threads"], warm["looks"]
        await round_of_actions(app, pilot)

        def is_as_before() -> bool:
            now = living(app)
            assert now.pop("threads") <= THREADS
            return now.pop("looks") <= LOOKS and now <= warm

        await until(pilot, is_as_before)
