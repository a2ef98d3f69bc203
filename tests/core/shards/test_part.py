"""Parts: a folder is a part only of the shard it says, and nothing else is written into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import PictoscopeError, StoreBusy, StoreDamaged, StoreError, UnsafeFile, UsageError
from core.shards.part import Part
from core.shards.shard import Shard

THIRD = Shard(3, 40)


def test_a_part_is_created_and_found_again(tmp_path: Path) -> None:
    part = Part.open_or_create(tmp_path / "deep" / "part", THIRD, tmp_path / "project")
    assert (
        part == Part.load(tmp_path / "deep" / "part") == Part.open_or_create(part.folder, THIRD, tmp_path / "project")
    )
    assert part.vec_types() == []


def test_a_part_of_another_shard_is_not_written_into(tmp_path: Path) -> None:
    Part.open_or_create(tmp_path / "part", THIRD, tmp_path / "project")
    for other in (Shard(4, 40), Shard(3, 41)):
        with pytest.raises(UsageError, match=f"holds shard 3/40, not {other}"):
            Part.open_or_create(tmp_path / "part", other, tmp_path / "project")


def test_a_folder_of_something_else_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(UsageError, match=r"is not a part, but holds holiday\.jpg"):
        Part.open_or_create(tmp_path, THIRD, tmp_path / "project")
    with pytest.raises(UsageError, match="is a file"):
        Part.open_or_create(tmp_path / "holiday.jpg", THIRD, tmp_path / "project")
    assert os.listdir(tmp_path) == ["holiday.jpg"]


@pytest.mark.parametrize("inner", ["", "vectors", "vectors/clip", "parts/3"])
def test_no_part_is_in_the_folder_of_the_project(tmp_path: Path, inner: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "project")
    for start in ("project", "link"):
        with pytest.raises(UsageError, match="in the project's own folder"):
            Part.open_or_create(tmp_path / start / inner, THIRD, tmp_path / "project")
    assert os.listdir(tmp_path / "project") == []


def test_where_no_part_is_it_is_said_what_writes_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("nowhere", "file", "."):
        with pytest.raises(UsageError, match="there is no part at") as refused:
            Part.load(tmp_path / name)
        assert "--shard" in refused.value.hint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\xff",
        b"format = 1\nshard = 3",
        b"format = 1\nshard = 0\nof = 40",
        b"format = 1\nshard = 41\nof = 40",
        b"format = 1\nshard = -3\nof = 40",
        b"format = 1\nshard = 1\nof = 1000000000",
        b"format = 1\nshard = '3'\nof = 40",
        b"format = 1\nshard = true\nof = 40",
        b"format = true\nshard = 3\nof = 40",
        b"format = 1\nshard = 3.0\nof = 40",
        b"a." * 100_000,
        b"x" * 2_000_000,
    ],
)
def test_a_damaged_part_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "part.toml").write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"part\.toml is damaged"):
        Part.load(tmp_path)


def test_a_part_of_a_newer_version_asks_for_an_upgrade(tmp_path: Path) -> None:
    (tmp_path / "part.toml").write_text("format = 2\nshard = 3\nof = 40")
    with pytest.raises(StoreError, match="format 2") as refused:
        Part.load(tmp_path)
    assert "upgrade" in refused.value.hint


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    good = Part.open_or_create(tmp_path / "good", THIRD, tmp_path / "project").folder
    for name in ("link", "pipe", "second"):
        (tmp_path / name).mkdir()
    (tmp_path / "link" / "part.toml").symlink_to(good / "part.toml")
    os.mkfifo(tmp_path / "pipe" / "part.toml")
    os.link(good / "part.toml", tmp_path / "second" / "part.toml")
    for name in ("link", "pipe", "second"):
        with pytest.raises(UnsafeFile):
            Part.load(tmp_path / name)
        with pytest.raises(PictoscopeError):
            Part.open_or_create(tmp_path / name, THIRD, tmp_path / "project")


def test_two_processes_do_not_compute_one_part(tmp_path: Path) -> None:
    part = Part.open_or_create(tmp_path / "part", THIRD, tmp_path / "project")
    with part.locked(), pytest.raises(StoreBusy, match="part is in use by shard 3/40"), part.locked():
        pass
    with part.locked():
        pass
