"""Compaction and salvage: a new generation holds what counts, whatever happens on the way; readers notice nothing."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from vector_helpers import RECORD_BYTES, ROW_BYTES, append, content, expected, failed, failure, key, make, row, rows

from core.errors import DiskFull, JournalDamaged, StoreBusy, StoreDamaged, StoreError
from core.vectors import compact, store
from core.vectors.journal import RECORD
from core.vectors.manifest import Manifest, generation_files
from core.vectors.store import Reader, Writer
from core.vectors.verification import Verification, repair, verify
from tests.attacks.tally import count

FIRST, SECOND = {"rows.f32", "journal.bin"}, {"rows.2.f32", "journal.2.bin"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """1 to 7 are done (in the order 2, 3, 6, 7, 1, 4, 5), 8 and 12 failed; 5 of 12 rows are dead."""
    folder = make(tmp_path / "effnet-lite0", (1, 2, 3, 4), (5, 6, 7), (9,))
    with Writer(folder) as writer:
        writer.append([key(1), key(4)], rows(1, 4), [failure(8), failure(5)])
        writer.append([key(5), key(12)], rows(5, 12))
        writer.void([key(9)])
        writer.append([], rows(), [failure(12)])
    return folder


def stored(folder: Path) -> set[str]:
    return {path.name for path in generation_files(folder)}


def test_what_counts_is_carried_over_in_its_order_and_the_old_files_go(folder: Path) -> None:
    assert Reader(folder).snapshot().worth_compacting
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7)
    done = store.compact(folder)
    assert (done.rows, done.dropped, done.lost_records) == (7, [], 0)
    assert (done.before, done.after) == (12 * ROW_BYTES + 16 * RECORD_BYTES, 7 * ROW_BYTES + 9 * RECORD_BYTES)
    assert stored(folder) == SECOND
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7)
    assert failed(folder) == {key(8), key(12)}
    snapshot = Reader(folder).snapshot()
    np.testing.assert_array_equal(snapshot.rows, rows(2, 3, 6, 7, 1, 4, 5))
    assert not snapshot.worth_compacting
    assert verify(folder) == Verification(7, [])
    with Writer(folder) as writer:
        assert writer.healed == []
        append(writer, 10)
    assert store.compact(folder).rows == 8
    assert stored(folder) == {"rows.3.f32", "journal.3.bin"}
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7, 10)


@pytest.mark.parametrize("batches", [(), ((1, 2, 3),)], ids=["empty", "whole"])
def test_a_store_without_dead_rows_stays_the_same(tmp_path: Path, batches: tuple[tuple[int, ...], ...]) -> None:
    folder = make(tmp_path / "effnet-lite0", *batches)
    before = content(folder)
    assert not Reader(folder).snapshot().worth_compacting
    done = store.compact(folder)
    assert done.before == done.after
    assert content(folder) == before


def test_many_rows_are_copied_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_CHUNK_BYTES", 7 * ROW_BYTES)
    folder = make(tmp_path / "effnet-lite0", tuple(range(100)))
    with Writer(folder) as writer:
        writer.void([key(number) for number in range(0, 100, 2)])
    assert store.compact(folder).rows == 50
    assert content(folder) == expected(*range(1, 100, 2))


def test_a_reader_that_has_the_old_rows_mapped_goes_on_and_then_sees_the_new(folder: Path) -> None:
    reader = Reader(folder)
    before = reader.snapshot()
    live = before.rows[before.live].copy()
    store.compact(folder)
    with Writer(folder) as writer:
        append(writer, 10)
    np.testing.assert_array_equal(before.rows[before.live], live)
    after = reader.snapshot()
    assert (after.manifest.generation, len(after.done)) == (2, 8)
    np.testing.assert_array_equal(after.rows[:7], live)


def test_readers_never_see_less_while_a_store_is_compacted_over_and_over(folder: Path) -> None:
    wanted, seen, stop = expected(1, 2, 3, 4, 5, 6, 7), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.append(content(folder))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(40):
            store.compact(folder)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert len(seen) > 1
    assert all(found == wanted for found in seen)


def test_a_row_that_does_not_match_its_checksum_is_not_carried_over(folder: Path) -> None:
    with (folder / "rows.f32").open("r+b") as stream:
        stream.seek(2 * ROW_BYTES)
        stream.write(b"\x07")
    assert store.compact(folder).dropped == [key(3)]
    assert content(folder) == expected(1, 2, 4, 5, 6, 7)


def test_a_store_that_is_written_or_damaged_is_not_compacted(folder: Path) -> None:
    with Writer(folder, "job 7"), pytest.raises(StoreBusy, match="job 7"):
        store.compact(folder)
    flip_record(folder, 3)
    with pytest.raises(JournalDamaged, match="record 3 of 16"):
        store.compact(folder)
    assert stored(folder) == FIRST
    (folder / "journal.bin").unlink()
    with pytest.raises(StoreDamaged, match=r"journal\.bin is missing"):
        store.compact(folder)


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, StoreError)], ids=["full", "broken"]
)
@pytest.mark.parametrize("at", range(1, 6))
def test_a_disk_that_refuses_leaves_one_whole_generation(
    folder: Path, monkeypatch: pytest.MonkeyPatch, at: int, number: int, kind: type[StoreError]
) -> None:
    """The five fsync: rows, journal, their folder, the manifest, its folder (then the new generation counts)."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails_at(os.fsync, at, number))
        with pytest.raises((kind, OSError)) as caught:
            store.compact(folder)
    if isinstance(caught.value, StoreError):
        assert type(caught.value) is kind
        assert caught.value.hint
    assert stored(folder) == (FIRST if at < 5 else FIRST | SECOND)
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7)
    with Writer(folder) as writer:
        append(writer, 10)
    assert stored(folder) == (FIRST if at < 5 else SECOND)
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7, 10)
    store.compact(folder)
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7, 10)


def fails_at(real: Callable[[int], None], at: int, number: int) -> Callable[[int], None]:
    calls = 0

    def call(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    return call


def test_what_a_died_compaction_left_is_removed_by_the_next_writer(folder: Path) -> None:
    for name in ("rows.2.f32", "journal.2.bin", ".manifest.toml.abc"):
        (folder / name).write_bytes(b"half of it")
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7)
    with Writer(folder):
        assert stored(folder) == FIRST
    assert not (folder / ".manifest.toml.abc").exists()
    assert content(folder) == expected(1, 2, 3, 4, 5, 6, 7)


def test_a_compacted_store_that_lost_its_manifest_is_not_taken_for_a_new_one(folder: Path) -> None:
    about = Manifest.load(folder)
    store.compact(folder)
    (folder / "manifest.toml").unlink()
    with pytest.raises(StoreDamaged, match=r"manifest\.toml is missing"):
        store.create(folder, about)
    assert stored(folder) == SECOND


# Salvage


def flip_record(folder: Path, number: int, byte: int = 5) -> None:
    with (folder / "journal.bin").open("r+b") as stream:
        stream.seek(number * RECORD_BYTES + byte)
        old = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([old[0] ^ 0x20]))


@pytest.mark.parametrize("number", range(15))  # a bad 16th record is a tail, which is cut
def test_a_journal_with_any_record_damaged_gives_every_other_row_back(folder: Path, number: int) -> None:
    records = np.fromfile(folder / "journal.bin", RECORD)
    flip_record(folder, number)
    with pytest.raises(JournalDamaged) as caught:
        Writer(folder)
    assert "pictoscope vectors verify effnet-lite0 --repair" in caught.value.hint
    # What a repair may cost: the key of the damaged record. What it may bring back: a row that was taken back.
    doubtful = bytes(records["key"][number]).ljust(20, b"\0")
    assert repair(folder).lost_records == 1
    found = content(folder)
    wanted = expected(1, 2, 3, 4, 5, 6, 7)
    lost = [name for name in wanted if name != doubtful and found.get(name) != wanted[name]]
    count("damage healed: journal, a record in the middle", rows_lost=len(lost))
    assert not lost
    assert found.keys() - {doubtful} == wanted.keys() - {doubtful}
    assert found.items() <= (wanted | {key(9): row(9).tobytes(), key(12): row(12).tobytes()}).items()
    assert verify(folder).bad == []
    with Writer(folder) as writer:
        assert writer.healed == []


def test_holes_between_rows_and_failures_are_bridged_by_checksums(tmp_path: Path) -> None:
    """Bad records of which nobody knows whether they had rows: the rows after them are found all the same."""
    folder = make(tmp_path / "effnet-lite0")
    with Writer(folder) as writer:
        for number in range(0, 400, 4):
            writer.append([key(number), key(number + 1)], rows(number, number + 1), [failure(number + 2)])
    bad = {17, 18, 19, 60, 61, 150, 299 - 20, *range(200, 232)}
    records = np.fromfile(folder / "journal.bin", RECORD)
    for number in bad:
        flip_record(folder, number, number % 32)
    assert repair(folder).lost_records == len(bad)
    kept = [
        bytes(record["key"]).ljust(20, b"\0")
        for number, record in enumerate(records)
        if number not in bad and record["status"] == 1
    ]
    assert sorted(content(folder)) == sorted(kept)
    assert verify(folder) == Verification(len(kept), [])


def test_salvage_also_leaves_out_rows_that_are_damaged(folder: Path) -> None:
    flip_record(folder, 1)
    with (folder / "rows.f32").open("r+b") as stream:
        stream.seek(5 * ROW_BYTES)
        stream.write(b"\x07\x07")
    found = repair(folder)
    assert (found.rows, found.bad, found.lost_records) == (6, [key(6)], 1)
    assert content(folder) == expected(1, 3, 4, 5, 7)


def test_a_journal_without_one_good_record_leaves_an_empty_store(folder: Path) -> None:
    """Then nothing speaks for the rows; a Restart computes them again."""
    (folder / "journal.bin").write_bytes(b"\x07" * 16 * RECORD_BYTES)
    assert repair(folder).rows == 0
    assert content(folder) == {}
