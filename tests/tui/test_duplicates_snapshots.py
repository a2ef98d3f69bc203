"""How the review of duplicates and a pair of copies look: images at 80x24, accepted by a person; text at every size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_helpers import at_rest, lines_of, until, words
from syrupy.assertion import SnapshotAssertion
from test_looks import app_of, looks
from textual.pilot import Pilot
from textual.widgets import Static

from core.actions.duplicates import DUPLICATES
from core.actions.run import Question
from core.project import Project
from tests.duplicates_project import make
from tui.app import Pictoscope
from tui.screens.dialogs.ask_line import AskLine
from tui.screens.results.duplicates import DuplicatesScreen
from tui.widgets.picture_view import PictureView

Compare = Callable[..., bool]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Three groups, below a home folder that is always called ``~``."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    with make(tmp_path / "pictures") as opened:
        catalog = opened.catalog
        for picture in catalog.pictures(catalog.picture_ids()):
            opened.thumbnails.get(picture.key, picture.path)  # one from the cache differs by a shade
        yield opened
    monkeypatch.undo()
    time.tzset()


async def _opened(pilot: Pilot[Any], project: Project) -> None:
    app = pilot.app
    await app.push_screen(DuplicatesScreen(project, Question.of(DUPLICATES, {"reference": "backup"})))
    await until(pilot, lambda: "to decide" in words(app, "#standing"))  # type: ignore[arg-type]


async def _largest_group(pilot: Pilot[Any]) -> None:
    await pilot.press("home")
    while "masters" not in str(pilot.app.screen.query_one("#copies")._copies[0].file.path):  # type: ignore[attr-defined]
        await pilot.press("pagedown")


async def _decided(pilot: Pilot[Any]) -> None:
    await pilot.press("enter", "enter", "enter")
    await _largest_group(pilot)
    await pilot.press("right")
    pilot.app.clear_notifications()


async def _moving(pilot: Pilot[Any]) -> None:
    await _decided(pilot)
    # The pictures behind the question are drawn by then: they do not change under it.
    await until(pilot, lambda: all(worker.is_finished for worker in pilot.app.workers))
    await pilot.pause(0.3)
    await pilot.press("M")
    await until(pilot, lambda: isinstance(pilot.app.screen, AskLine))


async def _pair(pilot: Pilot[Any]) -> None:
    await _largest_group(pilot)
    await pilot.press("W")
    screen = pilot.app.screen
    await until(pilot, lambda: all(view.drawing for view in screen.query(PictureView)))


async def _difference(pilot: Pilot[Any]) -> None:
    await _pair(pilot)
    await pilot.press("d")
    await until(pilot, lambda: "pixels" in str(pilot.app.screen.query_one("#first .caption", Static).visual))


STEPS = {
    "proposed": _largest_group,
    "decided": _decided,
    "moving": _moving,
    "pair": _pair,
    "difference": _difference,
}


@pytest.mark.parametrize("size", [(80, 24)], ids=["80x24"])
@pytest.mark.parametrize("steps", STEPS)
def test_looks_as_it_was_accepted(project: Project, steps: str, size: tuple[int, int], snap_compare: Compare) -> None:
    app = Pictoscope(project)

    async def run(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: not app.workers or all(worker.is_finished for worker in app.workers))
        await _opened(pilot, project)
        await STEPS[steps](pilot)
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        await pilot.pause(0.2)
        assert lines_of(app)[-1].rstrip().endswith(("q Back", "q Quit"))  # the footer is not cut
        assert not [line for line in lines_of(app)[:2] if line.rstrip().endswith("…")]

    assert snap_compare(app, terminal_size=size, run_before=run)


@pytest.mark.parametrize("steps", STEPS)
async def test_a_review_can_be_read_and_looks_as_accepted(
    project: Project, steps: str, snapshot: SnapshotAssertion
) -> None:
    async def run(pilot: Pilot[Any], app: Pictoscope) -> None:
        await at_rest(pilot, app)
        await _opened(pilot, project)
        await STEPS[steps](pilot)

    await looks(app_of(project), run, snapshot)
