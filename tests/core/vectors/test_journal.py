"""The journal: fixed records, checked all at once."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from vector_helpers import key

from core.vectors.journal import RECORD, Status, make_records, read_journal


def test_a_record_is_32_bytes_laid_out_as_documented() -> None:
    (record,) = make_records([bytes(range(20))], Status.DONE, [0x01020304])
    raw = record.tobytes()
    assert RECORD.itemsize == len(raw) == 32
    assert raw[:20] == bytes(range(20))
    assert raw[20:28] == b"\x01\0\0\0\x04\x03\x02\x01"
    assert int.from_bytes(raw[28:], "little") == zlib.crc32(raw[:28])


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_records_are_read_back(tmp_path: Path, count: int) -> None:
    crcs = np.random.default_rng(0).integers(0, 2**32, count).tolist()
    records = make_records([key(number) for number in range(count)], Status.DONE, crcs)
    path = tmp_path / "journal.bin"
    path.write_bytes(records.tobytes())
    journal = read_journal(path)
    assert (journal.rows, journal.length) == (count, 32 * count)
    np.testing.assert_array_equal(journal.records, records)


@pytest.mark.parametrize("byte", range(32))
def test_a_changed_byte_anywhere_in_the_last_record_leaves_it_out(tmp_path: Path, byte: int) -> None:
    """Holds only if the checksum that is computed for all records at once is zlib's."""
    raw = bytearray(make_records([key(1), key(2)], Status.FAILED).tobytes())
    raw[32 + byte] ^= 0x80
    path = tmp_path / "journal.bin"
    path.write_bytes(raw)
    assert read_journal(path).length == 32


@pytest.mark.parametrize("status", [0, 4, 255])
def test_a_status_that_does_not_exist_is_no_record(tmp_path: Path, status: int) -> None:
    covered = key(1) + bytes([status]) + bytes(7)
    path = tmp_path / "journal.bin"
    path.write_bytes(covered + zlib.crc32(covered).to_bytes(4, "little"))
    assert read_journal(path).length == 0


def test_only_done_records_have_rows(tmp_path: Path) -> None:
    path = tmp_path / "journal.bin"
    records = [make_records([key(number)], status) for number, status in enumerate(Status)]
    path.write_bytes(np.concatenate(records).tobytes())
    assert read_journal(path).rows == 1
