"""How the review of duplicates looks, at 80x24 and 120x32: seen and accepted by a person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_helpers import until, words
from textual.pilot import Pilot

from core.actions.duplicates import DUPLICATES
from core.project import Project
from tests.duplicates_project import make
from tui.app import Pictoscope
from tui.screens.ask_line import AskLine
from tui.screens.duplicates import DuplicatesScreen

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
    await pilot.press("M")
    await until(pilot, lambda: isinstance(pilot.app.screen, AskLine))


STEPS = {"proposed": _largest_group, "decided": _decided, "moving": _moving}


@pytest.mark.parametrize("size", [(80, 24), (120, 32)], ids=["80x24", "120x32"])
@pytest.mark.parametrize("steps", STEPS)
def test_looks_as_it_was_accepted(project: Project, steps: str, size: tuple[int, int], snap_compare: Compare) -> None:
    app = Pictoscope(project)

    async def run(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: not app.workers or all(worker.is_finished for worker in app.workers))
        await app.push_screen(DuplicatesScreen(project, DUPLICATES, {"reference": "backup"}))
        await until(pilot, lambda: "to decide" in words(app, "#standing"))
        await STEPS[steps](pilot)
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        await pilot.pause(0.2)

    assert snap_compare(app, terminal_size=size, run_before=run)
