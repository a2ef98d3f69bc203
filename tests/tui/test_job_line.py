"""The running job at the foot: of every screen but the full-screen picture, and of Home for all recent projects."""

from __future__ import annotations

import inspect
from pathlib import Path

from app_helpers import SMALL, collection, running, running_job, text_of, until
from textual.screen import Screen

from core.recent_projects import remember
from tui.key_names import places
from tui.screens.base import PictoscopeScreen
from tui.screens.browse.home import HomeScreen
from tui.widgets.progress import JobLine


def test_every_full_screen_has_the_line_of_the_job() -> None:
    without = {
        place.__name__
        for place in places()
        if issubclass(place, PictoscopeScreen)
        and place.compose is not Screen.compose  # no base
        and not any("JobLine()" in inspect.getsource(one.compose) for one in place.__mro__ if "compose" in vars(one))
    }
    assert without <= {"PictureScreen"}


async def test_home_shows_what_runs_in_a_recent_project_until_it_ends(tmp_path: Path):
    with collection(tmp_path / "birds", ["a.png", "b.png", "c.png"]) as project:
        remember(project)
        progress = {"done": 1, "failed": 0, "total": 3, "rate": 1.0, "seconds": 1.0}
        lock = running_job(project, "1", "effnet-lite0", [("progress", progress)])
        async with running(None, SMALL) as (app, pilot):
            await until(pilot, lambda: isinstance(app.screen, HomeScreen) and "effnet-lite0" in text_of(app))
            await until(pilot, lambda: "1/3" in text_of(app))
            assert "birds" in str(app.screen.query_one(JobLine).visual)
            assert "J jobs" not in text_of(app), "no project is open"
            lock.release()
            await until(pilot, lambda: not app.screen.query_one(JobLine).display)
