"""The app on a project that other programs change: it shows what they did, keeps it, and asks before undoing it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from app_helpers import flat, grid_of, open_settings, paint, running, said, text_of, until
from textual.widgets import Button, OptionList

from core.labels import undo as history_module
from core.labels.tags import Tags
from core.project import Project
from tui.screens.dialogs.dialogs import Confirm


def keys(project: Project) -> list[bytes]:
    return [bytes(key).ljust(20, b"\0") for key in project.catalog.keys().tolist()]


async def test_a_folder_that_another_program_adds_appears_and_stays(project: Project, tmp_path: Path):
    paint(tmp_path / "two" / "yew.png", 80)
    async with running(project) as (app, pilot):
        await until(pilot, lambda: len(grid_of(app).source or ()) == 12)
        await open_settings(app, pilot)
        await pilot.press("2")
        with Project(project.path) as elsewhere:
            elsewhere.add_folder(tmp_path / "two")
            elsewhere.scan()
        await until(pilot, lambda: app.screen.query_one("#folder-list", OptionList).option_count == 2)
        assert "another program has changed the settings of the project" in said(app)
        await pilot.press("q")
        await until(pilot, lambda: len(grid_of(app).source or ()) == 13)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        assert Project(project.path).folders == [*project.folders]
        assert project.catalog.count() == 13


async def test_what_another_program_tags_is_shown(project: Project):
    async with running(project) as (app, pilot):
        await until(pilot, lambda: len(grid_of(app).source or ()) == 12)
        with Project(project.path) as elsewhere:
            Tags(elsewhere.catalog).add("heron", keys(project))
        await until(pilot, lambda: "heron" in text_of(app))


async def test_u_asks_before_it_undoes_what_another_program_did(project: Project, monkeypatch: pytest.MonkeyPatch):
    async with running(project) as (app, pilot):
        await until(pilot, lambda: len(grid_of(app).source or ()) == 12)
        with Project(project.path) as elsewhere, monkeypatch.context() as patch:
            patch.setattr(history_module, "PROGRAM", "another")
            Tags(elsewhere.catalog).add("[b]heron", keys(project))
        tags = Tags(project.catalog)
        for answer, left in (("n", 1), ("y", 0)):
            await pilot.press("u")
            await until(pilot, lambda: isinstance(app.screen, Confirm))
            assert "“tag 12 pictures as [b]heron” was done by another program" in flat(app)
            await pilot.press(answer)
            await until(pilot, lambda: not isinstance(app.screen, Confirm))
            await until(pilot, lambda left=left: len(tags.all()) == left)
        await pilot.press("U")  # undone here: done again without a question
        await until(pilot, lambda: len(tags.all()) == 1)


async def test_every_byte_is_read_again_where_nothing_tells_of_a_change(project: Project):
    path = next(project.folders[0].glob("*.png"))
    async with running(project) as (app, pilot):
        await until(pilot, lambda: len(grid_of(app).source or ()) == 12)
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        status = path.stat()
        with path.open("ab") as stream:
            stream.write(b"more")
        with project.catalog.transaction() as database:  # as if the file system told nothing
            database.execute(
                "UPDATE files SET size = ?, mtime_ns = ? WHERE name = ?",
                (status.st_size + 4, path.stat().st_mtime_ns, os.fsencode(path.name)),
            )
            database.execute("UPDATE file_stamps SET ctime_ns = ?", (path.stat().st_ctime_ns,))
        before = keys(project)
        await open_settings(app, pilot)
        await pilot.press("2")
        app.screen.query_one("#rehash", Button).press()
        await until(pilot, lambda: keys(project) != before)
