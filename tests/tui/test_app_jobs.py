"""Jobs: every state as folders tell it, the log, Cancel and Restart."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from app_helpers import (
    PATIENCE,
    SMALL,
    fill_at_random,
    flat,
    job_folder,
    lines_of,
    running,
    running_job,
    said,
    text_of,
    until,
    words,
)
from textual.widgets import Button, DataTable, RichLog

from core.errors import JobError, StoreBusy, UnsafeFile
from core.files import Lock, is_locked
from core.jobs.events import EventLog
from core.jobs.job import JOB_LOCK_NAME, Job, State
from core.jobs.monitor import Monitor
from core.project import Project
from tui.app import Pictoscope
from tui.messages import JobsChanged
from tui.screens.settings.jobs import JobsScreen
from tui.screens.settings.settings import SettingsScreen

LOADING = ("log", {"text": "loading the model conse"})


def progress(done: int, failed: int = 0, rate: float = 4.0) -> tuple[str, dict[str, object]]:
    """How far a job is."""
    return ("progress", {"done": done, "failed": failed, "total": 12, "rate": rate})


def ended(state: State, error: str = "") -> tuple[str, dict[str, object]]:
    """A job's last word."""
    return ("ended", {"state": state.value, "error": error})


def rows(app: Pictoscope) -> list[list[str]]:
    """The table as it is drawn."""
    table = app.screen.query_one(DataTable)
    return [[str(cell).strip() for cell in table.get_row_at(number)] for number in range(table.row_count)]


def log_of(app: Pictoscope) -> list[str]:
    """The log without its clock."""
    return [line.text.partition("  ")[2] or line.text for line in app.screen.query_one(RichLog).lines]


async def open_jobs(app: Pictoscope, pilot, count: int) -> None:
    """By key, until the table shows them all."""
    await pilot.press("J")
    await until(pilot, lambda: isinstance(app.screen, JobsScreen) and len(rows(app)) == count)


async def test_without_jobs_the_screen_says_how_to_start_one(project: Project):
    async with running(project) as (app, pilot):
        await open_jobs(app, pilot, 0)
        await until(pilot, lambda: "no jobs yet · enter creates vectors, which is a job" in text_of(app))
        assert app.screen.query_one("#cancel", Button).disabled
        await pilot.press("x", "R")
        assert set(said(app)) == {"no jobs yet · enter creates vectors, which is a job"}


async def test_jobs_that_cannot_be_listed_are_not_said_to_be_none(project: Project, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    project.jobs_folder.symlink_to(tmp_path / "elsewhere")
    async with running(project) as (app, pilot):
        await until(pilot, lambda: any("jobs is a symbolic link" in text for text in said(app)))
        await pilot.press("J")
        await until(pilot, lambda: "jobs is a symbolic link" in str(app.screen.query_one(RichLog).border_title))
        project.jobs_folder.unlink()
        await until(pilot, lambda: "no jobs" in str(app.screen.query_one(RichLog).border_title))
        assert sum("jobs is a symbolic link" in text for text in said(app)) == 1  # but looked for often


async def test_every_state_is_shown_the_newest_first(project: Project):
    job_folder(project, "1-done", "conse", 100.0, [progress(11, 1), ended(State.DONE)])
    job_folder(project, "2-stopped", "conse", 200.0, [progress(5), ended(State.STOPPED)])
    job_folder(project, "3-failed", "conse", 300.0, [LOADING, ended(State.FAILED, "no room left")])
    job_folder(project, "4-interrupted", "conse", 400.0, [progress(3)])
    with running_job(project, "5-running", "conse+grey", [LOADING, progress(6, 2)]):
        async with running(project, SMALL) as (app, pilot):
            await open_jobs(app, pilot, 5)
            assert rows(app) == [
                ["▶", "conse+grey", "██████▋···", "6 of 12", "2 failed", "4.0/s  1 s left"],
                ["■", "conse", "██▌·······", "3 of 12", "", "interrupted"],
                ["✗", "conse", "··········", "", "", "failed"],
                ["■", "conse", "████▏·····", "5 of 12", "", "stopped"],
                ["✓", "conse", "██████████", "11 of 12", "1 failed", rows(app)[4][5]],
            ]
            assert rows(app)[4][5].startswith("done in ")
            assert any("4.0/s  1 s left" in line for line in lines_of(app))  # all of it at 80 columns


async def test_the_log_says_in_full_how_a_job_ended(project: Project):
    job_folder(project, "1-failed", "conse", 100.0, [LOADING, ended(State.FAILED, "no space left to write /data")])
    job_folder(project, "2-killed", "conse", 200.0, [LOADING, progress(3)])
    async with running(project) as (app, pilot):
        await open_jobs(app, pilot, 2)
        killed = "interrupted at 3 of 12: the worker was killed (by hand, or because memory ran out) · R resumes"
        await until(pilot, lambda: killed in flat(app))
        assert log_of(app)[0] == "loading the model conse"
        await pilot.press("down")
        await until(pilot, lambda: "failed: no space left to write /data" in text_of(app))
        await until(pilot, lambda: "log of conse" in text_of(app))


async def test_the_log_is_wrapped_again_where_the_terminal_gets_narrower(project: Project):
    text = "a long line of the log that fits a wide terminal but no narrow one, where its end was cut off: zebra"
    job_folder(project, "1-done", "conse", 100.0, [("log", {"text": text}), ended(State.DONE)])
    async with running(project, (140, 30)) as (app, pilot):
        await open_jobs(app, pilot, 1)
        await until(pilot, lambda: "zebra" in text_of(app))
        await pilot.resize_terminal(70, 24)
        await until(pilot, lambda: "zebra" in text_of(app) and "a long line" in text_of(app))
        assert log_of(app)[0].startswith("a long line")


async def test_the_log_grows_while_the_job_runs(project: Project):
    with running_job(project, "1-running", "conse", [LOADING]):
        async with running(project) as (app, pilot):
            await open_jobs(app, pilot, 1)
            await until(pilot, lambda: log_of(app) == ["loading the model conse"])
            EventLog(project.jobs_folder / "1-running").write("log", text="computing 12 pictures")
            await until(pilot, lambda: log_of(app) == ["loading the model conse", "computing 12 pictures"])


async def test_a_running_job_is_seen_on_every_screen_and_its_end_is_said(project: Project):
    lock = running_job(project, "1-running", "conse", [LOADING, progress(6)])
    async with running(project) as (app, pilot):
        await until(pilot, lambda: "▶ conse  ██████████··········  6/12  4.0/s  2 s left   J jobs" in text_of(app))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and "6/12  4.0/s" in text_of(app))
        EventLog(project.jobs_folder / "1-running").write("ended", state="done")
        lock.release()
        await until(pilot, lambda: said(app) == ["conse: done"])
        await pilot.press("q")
        await until(pilot, lambda: "J jobs" not in text_of(app))


async def test_a_killed_job_is_said_with_the_reason(project: Project):
    lock = running_job(project, "1-running", "conse", [LOADING, progress(6)])
    async with running(project) as (app, pilot):
        await until(pilot, lambda: app.jobs and app.jobs[0].state is State.RUNNING)
        lock.release()
        await until(pilot, lambda: said(app))
        assert said(app)[0].startswith("conse: interrupted at 6 of 12: the worker was killed")


async def test_while_nothing_changes_nothing_is_drawn(project: Project, monkeypatch: pytest.MonkeyPatch):
    job_folder(project, "1-ended", "conse", time.time(), [LOADING, progress(12), ended(State.DONE)])
    async with running(project) as (app, pilot):
        await until(pilot, lambda: app.jobs)
        handed_on: list[object] = []
        monkeypatch.setattr(type(app.screen), "on_jobs_changed", lambda screen, message: handed_on.append(message))
        app.on_jobs_changed(JobsChanged(list(app.jobs)))
        await pilot.pause()
        assert handed_on == []
        app.on_jobs_changed(JobsChanged([]))
        await until(pilot, lambda: handed_on)


async def test_cancel_asks_the_worker_to_stop(project: Project):
    folder = project.jobs_folder / "1-running"
    lock = running_job(project, "1-running", "conse", [LOADING])
    worker = subprocess.Popen(
        [sys.executable, "-c", "import signal, sys; signal.sigwait([signal.SIGTERM]); sys.exit(7)"],
        pass_fds=[lock.fileno()],
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]),
    )
    lock.describe(f"worker {worker.pid}")
    lock.release()
    try:
        async with running(project) as (app, pilot):
            await open_jobs(app, pilot, 1)
            await until(pilot, lambda: not app.screen.query_one("#cancel", Button).disabled)
            await pilot.press("x")
            await until(pilot, lambda: said(app))
            assert said(app)[0] == "stopping after this batch · Restart resumes"
            assert worker.wait(PATIENCE) == 7
            await until(pilot, lambda: rows(app)[0][0] == "■")
            assert app.screen.query_one("#cancel", Button).disabled
            await pilot.press("x")
            await until(pilot, lambda: any("is not running" in text for text in said(app)))
    finally:
        worker.kill()
        worker.wait()
    assert not is_locked(folder / JOB_LOCK_NAME)


async def test_restart_goes_on_with_the_vec_types_of_the_job_under_the_cursor(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "tui.screens.settings.jobs.restart_job", lambda opened, job, engine: started.append(job.vec_types)
    )
    job_folder(project, "1-conse", "conse", 100.0, [progress(3)])
    job_folder(project, "2-two", "conse+grey effnet-lite0", 200.0, [progress(3)])
    async with running(project) as (app, pilot):
        await open_jobs(app, pilot, 2)
        await pilot.press("down", "R")
        assert started == [("conse",)]
        await pilot.press("up", "tab", "enter")  # Cancel is off: the next button is Restart
        assert started == [("conse",), ("conse+grey", "effnet-lite0")]


async def test_a_job_of_several_vec_types_is_shown_whole_at_80_columns(project: Project):
    job_folder(project, "1-many", "effnet-lite0 effnet-lite0+grey conse clip", 100.0, [progress(5)])
    with running_job(project, "2-two", "effnet-lite0 conse+grey", [LOADING, progress(6, 2)]):
        async with running(project, SMALL) as (app, pilot):
            await open_jobs(app, pilot, 2)
            await until(pilot, lambda: "log of effnet-lite0, conse+grey" in text_of(app))
            two, many = (" ".join(line.split()) for line in lines_of(app)[1:3])
            assert two == "▶ effnet-lite0, conse+grey ██████▋··· 6 of 12 2 failed 4.0/s 1 s left"
            assert many == "■ effnet-lite0 and 3 more ████▏····· 5 of 12 interrupted"
            await pilot.press("down")
            await until(pilot, lambda: "log of effnet-lite0, effnet-lite0+grey, conse, clip" in text_of(app))


async def test_names_get_the_room_of_a_wider_terminal(project: Project):
    job_folder(project, "1-many", "effnet-lite0 effnet-lite0+grey conse clip", 100.0, [progress(5)])
    async with running(project, SMALL) as (app, pilot):
        await open_jobs(app, pilot, 1)
        assert rows(app)[0][1] == "effnet-lite0 and 3 more"
        await pilot.resize_terminal(120, 30)
        await until(pilot, lambda: rows(app)[0][1] == "effnet-lite0, effnet-lite0+grey, conse, clip")


@pytest.mark.parametrize(
    ("error", "words_of_it"),
    [
        (StoreBusy("vectors conse are being written by another process"), "are being written by another process"),
        (PermissionError(13, "Permission denied", "/project/jobs"), "/project/jobs: permission denied"),
    ],
)
async def test_a_restart_that_cannot_be_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, error: Exception, words_of_it: str
):
    def refuse(opened: Project, job: Job, engine: object) -> None:
        raise error

    monkeypatch.setattr("tui.screens.settings.jobs.restart_job", refuse)
    job_folder(project, "1-conse", "conse", 100.0, [progress(3)])
    async with running(project) as (app, pilot):
        await open_jobs(app, pilot, 1)
        await pilot.press("R")
        await until(pilot, lambda: any(words_of_it in text for text in said(app)))


async def test_what_a_job_says_is_shown_literally(project: Project):
    hostile = "\x1b[31mred\x1b]0;owned\x07 [bold]markup[/bold] line\nnext \x9b2J \u202erevo"
    job_folder(project, "1-\x1b[7m", "conse\x1b[2J", 100.0, [("log", {"text": hostile}), ended(State.FAILED, hostile)])
    with running_job(project, "2-running", "conse\x1b[2J", [("log", {"text": hostile})]):
        async with running(project) as (app, pilot):
            await until(pilot, lambda: "▶ conse\\x1b[2J" in text_of(app))
            await open_jobs(app, pilot, 2)
            await pilot.press("down")
            await until(pilot, lambda: "failed: \\x1b[31mred" in text_of(app))
            await until(pilot, lambda: "[bold]markup[/bold] line\\nnext \\x9b2J \\u202erevo" in flat(app))
            drawn = text_of(app)
            assert not [c for c in drawn if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")]


async def test_folders_and_events_that_make_no_sense_are_passed_over(project: Project):
    (project.jobs_folder / "empty").mkdir(parents=True)
    (project.jobs_folder / "file").write_text("no folder")
    for name, events in {
        "1-state": [("ended", {"state": "exploded"})],
        "2-done": [("progress", {"done": "many", "total": [], "rate": {}})],
        "3-rate": [("progress", {"done": 1, "failed": 0, "total": 9, "rate": float("nan")})],
    }.items():
        with running_job(project, name, "conse", events):
            pass
    torn = job_folder(project, "4-torn", "conse", time.time(), [LOADING])
    with (torn / "events.jsonl").open("ab") as stream:
        stream.write(b'{"time": 1e300, "event": "log", "text": "no such year"}\n\xff\xfe{"time"')
    async with running(project) as (app, pilot):
        await pilot.press("J")
        await until(pilot, lambda: any(row[1] == "conse" for row in rows(app)))
        await until(pilot, lambda: any("no such year" in line for line in lines_of(app)))
        for _ in range(4):
            await pilot.press("down")
        assert app.is_running


async def test_a_job_folder_that_is_deleted_while_on_show_goes(project: Project):
    for number in (1, 2):
        job_folder(project, f"{number}-job", "conse", float(number), [progress(number)])
    async with running(project) as (app, pilot):
        await open_jobs(app, pilot, 2)
        shutil.rmtree(project.jobs_folder / "2-job")
        await until(pilot, lambda: len(rows(app)) == 1)
        await pilot.press("R")  # its vectors do not exist: said, not raised
        await until(pilot, lambda: any("there are no vectors conse" in text for text in said(app)))


async def test_the_preview_learns_of_vectors_when_their_job_ends(project: Project):
    lock = running_job(project, "1-running", "conse", [LOADING])
    async with running(project) as (app, pilot):
        await until(pilot, lambda: "alder.png" in words(app, "#preview-facts"))
        assert "conse" not in words(app, "#preview-facts")
        fill_at_random(project, "conse")
        lock.release()
        await until(pilot, lambda: "conse ✓" in words(app, "#preview-facts"))


# -- the monitor ---------------------------------------------------------------------------------------------------


def test_a_job_seen_in_the_instant_before_it_is_locked_is_seen_to_run_afterwards(project: Project):
    folder = job_folder(project, "1-new", "conse", time.time(), [])
    monitor = Monitor(project.jobs_folder)
    assert [job.state for job in monitor.jobs()] == [State.INTERRUPTED]
    with Lock.take(folder / JOB_LOCK_NAME, "worker 0"):
        assert [job.state for job in monitor.jobs()] == [State.RUNNING]
    assert [job.state for job in monitor.jobs()] == [State.INTERRUPTED]


def test_jobs_that_have_ended_are_read_once(project: Project):
    folder = job_folder(project, "1-done", "conse", 100.0, [ended(State.DONE)])
    monitor = Monitor(project.jobs_folder)
    first = monitor.jobs()
    (folder / "events.jsonl").unlink()
    assert monitor.jobs() == first


def test_without_a_jobs_folder_there_are_no_jobs(tmp_path: Path):
    assert Monitor(tmp_path / "jobs").jobs() == []


def test_which_jobs_there_are_is_not_known_where_their_folder_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "jobs").write_text("no folder")
    with pytest.raises(UnsafeFile, match="jobs is not a folder"):
        Monitor(tmp_path / "jobs").jobs()

    def fail(*_: object, **__: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("core.jobs.monitor.names_in", fail)
    with pytest.raises(JobError, match="the jobs cannot be listed: Permission denied"):
        Monitor(tmp_path / "jobs").jobs()


@pytest.mark.parametrize("name", ["events.jsonl", "lock", "job.toml"])
def test_a_job_whose_files_are_folders_is_passed_over(project: Project, name: str):
    folder = job_folder(project, "1-odd", "conse", 100.0, [])
    job_folder(project, "2-good", "conse", 200.0, [ended(State.DONE)])
    if (folder / name).exists():
        os.unlink(folder / name)
    (folder / name).mkdir()
    assert [job.id for job in Monitor(project.jobs_folder).jobs() if job.state is State.DONE] == ["2-good"]
