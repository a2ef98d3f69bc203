"""Picture folders on other machines: found under another path, and missed before anything is called unreadable."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from core.errors import UsageError
from core.models.options import LoadOptions
from core.project import Project
from core.shards.compute import compute_shard
from core.shards.merge import merge_parts
from core.shards.picture_folders import parse_elsewhere
from core.shards.shard import Shard
from core.vectors.failures import read_failures
from tests.core.shards.shard_helpers import EFFNET, PICTURES, Reported, rows, rows_of_one_machine


@pytest.fixture
def apart(pictures_template: Path, tmp_path: Path) -> Path:
    """A project beside its pictures, as the catalog knows them: in ``home/pictures``."""
    shutil.copytree(pictures_template, tmp_path / "home" / "pictures", ignore=shutil.ignore_patterns(".pictoscope"))
    with Project.create(tmp_path / "project", [tmp_path / "home" / "pictures"]) as project:
        project.scan()
    return tmp_path


def compute(project: Project, out: Path, elsewhere: dict[bytes, bytes]) -> int:
    options, stop = LoadOptions(), threading.Event()
    return compute_shard(project, [EFFNET], Shard(1, 1), out, options, Reported(), stop, elsewhere).done


@pytest.mark.parametrize("above", [False, True])
def test_pictures_are_found_under_another_path(apart: Path, above: bool) -> None:
    with Project(apart / "project") as project:
        expected = rows_of_one_machine(project)
        (apart / "home").rename(apart / "mounted")
        known = "home" if above else "home/pictures"
        here = "mounted" if above else "mounted/pictures"
        elsewhere = parse_elsewhere([f"{apart / known}={apart / here}"])
        assert compute(project, apart / "part", elsewhere) == PICTURES
        merge_parts(project, [apart / "part"])
        assert rows(project) == expected


@pytest.mark.parametrize("empty", [False, True])
def test_where_a_picture_folder_is_missing_no_picture_is_called_unreadable(apart: Path, empty: bool) -> None:
    (apart / "home").rename(apart / "mounted")
    if empty:
        (apart / "home" / "pictures").mkdir(parents=True)
    with Project(apart / "project") as project:
        with pytest.raises(UsageError, match="is not on this machine, or is empty") as refused:
            compute(project, apart / "part", {})
        assert f"--map {apart / 'home' / 'pictures'}=FOLDER" in refused.value.hint
        assert not (apart / "part" / "vectors").exists()
        elsewhere = {os.fsencode(apart / "home"): os.fsencode(apart / "mounted")}
        assert compute(project, apart / "part", elsewhere) == PICTURES
    assert read_failures(apart / "part" / "vectors" / "effnet-lite0") == {}


def test_a_folder_that_no_pictures_are_in_is_a_mistake(apart: Path) -> None:
    with (
        Project(apart / "project") as project,
        pytest.raises(UsageError, match="no picture folder of the project is in"),
    ):
        compute(project, apart / "part", {b"/nowhere": os.fsencode(apart / "mounted")})


def test_folders_are_written_as_two_absolute_paths() -> None:
    assert parse_elsewhere([]) == {}
    assert parse_elsewhere(["/here=/there", "/a/b/=/c=d"]) == {b"/here": b"/there", b"/a/b": b"/c=d"}
    for text in ("", "=", "/here", "/here=", "=/there", "here=/there", "/here=there"):
        with pytest.raises(UsageError, match="is not two absolute paths"):
            parse_elsewhere([text])
