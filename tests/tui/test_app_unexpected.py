"""A bug ends what was asked, with one line and its details in a file: the app lives."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from app_helpers import PATIENCE, running, said, until

from core.actions.duplicates import DUPLICATES
from core.actions.run import Question
from core.actions.similar import SIMILAR
from core.catalog.scan_report import ScanReport
from core.project import Project
from core.user_folders import state_folder
from tui.app import Pictoscope
from tui.messages import Busy, Scanned
from tui.widgets.progress import JobLine


def fail(*_: object) -> None:
    raise LookupError("out of cheese")


def is_told(app: Pictoscope) -> bool:
    return any("unexpected LookupError: out of cheese\na bug in Pictoscope" in text for text in said(app))


async def test_a_bug_in_an_action_ends_its_question(project: Project) -> None:
    values = {"vec_type": "dinov2-small", "like": ("alder.png",)}
    async with running(project, bugs=True) as (app, pilot):
        browse = app.screen
        app.show_answer(replace(Question.of(SIMILAR, values), action=replace(SIMILAR, run=fail)))
        await until(pilot, lambda: is_told(app))
        await until(pilot, lambda: app.screen is browse)
        await pilot.press("down")
        assert app.is_running
    assert "in fail" in (state_folder() / "crash.log").read_text()


async def test_a_bug_while_duplicates_are_searched_leads_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.actions.duplicates.find_groups", fail)
    async with running(project, bugs=True) as (app, pilot):
        browse = app.screen
        app.show_answer(Question.of(DUPLICATES, {"vec_type": "dinov2-small"}))
        await pilot.press("down", "question_mark")  # while it runs: with a dialog above it, the screen stays
        await until(pilot, lambda: is_told(app))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is browse)


async def test_a_bug_in_a_thread_ends_what_the_thread_did(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.folders.picture_folders", fail)
    async with running(project, bugs=True) as (app, pilot):
        app.action_settings("folders")
        await until(pilot, lambda: is_told(app))
        await pilot.press("escape")
        assert app.is_running and app.return_code is None


@pytest.mark.parametrize("work", ["scan", "measure"])
async def test_a_bug_in_a_scan_or_measurement_is_told_and_it_does_not_seem_to_go_on(
    project: Project, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    held = threading.Event()

    def fail_later(*_: object, **__: object) -> None:
        held.wait(PATIENCE)
        fail()

    async with running(project, bugs=True) as (app, pilot):
        monkeypatch.setattr(Project, "scan", fail_later)
        monkeypatch.setattr("core.catalog.appearances.measure", fail_later)
        if work == "scan":
            app.action_rescan()
            app.broadcast(lambda: Scanned(ScanReport(files=5), finished=False))
        else:
            app.action_measure()
            app.broadcast(lambda: Busy("measuring: 1 of 12"))
        line = app.screen.query_one(JobLine)
        await until(pilot, lambda: line.display)
        held.set()
        await until(pilot, lambda: is_told(app))
        await until(pilot, lambda: not line.display)
