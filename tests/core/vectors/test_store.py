"""The store: what is committed is read back, and nothing that goes wrong takes it away."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from vector_helpers import ROW_BYTES, append, content, expected, failed, failure, flip, key, make, manifest, row, rows

from core.errors import DiskFull, JournalDamaged, StoreBusy, StoreDamaged, StoreError, UsageError
from core.vectors import journal, store
from core.vectors.failures import read_failures
from core.vectors.store import Reader, Writer
from core.vectors.verification import Verification, repair, verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors" / "effnet-lite0"


def test_anyone_reads_the_rows_with_numpy_and_a_toml_parser(folder: Path) -> None:
    make(folder, (1, 2), (3,))
    import tomllib

    about = tomllib.loads((folder / "manifest.toml").read_text())
    count = (folder / "rows.f32").stat().st_size // (4 * about["dim"])
    mapped = np.memmap(folder / "rows.f32", about["dtype"], "r", shape=(count, about["dim"]))
    assert about["format"] == 1
    assert about["vec_type"] == "effnet-lite0"
    np.testing.assert_array_equal(mapped, rows(1, 2, 3))


def test_a_new_store_is_empty_and_creating_it_twice_is_refused(folder: Path) -> None:
    make(folder)
    assert Reader(folder).snapshot().rows.shape == (0, 3)
    assert content(folder) == {}
    with pytest.raises(StoreError, match="exists already"):
        store.create(folder, manifest())


def test_rows_of_another_shape_are_refused_before_anything_is_written(folder: Path) -> None:
    make(folder)
    with Writer(folder) as writer, pytest.raises(ValueError, match="shape"):
        writer.append([key(1)], rows(1, 2))
    assert (folder / "rows.f32").stat().st_size == (folder / "journal.bin").stat().st_size == 0


def test_an_open_reader_sees_the_store_grow(folder: Path) -> None:
    make(folder, (1,))
    reader = Reader(folder)
    first = reader.snapshot()
    assert reader.snapshot() is first
    with Writer(folder) as writer:
        append(writer, 2, 3)
        assert len(reader.snapshot().rows) == 3
        append(writer, 4)
    assert content(folder) == expected(1, 2, 3, 4)
    assert reader.snapshot() is reader.snapshot() is not first


def test_rows_that_a_reader_has_mapped_do_not_change(folder: Path) -> None:
    make(folder, (1, 2))
    snapshot = Reader(folder).snapshot()
    with Writer(folder) as writer:
        for number in range(3, 2000):
            append(writer, number)
    np.testing.assert_array_equal(snapshot.rows, rows(1, 2))
    assert not snapshot.rows.flags.writeable


def test_a_failed_picture_is_a_record_with_its_reason(folder: Path) -> None:
    make(folder)
    with Writer(folder) as writer:
        writer.append([key(1)], rows(1), [failure(2), failure(4)])
    assert content(folder) == expected(1)
    assert failed(folder) == {key(2), key(4)}
    assert read_failures(folder) == {key(2): failure(2), key(4): failure(4)}


def test_the_last_record_of_a_key_counts(folder: Path) -> None:
    make(folder)
    with Writer(folder) as writer:
        writer.append([key(1), key(4)], rows(9, 4), [failure(2)])
        writer.append([key(2)], rows(2), [failure(4)])
        writer.append([key(1)], rows(1))
    assert content(folder) == expected(1, 2)
    assert failed(folder) == {key(4)}
    assert read_failures(folder)[key(2)].reason == failure(2).reason


def test_the_last_record_counts_also_where_many_keys_share_their_first_bytes(folder: Path) -> None:
    make(folder)
    alike = [b"\0" * 8 + bytes([number % 7]) * 12 for number in range(50)]
    with Writer(folder) as writer:
        writer.append(alike, rows(*range(50)))
    snapshot = Reader(folder).snapshot()
    assert np.flatnonzero(snapshot.live).tolist() == list(range(43, 50))


def test_void_takes_a_row_back(folder: Path) -> None:
    make(folder, (1, 2, 3, 4))
    with Writer(folder) as writer:
        writer.void([key(2), key(4)])
    assert content(folder) == expected(1, 3)
    with Writer(folder) as writer:
        append(writer, 4)
    assert content(folder) == expected(1, 3, 4)


def test_row_of_finds_the_row_that_counts(folder: Path) -> None:
    make(folder, (1, 4, 8), (4,))
    with Writer(folder) as writer:
        writer.void([key(1)])
    snapshot = Reader(folder).snapshot()
    assert [snapshot.row_of(key(number)) for number in (1, 4, 8, 99)] == [None, 3, 2, None]


def test_two_writers_exclude_each_other_and_the_first_is_named(folder: Path) -> None:
    make(folder)
    with Writer(folder, "job 20260101-effnet, process 77"):
        assert store.is_being_written(folder)
        with pytest.raises(StoreBusy, match="job 20260101-effnet, process 77"):
            Writer(folder)
        with pytest.raises(StoreBusy, match="process 77"):
            store.delete(folder)
        assert folder.is_dir()
    assert not store.is_being_written(folder)


def test_the_lock_of_a_killed_writer_is_free(folder: Path) -> None:
    make(folder)
    script = f"""
import os, signal
from pathlib import Path
from core.vectors.store import Writer
writer = Writer(Path({str(folder)!r}), "the killed one")
os.kill(os.getpid(), signal.SIGKILL)"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    with Writer(folder) as writer:
        assert writer.healed == ["the killed one ended without releasing its lock, which was taken over"]
        append(writer, 1)
    with Writer(folder) as writer:
        assert writer.healed == []


def test_delete_leaves_nothing(folder: Path) -> None:
    make(folder, (1, 2))
    store.delete(folder)
    assert os.listdir(folder.parent) == []
    with pytest.raises(UsageError, match="effnet-lite0"):
        store.delete(folder)


# Crashes


def test_a_journal_cut_at_any_byte_keeps_the_whole_records_before_it(tmp_path: Path) -> None:
    full = make(tmp_path / "full", (1, 2), (3,), (4, 5))
    journal, stored = (full / "journal.bin").read_bytes(), (full / "rows.f32").read_bytes()
    folder = make(tmp_path / "cut")
    for length in range(len(journal) + 1):
        (folder / "journal.bin").write_bytes(journal[:length])
        (folder / "rows.f32").write_bytes(stored)
        whole = length // 32
        assert content(folder) == expected(*range(1, whole + 1))
        with Writer(folder) as writer:
            assert bool(writer.healed) == (length < len(journal))
            append(writer, 8)
        assert content(folder) == expected(*range(1, whole + 1), 8)
        assert not verify(folder).bad


@pytest.mark.parametrize("extra", [1, ROW_BYTES - 1, ROW_BYTES, 5 * ROW_BYTES + 3])
def test_rows_that_were_never_committed_are_cut(folder: Path, extra: int) -> None:
    make(folder, (1, 2))
    with (folder / "rows.f32").open("ab") as stream:
        stream.write(b"\x7f" * extra)
    assert content(folder) == expected(1, 2)
    with Writer(folder) as writer:
        assert writer.healed == [f"{extra} bytes of rows that were never committed were cut off"]
        append(writer, 3)
    assert content(folder) == expected(1, 2, 3)


@pytest.mark.parametrize("tail", [b"\xff" * 32, b"\0" * 32, b"\0" * 96, b"\x01" * 50])
def test_a_tail_of_the_journal_that_is_no_record_is_cut(folder: Path, tail: bytes) -> None:
    make(folder, (1, 2))
    with (folder / "journal.bin").open("ab") as stream:
        stream.write(tail)
    assert content(folder) == expected(1, 2)
    with Writer(folder) as writer:
        assert writer.healed
        append(writer, 3)
    assert content(folder) == expected(1, 2, 3)


def test_a_hole_that_a_power_cut_left_in_the_last_batch_is_cut(folder: Path) -> None:
    make(folder, (1, 2), tuple(range(3, 40)))
    with (folder / "journal.bin").open("r+b") as stream:
        stream.seek(5 * 32)
        stream.write(b"\0" * 512)
    assert content(folder) == expected(*range(1, 6))
    with Writer(folder) as writer:
        append(writer, 50)
    assert content(folder) == expected(*range(1, 6), 50)


def test_a_hole_far_from_the_end_is_damage(folder: Path) -> None:
    make(folder, tuple(range(2000)))
    with (folder / "journal.bin").open("r+b") as stream:
        stream.write(b"\0" * 512)
    with pytest.raises(StoreDamaged, match="record 0 of 2,000 is damaged"):
        Reader(folder).snapshot()


def test_a_bad_tail_longer_than_any_batch_is_damage(folder: Path) -> None:
    make(folder, tuple(range(2000)))
    with (folder / "journal.bin").open("r+b") as stream:
        stream.seek(900 * 32)
        stream.write(b"\x07" * 1100 * 32)
    with pytest.raises(JournalDamaged, match="record 900 of 2,000 is damaged and so are all later ones"):
        Writer(folder)
    assert (folder / "rows.f32").stat().st_size == 2000 * ROW_BYTES
    assert repair(folder) == Verification(900, [])
    assert content(folder) == expected(*range(900))


@pytest.mark.parametrize("left", [0, 1, ROW_BYTES, 2 * ROW_BYTES + 5])
def test_rows_that_are_missing_are_found_said_and_computed_again(folder: Path, left: int) -> None:
    make(folder, (1, 2, 3, 4), (2,))
    os.truncate(folder / "rows.f32", left)
    gone = [number for position, number in enumerate((1, 2, 3, 4, 2)) if position >= left // ROW_BYTES]
    kept = {1, 2, 3, 4} - set(gone)
    assert content(folder) == expected(*kept)
    assert sorted(verify(folder).bad) == sorted({key(number) for number in gone})
    with Writer(folder) as writer:
        assert writer.healed == [f"{len(set(gone))} rows were missing from rows.f32 and will be computed again"]
        assert sorted(writer.voided) == sorted({key(number) for number in gone})
    assert content(folder) == expected(*kept)
    with Writer(folder) as writer:
        assert writer.healed == []
        append(writer, *gone[-1:])
    assert content(folder) == expected(*kept, *gone[-1:])
    assert not verify(folder).bad


def test_a_bad_record_with_good_ones_after_it_is_damage_and_the_file_is_named(folder: Path) -> None:
    make(folder, (1, 2, 3))
    flip(folder / "journal.bin", 32 + 3)
    for attempt in (lambda: Reader(folder).snapshot(), lambda: Writer(folder), lambda: verify(folder)):
        with pytest.raises(StoreDamaged, match=r"journal\.bin: record 1 of 3 is damaged"):
            attempt()
    assert not store.is_being_written(folder)


def test_flipped_bits_in_the_last_rows_are_healed_on_open(folder: Path) -> None:
    make(folder, (1, 2, 3))
    flip(folder / "rows.f32", 2 * ROW_BYTES)
    with Writer(folder) as writer:
        assert writer.healed == ["1 rows did not match their checksum and will be computed again"]
        assert writer.voided == [key(3)]
    assert content(folder) == expected(1, 2)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (None, StoreDamaged, r"manifest\.toml is missing"),
        ("format = 2\n", StoreError, "has format 2, this Pictoscope reads up to 1"),
        ("format = 1\ndim = 3\n", StoreDamaged, "is damaged: 'model'"),
        ("", StoreDamaged, "it has no format version"),
        ("format = = 1", StoreDamaged, "is damaged"),
        (b"\xff\xfe", StoreDamaged, "is damaged"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_said(
    folder: Path, text: str | bytes | None, kind: type[StoreError], words: str
) -> None:
    make(folder, (1,))
    path = folder / "manifest.toml"
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for attempt in (Writer, lambda where: Reader(where).snapshot(), verify):
        with pytest.raises(kind, match=words) as caught:
            attempt(folder)
        assert type(caught.value) is kind
        assert caught.value.hint


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("dim = 3", 'dim = "3"'),
        ("dim = 3", "dim = 0"),
        ("dim = 3", "dim = true"),
        ('dtype = "<f4"', 'dtype = ">f8"'),
        ("generation = 1", "generation = -1"),
        ('revision = "1"', "revision = 1"),
        ("[sha256]", "[sha]"),
    ],
)
def test_a_manifest_with_values_that_cannot_be_is_damaged(folder: Path, line: str, changed: str) -> None:
    make(folder, (1,))
    _, text = (folder / "manifest.toml").read_text().split("\n", 1)  # without the checksum
    assert line in text
    (folder / "manifest.toml").write_text(text.replace(line, changed))
    with pytest.raises(StoreDamaged, match=r"manifest\.toml is damaged") as caught:
        Reader(folder).snapshot()
    assert "checksum" not in caught.value.message


def test_a_manifest_that_was_changed_does_not_match_its_checksum_and_may_be_told_to(folder: Path) -> None:
    make(folder, (1,))
    path = folder / "manifest.toml"
    path.write_text(path.read_text().replace("dim = 3", "dim = 1"))
    with pytest.raises(StoreDamaged, match="does not match its checksum") as caught:
        Writer(folder)
    assert "delete its first line" in caught.value.hint
    path.write_text(path.read_text().replace("dim = 1", "dim = 3").split("\n", 1)[1])
    assert content(folder) == expected(1)


@pytest.mark.parametrize("name", ["rows.f32", "journal.bin"])
def test_a_file_that_is_gone_is_named(folder: Path, name: str) -> None:
    make(folder, (1,))
    (folder / name).unlink()
    for attempt in (Writer, lambda where: Reader(where).snapshot()):
        with pytest.raises(StoreDamaged, match=f"{name} is missing"):
            attempt(folder)
    assert not (folder / name).exists()


def test_rows_whose_manifest_is_gone_are_not_taken_for_a_new_store(folder: Path) -> None:
    make(folder, (1,))
    (folder / "manifest.toml").unlink()
    with pytest.raises(StoreDamaged, match=r"manifest\.toml is missing"):
        store.create(folder, manifest())
    assert (folder / "rows.f32").stat().st_size == ROW_BYTES


# Disks that refuse


@pytest.mark.parametrize(
    ("call", "at"),
    [("pwrite", 1), ("pwrite", 2), ("fdatasync", 1), ("fdatasync", 2)],
    ids=["rows", "journal", "rows-sync", "journal-sync"],
)
@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EIO, StoreError)],
    ids=["full", "quota", "broken"],
)
def test_a_write_that_fails_commits_nothing_and_what_was_there_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, at: int, number: int, kind: type[StoreError]
) -> None:
    make(folder, (1, 2))
    with Writer(folder) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(os, call, fails_at(getattr(os, call), at, number))
            with pytest.raises(kind) as caught:
                append(writer, 3, 4, 5)
        assert type(caught.value) is kind
        assert "Restart" in caught.value.hint
        assert content(folder) == expected(1, 2)
        with pytest.raises(StoreError, match="an earlier write failed"):
            append(writer, 6)
        with pytest.raises(StoreError, match="an earlier write failed"):
            writer.void([key(1)])
    with Writer(folder) as writer:
        append(writer, 3)
    assert content(folder) == expected(1, 2, 3)


def fails_at(real: Callable[..., int], at: int, number: int) -> Callable[..., int]:
    """The ``at``-th call fails; a write has written a part by then, as on a disk that fills up."""
    calls = 0

    def call(descriptor: int, *rest: object) -> int:
        nonlocal calls
        calls += 1
        if calls < at:
            return real(descriptor, *rest)
        if calls == at and rest:
            content, offset = rest
            return real(descriptor, bytes(content)[:40], offset)  # type: ignore[call-overload]
        raise OSError(number, os.strerror(number))

    return call


def test_a_writer_stops_before_a_journal_is_longer_than_readers_take(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (store, journal):
        monkeypatch.setattr(module, "MOST_RECORDS", 4)
    make(folder, (1, 2, 3))
    with Writer(folder) as writer:
        with pytest.raises(StoreError, match="all the 4 records") as refused:
            append(writer, 4, 5)
        assert "vectors compact" in refused.value.hint
        append(writer, 4)
        with pytest.raises(StoreError, match="all the 4 records"):
            writer.append([], rows(), [failure(5)])
    assert content(folder) == expected(1, 2, 3, 4)


def test_short_writes_are_continued(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(folder)
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, text, offset: real(descriptor, bytes(text)[:7], offset))
    with Writer(folder) as writer:
        append(writer, 1, 2, 3)
    assert content(folder) == expected(1, 2, 3)


def test_a_file_system_that_takes_no_more_bytes_is_an_error_and_keeps_what_was_committed(folder: Path) -> None:
    """The kernel's own refusal, not a stand-in: the process may not make files larger than 10,000 bytes."""
    script = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from vector_helpers import append, make
from core.errors import DiskFull
from core.vectors.store import Writer
folder = make(Path({str(folder)!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
with Writer(folder) as writer:
    for number in range(1000):
        try:
            append(writer, 2 * number + 1, 2 * number + 2)
        except DiskFull as error:
            print(number, error.message)
            break"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""
    batches, words = done.stdout.split(" ", 1)
    assert words == f"no space left to write {folder}\n"
    assert content(folder) == expected(*range(1, 2 * int(batches) + 1))
    with Writer(folder) as writer:
        append(writer, 999)
    assert row(999).tobytes() in content(folder).values()
