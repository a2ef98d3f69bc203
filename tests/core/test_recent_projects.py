"""The list of recent projects is a convenience: it is never in the way."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from core.project import Project
from core.project_location import FOLDER_NAME
from core.recent_projects import recent_projects, remember


def test_the_project_opened_last_is_the_first_of_the_recent_ones(tmp_path: Path) -> None:
    projects = [Project.create(tmp_path / name, []) for name in ("a", "b", "c")]
    for project in (*projects, projects[0]):
        remember(project)
    assert recent_projects() == [tmp_path / name for name in ("a", "c", "b")]


def test_only_the_last_twenty_are_kept(tmp_path: Path) -> None:
    for number in range(23):
        remember(Project.create(tmp_path / str(number), []))
    assert recent_projects() == [tmp_path / str(number) for number in range(22, 2, -1)]


def test_a_project_that_is_gone_is_not_listed(tmp_path: Path) -> None:
    remember(Project.create(tmp_path / "a", []))
    remember(Project.create(tmp_path / "b", []))
    (tmp_path / "b" / "project.toml").unlink()
    assert recent_projects() == [tmp_path / "a"]


@pytest.mark.parametrize("content", [b"", b"projects = ", b"\xff", b"projects = 3", b"projects = [3, '']", b"x = 1"])
def test_a_damaged_list_is_an_empty_one_and_is_written_anew(tmp_path: Path, home: Path, content: bytes) -> None:
    (home / "recent.toml").write_bytes(content)
    assert recent_projects() == []
    remember(Project.create(tmp_path / "a", []))
    assert recent_projects() == [tmp_path / "a"]
    assert tomllib.loads((home / "recent.toml").read_text()) == {"projects": [str(tmp_path / "a")]}


def test_a_list_that_cannot_be_written_is_no_error(tmp_path: Path, home: Path) -> None:
    (home / "recent.toml").mkdir()
    remember(Project.create(tmp_path / "a", []))
    assert recent_projects() == []


@pytest.mark.parametrize("name", [b"new\nline", b"\x1b[31mred\x1b[0m", b"caf\xe9", b"[bold]", b" "])
def test_a_project_of_any_name_is_remembered_if_text_can_hold_it(tmp_path: Path, name: bytes) -> None:
    project = Project.create(tmp_path / os.fsdecode(name), [])
    remember(project)
    assert recent_projects() == ([] if b"\xe9" in name else [project.path])


def test_a_recent_project_that_may_not_be_read_any_more_is_not_listed(
    own_folder: Path, home: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    (own_folder / "home").mkdir()
    for name in ("open", "secret"):
        remember(Project.create(own_folder / name / FOLDER_NAME, []))
    content = (home / "recent.toml").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(own_folder / "home"))
        (own_folder / "home" / "recent.toml").write_bytes(content)
        (own_folder / "secret").chmod(0)
        with as_ordinary_user():
            assert recent_projects() == [own_folder / "open" / FOLDER_NAME]
