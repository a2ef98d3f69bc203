"""``pictoscope [FOLDER]``: which project the app is opened on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from app_helpers import running_job
from cli_helpers import Run, refused

from core.jobs.job import all_jobs
from core.project import Project
from core.recent_projects import recent_projects
from tui.commands import common
from tui.commands.app import jobs_go_on
from tui.graphics.detect import Detected
from tui.graphics.probe import Probed
from tui.graphics.terminal import Terminal


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """There is a terminal, and instead of the app this list gets the project folder."""
    projects: list[Path | None] = []

    class App:
        jobs = ()
        pictures = SimpleNamespace(paint_in=lambda process: None)

        def __init__(
            self,
            project: Project | None,
            terminal: Terminal,
            probed: Probed,
            advice: str,
            offered: Path | None = None,
            *,
            fresh: bool = False,
            first: object = None,
        ) -> None:
            projects.append(project.path if project else offered)

        def run_to_exit_code(self) -> int:
            return 0

    monkeypatch.setattr("tui.app.Pictoscope", App)
    monkeypatch.setattr("tui.commands.app.has_terminal", lambda: True)
    monkeypatch.setattr("tui.commands.app.find_terminal", lambda graphics: Detected())
    monkeypatch.setenv("TEXTUAL_COLOR_SYSTEM", "auto")  # is then left alone
    return projects


@pytest.mark.parametrize("name", ["dumb", "unknown"])
def test_a_terminal_without_a_cursor_is_refused_before_anything_is_drawn(
    name: str, run: Run, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", name)
    refused(run, code=2, says=f"the app cannot draw in a terminal with TERM={name}")
    assert not (fresh / ".pictoscope").exists()


def test_it_needs_a_terminal(run: Run, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    refused(run, code=2, says="the app needs a terminal")
    refused(run, fresh, code=2, says="the app needs a terminal")
    assert not (fresh / ".pictoscope").exists()


@pytest.mark.parametrize("terminal", [False, True])
def test_a_word_that_is_no_command_and_no_folder_is_said_to_be_neither(
    run: Run, fresh: Path, opened: list[Path | None], monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr("tui.commands.app.has_terminal", lambda: terminal)
    for name, hint in (
        ("vectros", "did you mean `pictoscope vectors`?"),
        ("x" * 300, "pictoscope --help"),
        ("~nobody-of-this-name", "pictoscope --help"),
    ):
        assert hint in refused(run, name, code=2, says=f"no command or folder {name}")
    refused(run, "./vectros", code=1, says="there is no folder")
    assert opened == []


@pytest.mark.parametrize("elsewhere", ["stdin", "stdout", "stderr"])
def test_each_stream_of_the_app_is_a_terminal(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    streams = {name: SimpleNamespace(isatty=lambda: True) for name in ("stdin", "stdout", "stderr")}
    monkeypatch.setattr(common, "sys", SimpleNamespace(**streams))
    assert common.has_terminal()
    streams[elsewhere] = SimpleNamespace(isatty=lambda: False)
    monkeypatch.setattr(common, "sys", SimpleNamespace(**streams))
    assert not common.has_terminal()


def test_a_folder_is_opened_and_its_project_remembered(run: Run, fresh: Path, opened: list[Path | None]) -> None:
    assert run(fresh).code == 0
    assert opened == [fresh / ".pictoscope"]
    assert recent_projects() == opened


def test_without_a_folder_the_project_is_found_upwards_or_home_is_opened(
    run: Run, fresh: Path, opened: list[Path | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run().code == 0
    Project.open_or_create(fresh).close()
    (fresh / "a").mkdir()
    monkeypatch.chdir(fresh / "a")
    assert run().code == 0
    monkeypatch.chdir("/")
    assert run("--project", fresh).code == 0
    assert opened == [fresh, fresh / ".pictoscope", fresh / ".pictoscope"]


def test_a_folder_of_pictures_is_offered_and_nothing_is_created_before_a_person_agrees(
    run: Run, fresh: Path, opened: list[Path | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run().code == 0
    (fresh / "documents").mkdir()
    (fresh / "documents" / "a.txt").write_text("no picture")
    monkeypatch.chdir(fresh / "documents")
    assert run().code == 0
    assert opened == [fresh, None]
    assert not list(fresh.rglob(".pictoscope"))
    assert recent_projects() == []


def test_a_folder_that_holds_the_home_folder_is_only_offered_and_only_when_named(
    run: Run, fresh: Path, opened: list[Path | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (fresh / "user").mkdir()
    (fresh / "user" / "a.png").write_bytes((fresh / "01.png").read_bytes())
    (fresh / "link").symlink_to(fresh)
    monkeypatch.setenv("HOME", str(fresh / "user"))
    created: list[Path] = []  # instead of a project, should this test ever fail at /
    monkeypatch.setattr(Project, "open_or_create", created.append)
    for folder in (fresh, fresh / "user", fresh / "link", Path("/")):
        monkeypatch.chdir(folder)
        assert run().code == 0
        assert run(folder).code == 0
        assert opened == [None, folder]
        opened.clear()
    assert created == []


def test_a_project_or_folder_that_is_not_there_is_not_replaced_by_another(
    run: Run, fresh: Path, opened: list[Path | None]
) -> None:
    Project.open_or_create(fresh).close()
    refused(run, "--project", fresh / "typo", code=1, says=f"no project at {fresh}/typo")
    refused(run, fresh / "typo", code=1, says=f"there is no folder {fresh}/typo")
    assert opened == []


def test_who_leaves_is_told_of_jobs_that_go_on(fresh: Path) -> None:
    with Project.open_or_create(fresh) as project:
        events = [
            ("started", {"pid": 4242}),
            ("progress", {"done": 9, "failed": 0, "total": 1500, "rate": 2.0}),
        ]
        lock = running_job(project, "20251009-100000-cccc", "conse", events)
        jobs = all_jobs(project.jobs_folder)
        lock.release()
        over = all_jobs(project.jobs_folder)
    assert jobs_go_on(jobs) == "conse goes on: 9 of 1,500 · `pictoscope jobs` shows it"
    assert jobs_go_on(over) == jobs_go_on([]) == ""
