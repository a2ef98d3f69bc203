"""Codes of a vec type on disk: derived, extended, checked, never believed where they do not fit."""

from __future__ import annotations

import os
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from vector_helpers import append, flip, key, make, row

from core.errors import StoreBusy, StoreError, UnsafeFile
from core.vectors import code_file, indexing
from core.vectors.indexing import index, is_due, remove_index
from core.vectors.snapshot import Snapshot
from core.vectors.store import Reader, Writer, compact
from core.vectors.verification import repair, verify

DIM = 24
NAME = "codes.i8"
HEADER = 64
MEAN_END = HEADER + 128  # 24 float32 take 96 bytes: codes begin at a multiple of 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "vectors" / "effnet-lite0", tuple(range(100)), dim=DIM)


def _snapshot(folder: Path) -> Snapshot:
    return Reader(folder).snapshot()


def _coded(folder: Path) -> int:
    codes = _snapshot(folder).codes
    return 0 if codes is None else len(codes)


def _assert_answers_are_exact(folder: Path) -> None:
    snapshot = _snapshot(folder)
    query = row(4321, DIM)
    found, _ = snapshot.nearest(query, 7, snapshot.live)
    scores = np.where(snapshot.live, snapshot.rows @ query, -9)
    assert found.numbers.tolist() == np.argsort(-scores, kind="stable")[:7].tolist()


def test_an_index_has_codes_of_all_rows_and_answers_are_those_of_the_rows(folder: Path) -> None:
    assert _coded(folder) == 0
    assert index(folder) == _coded(folder) == 100
    _assert_answers_are_exact(folder)
    assert verify(folder).wrong_codes == 0


def test_rows_that_were_added_since_are_found_too_and_the_index_is_extended(folder: Path) -> None:
    index(folder)
    inode = (folder / NAME).stat().st_ino
    with Writer(folder) as writer:
        append(writer, *range(100, 150), dim=DIM)
    assert _coded(folder) == 100
    _assert_answers_are_exact(folder)
    before = _snapshot(folder)
    assert before.codes is not None
    assert index(folder) == 150
    assert (folder / NAME).stat().st_ino == inode  # nothing was written again
    assert len(before.codes) == 100
    _assert_answers_are_exact(folder)


def test_interrupted_it_goes_on_with_what_is_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_file, "_AT_ONCE", 10)
    stop = threading.Event()
    assert index(folder, progress=lambda done, total: stop.set() if done == 30 else None, stop=stop) == 30
    assert _coded(folder) == 30
    told: list[tuple[int, int]] = []
    assert index(folder, progress=lambda *at: told.append(at)) == 100
    assert told[0] == (40, 100)
    assert verify(folder).wrong_codes == 0


def test_groups_that_fill_in_parts_are_as_those_that_are_written_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_file, "GROUP", 16)
    monkeypatch.setattr(code_file.codes.group, "__defaults__", (16,))
    index(folder)
    at_once = (folder / NAME).read_bytes()
    remove_index(folder)
    monkeypatch.setattr(code_file, "_AT_ONCE", 10)
    stop = threading.Event()
    index(folder, progress=lambda done, total: stop.set() if done >= 20 else None, stop=stop)
    assert _coded(folder) == 26
    assert index(folder) == 100
    assert (folder / NAME).read_bytes() == at_once
    assert verify(folder).wrong_codes == 0
    _assert_answers_are_exact(folder)


def test_codes_of_the_older_form_are_not_believed_and_made_anew(folder: Path) -> None:
    index(folder)
    with (folder / NAME).open("r+b") as stream:
        known = b"PSCODES1" + stream.read(28)[8:]
        stream.seek(0)
        stream.write(known + zlib.crc32(known).to_bytes(4, "little"))
    assert _coded(folder) == 0
    _assert_answers_are_exact(folder)
    assert index(folder) == _coded(folder) == 100


def test_rows_that_no_longer_count_are_not_found(folder: Path) -> None:
    index(folder)
    best = _snapshot(folder).nearest(row(4321, DIM), 1, np.ones(100, bool))[0].numbers[0]
    with Writer(folder) as writer:
        writer.void([key(int(best))])
    _assert_answers_are_exact(folder)


def test_compaction_leaves_no_codes_of_rows_that_are_elsewhere_now(folder: Path) -> None:
    index(folder)
    with Writer(folder) as writer:
        writer.void([key(number) for number in range(0, 100, 2)])
    compact(folder)
    assert _coded(folder) == 0
    assert not (folder / NAME).exists()
    assert index(folder) == 50
    assert (folder / "codes.2.i8").exists()
    _assert_answers_are_exact(folder)


@pytest.mark.parametrize("offset", [0, 9, 13, 21, 25, 29, HEADER, HEADER + 4 * DIM - 1])
def test_a_damaged_header_or_mean_is_not_believed(folder: Path, offset: int) -> None:
    index(folder)
    flip(folder / NAME, offset)
    assert _coded(folder) == 0
    _assert_answers_are_exact(folder)
    assert index(folder) == 100


@pytest.mark.parametrize("length", [0, 1, HEADER - 1, HEADER, HEADER + 10, -1])
def test_a_file_that_was_cut_is_not_believed(folder: Path, length: int) -> None:
    index(folder)
    os.truncate(folder / NAME, (folder / NAME).stat().st_size + length if length < 0 else length)
    assert _coded(folder) == 0
    assert index(folder) == 100


def test_codes_of_other_vectors_are_not_believed(folder: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "vectors" / "conse", tuple(range(1000, 1100)), dim=DIM)
    index(other)
    (folder / NAME).write_bytes((other / NAME).read_bytes())
    assert _coded(folder) == 0
    _assert_answers_are_exact(folder)


def test_verify_finds_wrong_codes_and_repair_deletes_them(folder: Path) -> None:
    index(folder)
    flip(folder / NAME, MEAN_END + 99 * DIM)
    found = verify(folder)
    assert (found.rows, found.bad, found.wrong_codes) == (100, [], 1)
    assert repair(folder) == found
    assert not (folder / NAME).exists()
    assert verify(folder).wrong_codes == 0


def test_a_damaged_row_is_not_said_to_be_a_wrong_code_as_well(folder: Path) -> None:
    index(folder)
    flip(folder / "rows.f32", 5 * DIM * 4)
    assert verify(folder).wrong_codes == 0
    assert repair(folder).bad == [key(5)]
    assert _coded(folder) == 100
    _assert_answers_are_exact(folder)


def test_what_a_killed_index_left_is_removed_by_the_next_writer(folder: Path) -> None:
    (folder / "codes.new.i8").write_bytes(b"half")
    with Writer(folder):
        pass
    assert not (folder / "codes.new.i8").exists()


def test_removing_deletes_the_codes_and_nothing_else(folder: Path) -> None:
    names = set(os.listdir(folder))
    index(folder)
    assert remove_index(folder)
    assert not remove_index(folder)
    assert set(os.listdir(folder)) == names
    _assert_answers_are_exact(folder)


def test_nothing_is_written_while_a_job_writes(folder: Path) -> None:
    with Writer(folder, "job x"):
        for use in (index, remove_index):
            with pytest.raises(StoreBusy, match="job x"):
                use(folder)


def test_a_link_in_their_place_is_refused(folder: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (folder / NAME).symlink_to(victim)
    with pytest.raises(UnsafeFile, match=NAME):
        index(folder)
    (folder / NAME).unlink()
    (folder / "codes.new.i8").symlink_to(victim)
    with pytest.raises(StoreError, match=r"codes\.new"):
        index(folder)
    assert victim.read_bytes() == b"precious"


def test_an_empty_vec_type_has_nothing_to_index(tmp_path: Path) -> None:
    empty = make(tmp_path / "vectors" / "effnet-lite0", dim=DIM)
    assert index(empty) == 0
    assert _snapshot(empty).codes is None


def test_a_job_writes_codes_where_they_pay_off_and_extends_them_when_many_are_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_due(_snapshot(folder))
    monkeypatch.setattr(indexing, "WORTHWHILE", 100)
    assert is_due(_snapshot(folder))
    index(folder)
    assert not is_due(_snapshot(folder))
    with Writer(folder) as writer:
        append(writer, *range(100, 105), dim=DIM)
    assert not is_due(_snapshot(folder))
    with Writer(folder) as writer:
        append(writer, *range(105, 110), dim=DIM)
    assert is_due(_snapshot(folder))


def test_whoever_has_the_vectors_open_uses_codes_as_soon_as_they_are_there(folder: Path) -> None:
    reader = Reader(folder)
    before = reader.snapshot()
    assert before.codes is None
    index(folder)
    after = reader.snapshot()
    assert after.codes is not None
    assert reader.snapshot() is after  # else coverage would be computed at each question
    remove_index(folder)
    assert reader.snapshot().codes is None
