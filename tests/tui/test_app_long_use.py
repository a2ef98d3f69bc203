"""After a round of 24 actions nothing more lives than after the one before: no screen, source, answer or connection."""

from __future__ import annotations

import gc

from app_helpers import fill_at_random, running, until

from core.project import Project
from tests.tui.long_use import let_go, living, round_of_actions

THREADS = 16  # of the loop's pool and our own: bounded, whenever they come
LOOKS = 6  # at the jobs, two a second
LAST = 1  # worker, whose end is the last thing that a screen was told


async def test_nothing_more_lives_after_each_round(project: Project) -> None:
    fill_at_random(project, "effnet-lite0")
    gc.collect()
    gc.freeze()  # what thousands of tests have left is neither counted nor searched, which took minutes
    async with running(project) as (app, pilot):
        await round_of_actions(app, pilot)

        def is_in_browse_alone() -> bool:
            let_go(app)
            return living(app)["Screen"] <= 2  # Textual's own, and Browse

        await until(pilot, is_in_browse_alone)
        warm = living(app)
        del warm["threads"], warm["looks"], warm["Worker"]
        await round_of_actions(app, pilot)

        def is_as_before() -> bool:
            let_go(app)
            now = living(app)
            assert now.pop("threads") <= THREADS
            held = warm["Timer"] + LAST  # a timer holds the worker within which it was set, if there was one
            return now.pop("looks") <= LOOKS and now.pop("Worker") <= held and now <= warm

        await until(pilot, is_as_before)
