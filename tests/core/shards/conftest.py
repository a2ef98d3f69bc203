"""A project of 90 pictures, whose model costs nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import vectors_run
from core.project import Project
from tests.core.jobs.worker_helpers import draw
from tests.core.shards.shard_helpers import PICTURES, all_parts
from tests.core.vectors.stand_in_model import StandIn


@pytest.fixture(scope="module")
def pictures_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 pictures and a project without vectors. Shared: copy it before changing anything."""
    folder = tmp_path_factory.mktemp("shards") / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        draw(folder / f"{number:02d}.png", number)
    with Project.open_or_create(folder) as project:
        project.scan()
    return folder


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors_run, "load", lambda spec, log, options, pictures: StandIn())


@pytest.fixture
def project(pictures_template: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(pictures_template, tmp_path / "pictures")
    with Project.open_or_create(tmp_path / "pictures") as project:
        yield project


@pytest.fixture(scope="module")
def parts_template(pictures_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 40 parts of that project. Shared: copy them before changing anything."""
    folder = tmp_path_factory.mktemp("parts") / "parts"
    with pytest.MonkeyPatch.context() as patch, Project.open_or_create(pictures_template) as project:
        patch.setattr(vectors_run, "load", lambda spec, log, options, pictures: StandIn())
        all_parts(project, folder)
    return folder


@pytest.fixture
def parts(parts_template: Path, tmp_path: Path) -> list[Path]:
    """The 40 parts in the order of their numbers."""
    copy = Path(shutil.copytree(parts_template, tmp_path / "parts"))
    return sorted(copy.iterdir(), key=lambda part: int(part.name.partition("-")[2]))
