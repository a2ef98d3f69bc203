"""Settings, Vectors: the table, what its keys do, and Create."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from app_helpers import (
    PATIENCE,
    SMALL,
    collection,
    fill_at_random,
    flat,
    job_folder,
    lines_of,
    open_settings,
    paint,
    running,
    running_job,
    said,
    text_of,
    until,
    words,
)
from textual.widgets import Button, DataTable

from core.engines.choice import EngineChoice
from core.errors import DiskFull
from core.jobs import launch
from core.jobs.job import Job
from core.models.options import LoadOptions
from core.project import Project
from core.settings import Settings
from core.vectors import store, vec_types
from core.vectors.indexing import index
from core.vectors.verification import Verification
from tui.app import Pictoscope
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.settings import vectors_pane
from tui.screens.settings.create_vectors import CreateVectors
from tui.screens.settings.settings import SettingsScreen
from tui.screens.settings.vectors_pane import VectorsPane
from tui.widgets.form_controls import YesNo
from tui.widgets.model_list import ModelList


def rows(app: Pictoscope) -> list[list[str]]:
    """The table of vec types as it is drawn."""
    table = app.screen.query_one(DataTable)
    return [[str(cell).strip() for cell in table.get_row_at(number)] for number in range(table.row_count)]


DELETE_CONSE = "Delete the vec type conse? 12 rows would have to be computed again"


@pytest.fixture
def two(project: Project) -> Project:
    """A project with complete ``conse`` and half of ``effnet-lite0+grey``, which is the default."""
    fill_at_random(project, "conse")
    fill_at_random(project, "effnet-lite0+grey", only=6)
    project.update_settings(lambda settings: replace(settings, default_vec_type="effnet-lite0+grey"))
    return project


async def test_the_table_says_what_there_is_and_what_is_lacking(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        assert rows(app) == [
            ["", "conse", "conse", "–", "384", "12 / 12", "0", "19 KB", ""],
            ["★", "effnet-lite0+grey", "effnet-lite0", "yes", "1280", "6 / 12", "0", "31 KB", "■ incomplete"],
        ]
        assert words(app, "#vectors-remark") == "conse is complete."
        await pilot.press("down")
        await until(pilot, lambda: words(app, "#vectors-remark").startswith("effnet-lite0+grey lacks 6 pictures"))


async def test_a_job_that_failed_says_why_in_the_pane(two: Project):
    events = [
        ("start", {"pid": 1}),
        ("ended", {"state": "failed", "error": "no such weights", "hint": "download them"}),
    ]
    job_folder(two, "20260101-000000-a", "effnet-lite0+grey", 1.0, events)
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("down")
        await until(pilot, lambda: "the job failed: no such weights (download them)" in words(app, "#vectors-remark"))
        assert "resumes" not in words(app, "#vectors-remark")


async def test_table_and_buttons_fit_80_columns(two: Project):
    async with running(two, SMALL) as (app, pilot):
        await open_settings(app, pilot, 2)
        await until(pilot, lambda: "done / total" in text_of(app))
        await until(pilot, lambda: "■ incomplete" in text_of(app))
        for button in app.screen.query("VectorsPane Button").results(Button):
            assert app.screen.region.contains_region(button.region)
        await until(pilot, lambda: "Delete  X" in text_of(app))
        assert lines_of(app)[-1].rstrip().endswith(("q Back", "q Quit"))


async def test_without_vectors_the_pane_says_what_to_do_first(project: Project):
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        assert "No vectors yet. Enter or n creates some" in words(app, "#vectors-remark")
        await pilot.press("R")
        assert any(text.startswith("No vectors yet. Enter or n creates some") for text in said(app))


async def test_default_moves_the_star_and_browse_says_so(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("D")
        await until(pilot, lambda: [row[0] for row in rows(app)] == ["★", ""])
        assert Settings.load(two.path / "project.toml").default_vec_type == "conse"
        await pilot.press("q")
        await until(pilot, lambda: "vec type conse" in words(app, "#header"))


async def test_delete_asks_and_cancel_keeps(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        for answer in ("enter", "escape", "n"):
            await pilot.press("X")
            assert isinstance(app.screen, Confirm)
            await until(pilot, lambda: DELETE_CONSE in text_of(app))
            await pilot.press(answer)
            assert isinstance(app.screen, SettingsScreen)
        assert vec_types.names(two.vectors_folder) == ["conse", "effnet-lite0+grey"]


async def test_delete_with_yes_deletes_and_the_default_goes_to_another(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("down", "X", "y")
        await until(pilot, lambda: [row[1] for row in rows(app)] == ["conse"])
        assert vec_types.names(two.vectors_folder) == ["conse"]
        await until(pilot, lambda: rows(app)[0][0] == "★")


async def test_delete_is_refused_while_a_job_runs(two: Project):
    with running_job(two, "20260102-030405-conse", "conse", [("log", {"text": "loading"})]):
        async with running(two) as (app, pilot):
            await open_settings(app, pilot, 2)
            await until(pilot, lambda: rows(app)[0][-1] == "▶ running")
            await pilot.press("X", "y")
            await until(pilot, lambda: any("are being computed by job" in text for text in said(app)))
            assert vec_types.exists(two.vectors_folder, "conse")


async def test_a_running_job_is_shown_and_restart_is_refused_with_the_reason(two: Project):
    progress = ("progress", {"done": 3, "failed": 1, "total": 12, "rate": 2.0})
    with running_job(two, "20260102-030405-effnet", "effnet-lite0+grey", [progress]):
        async with running(two) as (app, pilot):
            await open_settings(app, pilot, 2)
            await until(pilot, lambda: rows(app)[1][-1] == "▶ running")
            await pilot.press("down")
            await until(pilot, lambda: "is being computed: 2.0/s  4 s left" in words(app, "#vectors-remark"))
            await pilot.press("R")
            await until(pilot, lambda: any("are being computed by job" in text for text in said(app)))
            assert not any("resumes" in text for text in said(app))


async def test_restart_says_whether_there_is_anything_to_resume(two: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vectors_pane, "restart", lambda project, name: [SimpleNamespace(note="")])
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        for doing in ("conse is complete: looking for new pictures", "effnet-lite0+grey resumes"):
            await pilot.press("R")
            await until(pilot, lambda: f"{doing} · J shows the job" in said(app))  # noqa: B023
            await pilot.press("down")


async def test_an_interrupted_job_is_shown_at_its_vec_type(two: Project):
    job_folder(two, "20260102-030405-effnet", "effnet-lite0+grey", 0.0, [("log", {"text": "loading"})])
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await until(pilot, lambda: rows(app)[1][-1] == "■ interrupted")


async def test_vectors_that_cannot_be_read_say_which_file(two: Project):
    manifest = two.vectors_folder / "conse" / "manifest.toml"
    manifest.write_text("format = \x1b")
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        assert rows(app)[0][-1] == "✗ cannot be read"
        remark = words(app, "#vectors-remark")
        assert remark.startswith(f"conse cannot be read: {manifest} is damaged")
        assert "\x1b" not in text_of(app)


CHANGED = {
    "state": "failed",
    "error": "the existing rows do not match the model: they were computed with different weights (revision 0, now 1)",
    "hint": "create them again",
    "error_kind": "ModelChanged",
}


async def test_when_the_model_has_changed_restart_asks_and_keeps_or_creates_anew(
    two: Project, monkeypatch: pytest.MonkeyPatch
):
    paint(two.folders[0] / "added.png", 99)
    job_folder(two, "1-conse", "conse", 100.0, [("ended", CHANGED)])
    recreated: list[str] = []
    monkeypatch.setattr(vectors_pane, "recreate_vectors", lambda project, name: recreated.append(name))
    monkeypatch.setattr(vectors_pane, "restart", lambda project, name: pytest.fail("it would fail again"))
    async with running(two, SMALL, listed=False) as (app, pilot):
        await open_settings(app, pilot, 2)
        await until(
            pilot, lambda: "computed with different weights (revision 0, now 1)" in words(app, "#vectors-remark")
        )
        assert "R offers to recreate them" in words(app, "#vectors-remark")
        for answer in ("enter", "escape", "n"):
            await pilot.press("R")
            await until(pilot, lambda: "12 rows would be deleted" in flat(app))
            assert "Recreate" in text_of(app)
            await pilot.press(answer)
            assert isinstance(app.screen, SettingsScreen)
        assert recreated == []
        await pilot.press("R", "y")
        await until(pilot, lambda: recreated == ["conse"])


async def test_verify_says_that_all_is_well(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("V")
        await until(pilot, lambda: "conse: 12 rows, all intact" in said(app))


async def test_verify_finds_damaged_rows_and_repair_takes_them_back_and_restarts(
    two: Project, monkeypatch: pytest.MonkeyPatch
):
    started: list[str] = []
    monkeypatch.setattr("tui.restarting.restart_vectors", lambda project, name, engine: started.append(name))
    with (two.vectors_folder / "conse" / "rows.f32").open("r+b") as stream:
        stream.seek(384 * 4 * 5)
        stream.write(b"\0" * 8)
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("V")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: "conse: 1 of 12 rows is damaged. Compute it again" in text_of(app))
        await pilot.press("y")
        await until(pilot, lambda: started == ["conse"])
        await until(pilot, lambda: rows(app)[0][5] == "11 / 12")


async def test_verify_finds_wrong_codes_and_deletes_them_without_a_job(two: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vectors_pane, "restart", lambda *_: pytest.fail("a job was started"))
    folder = two.vectors_folder / "conse"
    index(folder)
    with (folder / "codes.i8").open("r+b") as stream:
        stream.seek(64 + 4 * 384)  # the first code follows the header and the mean
        (last,) = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([last ^ 0x40]))
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("V")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await until(pilot, lambda: "all rows are intact, but 1 code is wrong. Delete all codes?" in text_of(app))
        await pilot.press("y")
        await until(pilot, lambda: "conse: repaired, no damaged rows left" in said(app))
        assert not (folder / "codes.i8").exists()


async def test_verify_says_how_far_it_is_and_the_same_key_stops_it(two: Project, monkeypatch: pytest.MonkeyPatch):
    began: list[threading.Event] = []

    def slow(folder: Path, progress: Callable[[int, int], None], stop: threading.Event) -> Verification:
        began.append(stop)
        progress(4_096, 1_000_000)
        stop.wait(PATIENCE)
        return Verification(4_096, [b"x" * 20])

    monkeypatch.setattr(vectors_pane, "verify", slow)
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("V")
        await until(pilot, lambda: words(app, "#vectors-remark") == "conse: 4,096 of 1,000,000 rows read · V stops")
        assert str(app.screen.query_one("#verify", Button).label) == "Stop  V"
        await pilot.press("down", "up", "V")  # the screen answers meanwhile
        await until(pilot, lambda: words(app, "#vectors-remark") == "conse is complete.")
        assert str(app.screen.query_one("#verify", Button).label) == "Verify  V"
        assert (len(began), said(app)) == (1, [])
        await pilot.press("V", "q")  # who leaves does not wait for it
        await until(pilot, lambda: len(began) == 2 and began[1].is_set())


async def test_repair_that_cannot_write_says_so_and_starts_nothing(two: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vectors_pane, "restart", lambda *_: pytest.fail("a job was started"))
    with (two.vectors_folder / "conse" / "rows.f32").open("r+b") as stream:
        stream.write(b"\x55")
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("V")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        with store.Writer(two.vectors_folder / "conse", "job 1"):
            await pilot.press("y")
            await until(pilot, lambda: any("is in use by job 1" in text for text in said(app)))


async def test_a_full_disk_is_said_and_the_old_settings_stay(two: Project, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, content: bytes) -> None:
        raise DiskFull(f"no space left to write {path}", "free some space")

    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        monkeypatch.setattr("core.settings.write_atomic", full)
        await pilot.press("D")
        await until(pilot, lambda: any("no space left to write" in text for text in said(app)))
        assert [row[0] for row in rows(app)] == ["", "★"]
        assert two.settings.default_vec_type == "effnet-lite0+grey"


async def test_resizing_keeps_the_row(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("down")
        await pilot.resize_terminal(80, 24)
        await pilot.resize_terminal(120, 30)
        await pilot.pause()
        assert app.screen.query_one(DataTable).cursor_row == 1


async def test_resizing_cuts_no_cell_and_no_key(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        for width in (100, 80, 81, 60):
            await pilot.resize_terminal(width, 24)
            await until(pilot, lambda width=width: app.screen.size.width == width)
            await pilot.pause()
            table = app.screen.query_one(DataTable)
            columns = list(table.columns.values())
            for number in range(table.row_count):
                cells = table.get_row_at(number)
                assert all(cell.cell_len <= column.width for cell, column in zip(cells, columns, strict=True))
                assert all(str(cell).strip() in text_of(app) for cell in cells[:5])
            for button in app.screen.query_one(VectorsPane).query(Button):
                assert not button.display or str(button.label) in text_of(app)


# -- create --------------------------------------------------------------------------------------------------------


async def test_create_explains_model_and_greyscale_and_names_what_it_makes(project: Project):
    async with running(project, SMALL) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("n")
        assert isinstance(app.screen, CreateVectors)
        assert words(app, "#advice").startswith("built in")
        assert words(app, "#explanation") == "creates the vec type effnet-lite0"
        assert str(app.screen.query_one("#greyscale", YesNo).render()).startswith("[ ] no   ignore colour")
        await pilot.press("tab", "tab", "space")
        assert words(app, "#explanation") == "creates the vec type effnet-lite0+grey"
        assert str(app.screen.query_one("#greyscale", YesNo).render()).startswith("[x] yes  ignore colour")
        for widget in app.screen.query("Button, Input, YesNo, #models, #advice, #field-help, #explanation"):
            assert app.screen.region.contains_region(widget.region)


async def test_create_starts_a_job_and_the_first_vectors_become_the_default(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    started: list[str] = []

    def start(opened: Project, names: list[str], options: LoadOptions, sample: int, engine: EngineChoice | None) -> Job:
        started.extend(names)
        return Job.read(job_folder(opened, "20260102-030405-x", " ".join(names), 100.0, []))

    monkeypatch.setattr(launch, "_start", start)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("n", "tab", "tab", "space", "enter")
        await until(pilot, lambda: [row[:2] for row in rows(app)] == [["★", "effnet-lite0+grey"]])
        assert started == ["effnet-lite0+grey"]
        assert "effnet-lite0+grey: started · keeps running when you quit · J shows the job" in said(app)


async def test_create_is_off_for_vectors_that_exist(two: Project):
    async with running(two) as (app, pilot):
        await open_settings(app, pilot, 2)
        await pilot.press("n")
        assert app.screen.query_one(ModelList).current.key == "effnet-lite0"
        app.screen.query_one("#greyscale", YesNo).action_turn()
        await pilot.pause()
        assert app.screen.query_one("#create", Button).disabled
        assert words(app, "#explanation") == "effnet-lite0+grey exists already: Restart computes what is missing"
        app.screen.query_one("#greyscale", YesNo).action_turn()
        await pilot.pause()
        assert not app.screen.query_one("#create", Button).disabled
        await pilot.press("escape")
        assert isinstance(app.screen, SettingsScreen)
        assert len(vec_types.names(two.vectors_folder)) == 2


async def test_create_in_a_project_without_pictures_is_refused_with_the_reason(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with Project.open_or_create(tmp_path / "empty") as project:
        async with running(project) as (app, pilot):
            await open_settings(app, pilot)
            await pilot.press("n", "tab", "tab", "tab", "tab", "tab", "enter")
            await until(pilot, lambda: any("the project has no pictures" in text for text in said(app)))
            assert vec_types.names(project.vectors_folder) == []


async def test_create_where_nothing_can_be_written_is_an_error_and_the_app_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    def refuse(
        opened: Project, names: list[str], options: LoadOptions, sample: int, engine: EngineChoice | None
    ) -> None:
        raise PermissionError(13, "Permission denied", os.fspath(opened.jobs_folder))

    monkeypatch.setattr(launch, "_start", refuse)
    async with running(project) as (app, pilot):
        await open_settings(app, pilot)
        await pilot.press("n", "tab", "tab", "tab", "tab", "tab", "enter")
        await until(pilot, lambda: any(f"{project.jobs_folder} (permission denied)" in text for text in said(app)))
        assert app.is_running


async def test_a_long_list_of_vec_types_scrolls_and_keeps_its_row(tmp_path: Path):
    with collection(tmp_path / "pictures", ["a.png"]) as project:
        for number in range(30):
            (project.vectors_folder / f"model-{number:02}").mkdir(parents=True)
        async with running(project, SMALL) as (app, pilot):
            await open_settings(app, pilot, 30)
            await pilot.press("ctrl+end")
            with running_job(project, "20260102-030405-x", "model-29", [("log", {"text": "loading"})]):
                await until(pilot, lambda: rows(app)[29][-1] == "✗ cannot be read")
                await until(pilot, lambda: app.jobs)
                assert app.screen.query_one(DataTable).cursor_row == 29
                await until(pilot, lambda: "model-29" in text_of(app))
