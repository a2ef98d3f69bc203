"""``failures.jsonl``: the last reason of each picture, whatever a crash left of the file; it does not grow for ever."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vector_helpers import append, failure, key, make, rows

from core.errors import DiskFull
from core.vectors import failures, store
from core.vectors.failures import (
    FILE_NAME,
    Failure,
    append_failures,
    compact_failures,
    read_failures,
    reason_of,
)


def again(number: int, reason: str) -> Failure:
    return Failure(key(number), b"/pictures/\xff.jpg", reason)


def test_the_last_reason_of_a_picture_counts_and_its_time_is_kept(tmp_path: Path) -> None:
    before = time.time()
    append_failures(tmp_path, [failure(1), failure(2)])
    append_failures(tmp_path, [again(1, "truncated")])
    assert read_failures(tmp_path) == {key(1): again(1, "truncated"), key(2): failure(2)}
    assert reason_of(tmp_path, key(1)) == "truncated"
    assert reason_of(tmp_path, key(2)) == failure(2).reason
    assert reason_of(tmp_path, key(3)) == ""
    assert all(before - 1 <= found.when <= time.time() + 1 for found in read_failures(tmp_path).values())


def test_without_the_file_nothing_is_known(tmp_path: Path) -> None:
    assert (read_failures(tmp_path), reason_of(tmp_path, key(1))) == ({}, "")


def test_digits_of_a_key_in_another_pictures_path_do_not_mislead(tmp_path: Path) -> None:
    append_failures(tmp_path, [failure(1), Failure(key(2), b"/" + key(1).hex().encode(), "damaged: it bears a key")])
    assert reason_of(tmp_path, key(1)) == failure(1).reason


@given(st.data())
def test_a_file_cut_at_any_byte_gives_the_whole_lines_before(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    append_failures(folder, [replace(failure(number), when=1_000.0) for number in range(4)])
    whole = (folder / FILE_NAME).read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    (folder / FILE_NAME).write_bytes(whole[:cut])
    kept = [number for number in range(4) if key(number).hex().encode() in whole[:cut]]
    found = read_failures(folder)
    assert set(found) in ({key(number) for number in kept}, {key(number) for number in kept[:-1]})
    append_failures(folder, [failure(9)])  # not swallowed by the line that was cut
    assert set(read_failures(folder)) == set(found) | {key(9)}


@given(st.binary(max_size=300))
def test_bytes_that_nobody_of_us_wrote_are_passed_over(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("foreign")
    (folder / FILE_NAME).write_bytes(content)
    append_failures(folder, [failure(1)])
    assert read_failures(folder)[key(1)] == failure(1)
    assert reason_of(folder, key(1)) == failure(1).reason


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        '{"key": 7}',
        '{"key": "00", "path": "a", "reason": "b"}',
        json.dumps({"key": key(1).hex(), "path": "\ud800", "reason": "a surrogate that stands for no byte"}),
        json.dumps({"key": key(1).hex(), "path": "a", "reason": "b", "time": "noon"}),
        '"only words"',
        "null",
    ],
)
def test_lines_of_another_make_are_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE_NAME).write_text(line + "\n")
    assert read_failures(tmp_path) == {}


def test_it_is_shortened_once_it_is_more_than_twice_as_long_as_it_must_be(tmp_path: Path) -> None:
    for _ in range(2):
        append_failures(tmp_path, [failure(1), failure(2)])
    assert not compact_failures(tmp_path, {key(1), key(2)})
    append_failures(tmp_path, [again(1, "now truncated")])
    first = read_failures(tmp_path)
    assert compact_failures(tmp_path, {key(1), key(2)})
    assert len((tmp_path / FILE_NAME).read_bytes().splitlines()) == 2
    assert read_failures(tmp_path) == first
    assert [entry.when for entry in read_failures(tmp_path).values()] == [
        pytest.approx(first[found].when) for found in read_failures(tmp_path)
    ]
    assert compact_failures(tmp_path, set())
    assert (tmp_path / FILE_NAME).read_bytes() == b""


def test_the_writer_shortens_it_and_a_full_disk_leaves_it_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "store", (1,))

    def full(path: Path, content: bytes) -> None:
        raise DiskFull("no room")

    with store.Writer(folder) as writer:
        for _ in range(3):
            writer.append([], rows(), [failure(2), failure(4)])
        append(writer, 2)  # it could be read after all
        before = (folder / FILE_NAME).read_bytes()
        with monkeypatch.context() as patched:
            patched.setattr(failures, "write_atomic", full)
            writer.compact_failures()
        assert (folder / FILE_NAME).read_bytes() == before
        writer.compact_failures()
    assert read_failures(folder) == {key(4): failure(4)}  # whose key ends in zeros
    snapshot = store.Reader(folder).snapshot()
    assert [snapshot.has_failed(key(number)) for number in (1, 2, 3, 4)] == [False, False, False, True]
