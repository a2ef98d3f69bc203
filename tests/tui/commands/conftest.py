"""Current folders for the commands: with a project of the real models, or new ones whose workers cost nothing."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_helpers import copy_with_random_vectors
from cli_helpers import draw

from core.jobs.job import State, all_jobs
from core.vectors import encoder as encoders
from tests.remembering_encoder import RememberingEncoder
from tests.warm_commands import warm_commands
from tui.commands import action as action_command
from tui.commands import compare as compare_command
from tui.commands import demo as demo_command

STAND_IN = Path(__file__).parents[2] / "core" / "jobs" / "stand_in"


@pytest.fixture(autouse=True, scope="package")
def warm_command_line() -> Iterator[None]:
    """Commands that are processes of their own start warm."""
    with warm_commands():
        yield


@pytest.fixture(autouse=True)
def jobs_are_looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Theirs end sooner than a command would look at them again."""
    monkeypatch.setattr("tui.commands.follow._POLL_SECONDS", 0.04)


@pytest.fixture
def warm_models(monkeypatch: pytest.MonkeyPatch, quick_encoder: RememberingEncoder) -> None:
    """Commands that ask the real models find them loaded."""
    for command in (action_command, compare_command, demo_command, encoders):  # the last for those that import late
        monkeypatch.setattr(command, "LocalEncoder", lambda *_: quick_encoder)


@pytest.fixture
def filled(filled_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warm_models: None) -> Path:
    """The current folder: 25 pictures, a project, three complete vec types of the real models."""
    shutil.copytree(filled_template, tmp_path / "pictures")
    monkeypatch.chdir(tmp_path / "pictures")
    return tmp_path / "pictures"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers have a stand-in for the model, which waits after 8 pictures until this file is there."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN), prepend=os.pathsep)
    monkeypatch.setenv("STAND_IN_GATE", str(tmp_path / "gate"))
    return tmp_path / "gate"


@pytest.fixture
def open_gate(gate: Path) -> None:
    """Workers have the stand-in and do not wait."""
    gate.touch()


@pytest.fixture
def frequent_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers have the real model and commit every batch."""
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN), prepend=os.pathsep)
    monkeypatch.setenv("STAND_IN_REAL", "1")


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder: 12 pictures and no project."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    for number in range(12):
        draw(folder / f"{number:02d}.png", number)
    monkeypatch.chdir(folder)
    yield folder
    for job in all_jobs(folder / ".pictoscope" / "jobs"):
        if job.state is State.RUNNING:
            os.kill(job.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def random_vectors_template(small_pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with vectors that no model has computed."""
    return copy_with_random_vectors(small_pictures, tmp_path_factory.mktemp("random") / "pictures")


@pytest.fixture
def random_vectors(random_vectors_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: pictures, and vectors for what is answered, or refused, before a model is asked."""
    shutil.copytree(random_vectors_template, tmp_path / "pictures")
    monkeypatch.chdir(tmp_path / "pictures")
    return tmp_path / "pictures"
