"""Colour and sharpness, measured from the command palette."""

from __future__ import annotations

import pytest
from app_helpers import current, names_of, running, said, shown, text_of, until
from test_app_labels import filter_by

from core.catalog import appearances
from core.errors import CatalogError
from core.project import Project
from tui.widgets.progress import JobLine


async def test_measuring_says_how_far_it_is_and_then_the_filter_finds_more(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(appearances, "_BATCH", 1)
    lines: list[str] = []
    show = JobLine.show_scan
    monkeypatch.setattr(JobLine, "show_scan", lambda line, text: (lines.append(text), show(line, text)))
    async with running(project) as (app, pilot):
        await filter_by(app, pilot, "sharpness>=0")
        await until(pilot, lambda: app.screen._listed.filter == "sharpness>=0")
        assert shown(app) == []
        (command,) = [one for one in app.get_system_commands(app.screen) if one.title == "Measure colour and sharpness"]
        await command.callback()
        await until(pilot, lambda: f"{len(names_of(project))} pictures measured" in said(app))
        await until(pilot, lambda: len(shown(app)) == len(names_of(project)))
        assert f"measuring: 1 of {len(names_of(project))} pictures" in lines
        assert "measuring:" not in text_of(app)
        await until(pilot, lambda: current(app) and "sharpness" in text_of(app))


async def test_why_it_cannot_be_measured_is_said(project: Project, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise CatalogError("the catalog cannot be written", "free some space")

    monkeypatch.setattr(appearances, "record", refuse)
    async with running(project) as (app, pilot):
        app.action_measure()
        await until(pilot, lambda: any("the catalog cannot be written" in text for text in said(app)))
