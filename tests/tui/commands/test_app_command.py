"""``pictoscope [FOLDER]``: which project the app is opened on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_helpers import Run, refused

from core.project import Project, recent_projects


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """There is a terminal, and instead of the app this list gets the project folder."""
    projects: list[Path | None] = []

    class App:
        def __init__(self, project: Project | None) -> None:
            projects.append(project and project.path)

        def run_to_exit_code(self) -> int:
            return 0

    monkeypatch.setattr("tui.app.Pictoscope", App)
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr("tui.commands.app.sys", SimpleNamespace(stdin=terminal, stdout=terminal))
    return projects


def test_it_needs_a_terminal(run: Run, fresh: Path) -> None:
    refused(run, code=2, says="the app needs a terminal")
    refused(run, fresh, code=2, says="the app needs a terminal")
    assert not (fresh / ".pictoscope").exists()


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
    assert opened == [None, fresh / ".pictoscope", fresh / ".pictoscope"]


def test_a_project_or_folder_that_is_not_there_is_not_replaced_by_another(
    run: Run, fresh: Path, opened: list[Path | None]
) -> None:
    Project.open_or_create(fresh).close()
    refused(run, "--project", fresh / "typo", code=1, says=f"no project at {fresh}/typo")
    refused(run, fresh / "typo", code=1, says=f"no such folder: {fresh}/typo")
    assert opened == []
