"""Collections and projects for the tests of the app, and the command line to run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from app_helpers import PATIENCE, collection, fill_at_random, is_busy, job_folder, settled
from cli_helpers import Run, Said
from textual._context import active_app
from textual.notifications import Notification
from textual.pilot import Pilot
from textual.widgets import Input

from core.actions.action_history import ActionHistory
from core.actions.answer import Answer
from core.actions.run import Question
from core.actions.text_search import TEXT_SEARCH
from core.catalog.property_types import PropertyType
from core.filters.saved import SavedFilters
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tests.own_folders import new_folder, remove_unless_failed
from tests.tui.frames import frames_wait
from tests.tui.shared_styles import styles_are_shared
from tui import cli

NAMES = (
    "alder.png",
    "birch.png",
    "cedar.png",
    "elm.png",
    "fir.png",
    "birds/crow.png",
    "birds/owl.png",
    "birds/sea/gull.png",
    "birds/sea/tern.png",
    "fish/carp.png",
    "fish/pike.png",
    "fish/roach.png",
)
_FEW = ("alder.png", "birch.png", "cedar.png", "sea/cod.png", "sea/eel.png", "sea/pike.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures of ``project`` lie."""
    return tmp_path / "trees and animals"


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """Twelve pictures of one colour each, in the root and three folders, scanned; no vectors."""
    with collection(folder, NAMES) as opened:
        yield opened


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Project]:
    """A project in which nothing is empty but the ledger of failures."""
    with collection(tmp_path / "pictures", _FEW) as project:
        for name in ("conse", "effnet-lite0"):
            fill_at_random(project, name, only=5 if name == "conse" else None)
        project.update_settings(lambda settings: replace(settings, default_vec_type="conse"))
        catalog = project.catalog
        some = [picture.key for picture in catalog.pictures(catalog.picture_ids())][:1]
        Tags(catalog).add("tree", some)
        Groups(catalog).save("best", [(key, None) for key in some])
        SavedFilters(catalog).save("wide", "width>9")
        Properties(catalog).define("year", PropertyType.NUMBER)
        _remember(project)
        job_folder(project, "1", "conse", 1.7e9, [("state", {"state": "failed", "error": "stopped by a test"})])
        yield project


def _remember(project: Project) -> None:
    question = Question.of(TEXT_SEARCH, {"text": "one phrase"})
    assert ActionHistory(project).remember(
        TEXT_SEARCH, question.parameters, Answer("text_search", "conse", "one phrase", ()), 0.1
    )


@pytest.fixture(autouse=True)
def no_weights_here(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Of the hub's models none is on the machine, whatever its user has downloaded."""
    folder = new_folder(tmp_path_factory, "hub")
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    yield
    remove_unless_failed(folder, request.node)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def command(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return command


@pytest.fixture(autouse=True)
def a_key_has_been_answered_when_press_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each key Textual's pilot waits until the process idles for 20 ms, as a loaded machine does at any time.

    Here it waits until the thread of the interface has nothing left to do and the screen on top is laid out: a screen
    that the key opens is there, and gets the next key. What comes from other threads the tests wait for by name.

    Then it sends every widget a message and waits for the answers: a third of what a key cost. Only one that does not
    wait for messages, but for something else, has to be waited for like that.
    """

    async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 0.0) -> None:
        await settled(active_app.get(), painted=False)  # the screen is waited for at the end

    async def wait_for_screen(pilot: Pilot[Any], timeout: float = PATIENCE) -> bool:
        await settled(pilot.app, painted=False)  # who looks waits
        return await textual_waits(pilot, timeout) if is_busy(pilot.app) else True

    async def post_mouse_events(pilot: Pilot[Any], *events: Any, **more: Any) -> bool:
        await settled(pilot.app)  # what is under the mouse is known of what was drawn
        return await textual_posts(pilot, *events, **more)

    textual_waits, textual_posts = Pilot._wait_for_screen, Pilot._post_mouse_events
    monkeypatch.setattr("textual.app.wait_for_idle", wait_for_idle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", wait_for_idle)
    monkeypatch.setattr(Pilot, "_wait_for_screen", wait_for_screen)
    monkeypatch.setattr(Pilot, "_post_mouse_events", post_mouse_events)


@pytest.fixture(autouse=True, scope="session")
def apps_share_styles() -> Iterator[None]:
    """See :mod:`tests.tui.shared_styles`."""
    with styles_are_shared():
        yield


@pytest.fixture(autouse=True, scope="session")
def frames_wait_for_the_test() -> Iterator[None]:
    """See :func:`frames.frames_wait`."""
    with frames_wait():
        yield


@pytest.fixture(autouse=True)
def notifications_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the app says goes after seconds: a machine that looks elsewhere for as long would never have seen it."""
    time_left = Notification.time_left.fget
    assert time_left is not None
    monkeypatch.setattr(Notification, "time_left", property(lambda said: time_left(said) + PATIENCE))


@pytest.fixture(autouse=True)
def steady_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor of an input is always drawn: one that blinks is there or not, as the clock says."""
    monkeypatch.setattr(Input, "cursor_blink", False)
