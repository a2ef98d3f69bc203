"""Hashes of large files: read once, and again as soon as anything says that a file may have changed."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.models import file_hashes
from core.models.file_hashes import sha256_of


class Clock:
    """The clock of the module under test, a minute after the files were written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 60.0
        real = time.time
        monkeypatch.setattr(file_hashes.time, "time", lambda: real() + self.ahead)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read."""
    names: list[str] = []
    real = hashlib.file_digest

    def counted(stream: object, name: str) -> object:
        names.append(Path(stream.name).name)  # type: ignore[attr-defined]
        return real(stream, name)  # type: ignore[arg-type]

    monkeypatch.setattr(file_hashes.hashlib, "file_digest", counted)
    return names


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file as on a disk, though the folders of tests lie in memory."""
    monkeypatch.setattr(file_hashes, "every_write_is_dated", lambda path: True)
    path = tmp_path / "weights"
    path.write_bytes(b"w" * 2_000_000)
    return path


@pytest.fixture(params=["memory", "disk"])
def mapped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file as it is, where the tests' folders are and where the system has its own."""
    with tempfile.TemporaryDirectory() as of_system:
        path = (tmp_path if request.param == "memory" else Path(of_system)) / "weights"
        path.write_bytes(b"w" * 2_000_000)
        yield path


def right(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_unchanged_file_is_read_once(weights: Path, clock: Clock, reads: list[str]) -> None:
    assert [sha256_of(weights) for _ in range(3)] == [right(weights)] * 3
    assert reads == ["weights"]


def test_a_link_is_the_file_that_it_leads_to(weights: Path, clock: Clock, reads: list[str]) -> None:
    link = weights.with_name("link")
    link.symlink_to(weights)
    assert sha256_of(weights) == sha256_of(link)
    other = weights.with_name("other")
    other.write_bytes(b"o" * 2_000_000)
    link.unlink()
    link.symlink_to(other)
    assert sha256_of(link) == right(other)
    assert reads == ["weights", "link"]


def in_place(path: Path) -> None:
    """One byte, with the size and the modification time as they were."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(1_000_000)
        stream.write(b"x")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    """Another file of the same size and modification time under its name."""
    before = path.stat()
    new = path.with_name("new")
    new.write_bytes(b"n" * before.st_size)
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(path)


def longer(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"x")


@pytest.mark.parametrize("change", [in_place, replaced, longer])
def test_a_changed_file_is_read_again(weights: Path, clock: Clock, change: object) -> None:
    before = sha256_of(weights)
    _wait_for_another_tick(weights)
    change(weights)  # type: ignore[operator]
    assert sha256_of(weights) == right(weights) != before


def test_every_write_of_a_program_that_has_mapped_the_file_is_seen(mapped: Path, home: Path, clock: Clock) -> None:
    """The system sets the times when a page is written to for the first time, not at each write that follows."""
    with mapped.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as content:
        for number in range(4):
            content[number] = ord("x")
            assert sha256_of(mapped) == right(mapped)
            _wait_for_another_tick(mapped)


def test_a_file_that_cannot_be_synced_is_not_remembered(
    weights: Path, clock: Clock, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(file_hashes.os, "fsync", refuse)
    sha256_of(weights)
    sha256_of(weights)
    assert reads == ["weights"] * 2


def _wait_for_another_tick(path: Path) -> None:
    """Until the system gives another time to a write: only then can a change be told, as after ``_SETTLED`` seconds."""
    probe = path.with_name("probe")
    then = path.stat().st_ctime_ns
    while True:
        probe.write_bytes(b"")
        if probe.stat().st_ctime_ns != then:
            return


def test_what_was_written_a_moment_ago_is_not_remembered(weights: Path, clock: Clock, reads: list[str]) -> None:
    clock.ahead = 1.0
    sha256_of(weights)
    sha256_of(weights)
    assert reads == ["weights"] * 2


def test_after_a_week_a_file_is_read_again(weights: Path, clock: Clock, reads: list[str]) -> None:
    for days in (0, 6, 8, 9):
        clock.ahead = 60.0 + days * 86_400
        assert sha256_of(weights) == right(weights)
    assert reads == ["weights"] * 2


def test_a_clock_that_was_put_back_is_not_believed(weights: Path, clock: Clock, reads: list[str]) -> None:
    sha256_of(weights)
    clock.ahead = 50.0
    sha256_of(weights)
    assert reads == ["weights"] * 2


def test_on_file_systems_that_do_not_keep_numbers_of_files_every_file_is_read(
    weights: Path, clock: Clock, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_hashes, "file_numbers_last", lambda path: False)
    sha256_of(weights)
    sha256_of(weights)
    assert reads == ["weights"] * 2


def test_small_files_are_not_remembered(tmp_path: Path, home: Path, clock: Clock) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    assert sha256_of(path) == right(path)
    assert not (home / "cache" / "hashes.json").exists()


def test_files_that_are_gone_are_forgotten(weights: Path, home: Path, clock: Clock) -> None:
    other = Path(shutil.copy(weights, weights.with_name("other")))
    sha256_of(other)
    other.unlink()
    sha256_of(weights)
    assert list(json.loads((home / "cache" / "hashes.json").read_text())["files"]) == [str(weights)]


DAMAGED = ["", "[]", "{", '{"files": 1}', '{"files": {}}', '{"sha256": 1, "files": []}', "[" * 100_000, "7" * 100_000]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_memory_counts_for_nothing(
    weights: Path, home: Path, clock: Clock, reads: list[str], content: str
) -> None:
    sha256_of(weights)
    (home / "cache" / "hashes.json").write_text(content)
    for _ in range(2):
        assert sha256_of(weights) == right(weights)
    assert reads == ["weights"] * 2, "the damaged memory was replaced"


@pytest.mark.parametrize("entry", [1, [], [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, "6", 7.0]])
def test_entries_that_say_nothing_of_the_file_count_for_nothing(
    weights: Path, home: Path, clock: Clock, entry: object
) -> None:
    known = {str(weights): entry, "\0": [], "\udcff": []}
    (home / "cache").mkdir()
    memory = home / "cache" / "hashes.json"
    memory.write_text(json.dumps({"sha256": file_hashes._hash_of(known), "files": known}))  # type: ignore[arg-type]
    assert sha256_of(weights) == right(weights)
    assert list(json.loads(memory.read_text())["files"]) == [str(weights)]


def test_a_hash_that_the_disk_has_changed_does_not_refuse_good_weights(weights: Path, home: Path, clock: Clock) -> None:
    memory = home / "cache" / "hashes.json"
    first = sha256_of(weights)
    memory.write_text(memory.read_text().replace(first, first[::-1]))
    assert sha256_of(weights) == first


def test_a_memory_that_is_a_pipe_is_not_waited_for(weights: Path, home: Path, clock: Clock, reads: list[str]) -> None:
    (home / "cache").mkdir()
    os.mkfifo(home / "cache" / "hashes.json")
    for _ in range(2):
        assert sha256_of(weights) == right(weights)
    assert reads == ["weights"], "it is replaced"


def test_a_memory_that_cannot_be_written_is_no_error(weights: Path, home: Path, clock: Clock) -> None:
    (home / "cache").mkdir()
    (home / "cache" / "hashes.json").mkdir()
    assert sha256_of(weights) == sha256_of(weights) == right(weights)
