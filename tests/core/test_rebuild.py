"""Rebuilding the settings or the catalog of a damaged project loses nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CatalogError, PictoscopeError, ProjectError
from core.project import Project
from core.rebuild import rebuild_catalog, rebuild_settings
from tests.core.project_helpers import known, make_pictures


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return make_pictures(tmp_path / "pictures", "a.png", "b.png", "sub/c.png")


def test_rebuilt_settings_keep_a_copy_of_the_damaged_ones_and_everything_else(pictures: Path) -> None:
    with Project.open_or_create(pictures) as project:
        project.scan()
        project.vectors_folder.mkdir()
        (project.vectors_folder / "rows").write_bytes(b"vectors")
        before = known(project)
    file = project.path / "project.toml"
    file.write_text("folders = [")
    with pytest.raises(ProjectError, match=r"project\.toml is damaged") as caught:
        Project.open_or_create(pictures)
    assert "--rebuild-settings" in caught.value.hint
    with rebuild_settings(project.path, [pictures]) as rebuilt:
        assert rebuilt.folders == [pictures]
        assert known(rebuilt) == before
        assert (rebuilt.vectors_folder / "rows").read_bytes() == b"vectors"
    assert (project.path / "project.toml.damaged").read_text() == "folders = ["


@pytest.mark.parametrize("folders", [[], ["absent"]])
def test_settings_stay_until_the_new_ones_can_be_written(pictures: Path, folders: list[str]) -> None:
    file = Project.open_or_create(pictures).path / "project.toml"
    file.write_text("damaged")
    with pytest.raises(PictoscopeError):
        rebuild_settings(file.parent, [pictures / folder for folder in folders])
    assert file.read_text() == "damaged"


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_rebuilt_catalog_keeps_vectors_settings_and_keys(pictures: Path, content: bytes) -> None:
    with Project.open_or_create(pictures) as project:
        project.scan()
        before = known(project)
        project.vectors_folder.mkdir()
        (project.vectors_folder / "rows").write_bytes(b"vectors")
        project.update_settings(lambda settings: replace(settings, default_vec_type="conse"))
    file = project.path / "catalog.sqlite"
    file.write_bytes(content)
    with Project.open_or_create(pictures) as broken:
        with pytest.raises(CatalogError, match=r"catalog\.sqlite is damaged") as caught:
            broken.scan()
        assert "--rebuild-catalog" in caught.value.hint
        rebuilt = rebuild_catalog(broken)
        assert rebuilt
        assert str(rebuilt.salvaged) == ""
        assert rebuilt.aside.read_bytes() == content
        assert broken.scan().new == 3
        assert known(broken) == before
        assert (broken.vectors_folder / "rows").read_bytes() == b"vectors"
        assert Project(broken.path).settings.default_vec_type == "conse"


def test_without_a_catalog_there_is_none_to_move_aside(pictures: Path) -> None:
    project = Project.open_or_create(pictures)
    assert rebuild_catalog(project) is None
    with project:
        assert project.scan().pictures == 3
