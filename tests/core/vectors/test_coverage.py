"""What a vec type covers, kept until something changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import VectorsMissing
from core.project import Project
from core.vectors.store import Writer
from core.vectors.vec_type import VecType
from tests.filled_projects import EFFNET


@pytest.fixture
def project(filled_template: Path, tmp_path: Path) -> Iterator[Project]:
    shutil.copytree(filled_template, tmp_path / "pictures")
    with Project.open_or_create(tmp_path / "pictures") as project:
        yield project


def test_asking_again_gives_the_same_object_until_files_or_rows_change(project: Project) -> None:
    first = project.covered(EFFNET)
    assert (first.done, first.total, first.failed) == (25, 25, 0)
    assert project.covered(EFFNET) is first
    next(project.folders[0].glob("*/07.webp")).unlink()
    project.scan()
    second = project.covered(EFFNET)
    assert (second.done, second.total) == (24, 24)
    assert second.snapshot is first.snapshot
    with Writer(project.vectors_folder / EFFNET.name) as writer:
        writer.void([bytes(second.snapshot.keys[second.present][0]).ljust(20, b"\0")])
    third = project.covered(EFFNET)
    assert (third.done, third.total) == (23, 24)


def test_vectors_that_are_deleted_and_made_anew_are_read_anew(project: Project) -> None:
    assert project.covered(EFFNET).done == 25
    folder = project.vectors_folder / EFFNET.name
    shutil.move(folder, folder.with_name("aside"))
    with pytest.raises(VectorsMissing):
        project.covered(EFFNET)
    shutil.move(folder.with_name("aside"), folder)
    assert project.covered(EFFNET).done == 25


def test_what_was_never_created_is_missing(project: Project) -> None:
    with pytest.raises(VectorsMissing):
        project.covered(VecType("clip"))
