"""``journal.bin``: what is done. Fixed-size records are appended; a record is the commit of its row.

======  =====  ====================================================================
offset  bytes  field (integers little-endian)
======  =====  ====================================================================
0       20     key: SHA-1 of the picture's content
20      1      status: 1 done, 2 failed, 3 void
21      3      zero
24      4      CRC-32 of the row's bytes; zero if there is none
28      4      CRC-32 of the 28 bytes before
======  =====  ====================================================================

The n-th record with status *done* belongs to row n. The last record of a key counts. *Void* revokes a damaged row.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import JournalDamaged, StoreDamaged
from core.project_files import DEEP, open_stream

RECORD = np.dtype(
    [("key", "S20"), ("status", "u1"), ("zero", "u1", (3,)), ("row_crc", "<u4"), ("crc", "<u4")], align=False
)
_COVERED = RECORD.itemsize - 4
# A power cut may leave only some sectors of the current batch written, in any order, the others as zeros. More
# records than any batch has.
_LAST_BATCH = 1024
# 3.2 GB. The writer stops there: a longer journal is not read, for it may come from a stranger.
MOST_RECORDS = 100_000_000
_READ_AT_ONCE = 1 << 20  # records: 32 MB
_CRC_AT_ONCE = 1 << 14  # records: half a megabyte, which stays in the cache

Records = npt.NDArray[np.void]


class Status(IntEnum):
    """The status of a key in a record."""

    DONE = 1
    FAILED = 2
    VOID = 3


@dataclass(frozen=True)
class Journal:
    """A journal as read.

    Attributes:
        records: the good ones from the start, dtype ``RECORD``.
        length: their size in bytes. The file may be longer by a batch that was being written when its writer died.
    """

    records: Records
    length: int

    @property
    def rows(self) -> int:
        """Number of committed rows, including dead ones."""
        return int(np.count_nonzero(self.records["status"] == Status.DONE))


def make_records(keys: list[bytes], status: Status, row_crcs: list[int] | None = None) -> Records:
    """Records ready to be appended."""
    records = np.zeros(len(keys), RECORD)
    records["key"] = keys
    records["status"] = status
    if row_crcs is not None:
        records["row_crc"] = row_crcs
    raw = records.tobytes()
    size = RECORD.itemsize
    records["crc"] = [zlib.crc32(raw[start : start + _COVERED]) for start in range(0, len(raw), size)]
    return records


def read_journal(path: Path) -> Journal:
    """Read a journal up to its first bad or short record.

    A crash can only leave a bad tail of one batch: short, or with a hole of zeros. A longer one, or good records
    after any other bad one, means that the disk or another program changed the file.

    Raises:
        JournalDamaged: damage that no crash causes. FileNotFoundError: no journal.
    """
    records, good, whole = _read(path, until_damaged=True)
    bad = np.flatnonzero(~good)
    if bad.size == 0:
        return Journal(records, len(records) * RECORD.itemsize)
    first = int(bad[0])
    is_last_batch, is_hole = whole - first <= _LAST_BATCH, not any(records[first].tobytes())
    if not is_last_batch or (good[first:].any() and not is_hole):
        also = ", later ones are not" if good[first:].any() else " and so are all later ones"
        raise JournalDamaged(
            f"{path}: record {first:,} of {whole:,} is damaged{also}",
            f"the disk may be failing; pictoscope vectors verify {path.parent.name} --repair keeps every good row",
        )
    return Journal(records[:first], first * RECORD.itemsize)


def read_all_records(path: Path) -> tuple[Records, npt.NDArray[np.bool_]]:
    """All complete records, and which of them are good: shapes (n,) and (n,).

    Raises:
        FileNotFoundError: no journal. StoreDamaged: more records than any job writes.
    """
    records, good, _ = _read(path, until_damaged=False)
    return records, good


def _read(path: Path, *, until_damaged: bool) -> tuple[Records, npt.NDArray[np.bool_], int]:
    """The records, which of them are good, and how many the file has.

    Args:
        path: of the journal.
        until_damaged: stop after a bad record that no crash can cause.
    """
    parts: list[Records] = []
    goods: list[npt.NDArray[np.bool_]] = []
    done = 0
    with open_stream(path, inside=DEEP) as stream:
        whole = os.fstat(stream.fileno()).st_size // RECORD.itemsize
        if whole > MOST_RECORDS:
            raise StoreDamaged(f"{path} has more than {MOST_RECORDS:,} records", "no job writes that many: delete it")
        while raw := stream.read(min(_READ_AT_ONCE, whole - done) * RECORD.itemsize):
            part = np.frombuffer(raw, RECORD, count=len(raw) // RECORD.itemsize)
            known = (part["status"] >= Status.DONE) & (part["status"] <= Status.VOID)
            good = known & (_crc32(part) == part["crc"])
            parts.append(part)
            goods.append(good)
            done += len(part)
            if until_damaged and not good.all() and whole - done > _LAST_BATCH:
                break
    if len(parts) == 1:  # the usual case: no copy
        return parts[0], goods[0], whole
    if not parts:
        return np.zeros(0, RECORD), np.zeros(0, bool), 0
    return np.concatenate(parts), np.concatenate(goods), whole


def last_of_each_key(keys: npt.NDArray[np.bytes_]) -> npt.NDArray[np.bool_]:
    """True where no later record has the same key.

    Only records whose first 8 bytes occur twice are compared by whole keys: sorting 8-byte numbers takes 24 ms for a
    million.
    """
    last = np.ones(len(keys), bool)
    parts = np.ascontiguousarray(keys).view(np.dtype([("head", "<u8"), ("tail", "V12")]))
    heads = np.ascontiguousarray(parts["head"])
    in_order = np.sort(heads)
    repeated = in_order[1:][in_order[1:] == in_order[:-1]]  # sorted; np.unique would import numpy.ma, some 20 ms
    if repeated.size:
        places = np.searchsorted(repeated, heads).clip(max=repeated.size - 1)
        suspects = np.flatnonzero(repeated[places] == heads)
        latest = {key: number for number, key in zip(suspects.tolist(), keys[suspects].tolist(), strict=True)}
        last[suspects] = [
            latest[key] == number for number, key in zip(suspects.tolist(), keys[suspects].tolist(), strict=True)
        ]
    return last


@cache
def _crc_table() -> npt.NDArray[np.uint32]:
    """The remainders of all pairs of bytes, shape (65536,): 256 KB, which stay in the cache."""
    values = np.arange(1 << 16, dtype=np.uint32)
    for _ in range(16):
        values = np.where(values & 1, (values >> 1) ^ np.uint32(0xEDB88320), values >> 1)
    return values


def _crc32(records: Records) -> npt.NDArray[np.uint32]:
    """CRC-32 of the covered bytes of all records, two bytes at a time: 25 times as fast as zlib record by record."""
    pairs = records.view("<u2").reshape(-1, RECORD.itemsize // 2) if records.size else np.zeros((0, 1), "<u2")
    found, table = np.empty(len(records), np.uint32), _crc_table()
    for start in range(0, len(records), _CRC_AT_ONCE):
        columns = np.ascontiguousarray(pairs[start : start + _CRC_AT_ONCE, : _COVERED // 2].T)
        crc = np.full(columns.shape[1], 0xFFFFFFFF, np.uint32)
        for column in columns:
            crc = table.take((crc ^ column) & 0xFFFF) ^ (crc >> 16)
        found[start : start + _CRC_AT_ONCE] = crc ^ np.uint32(0xFFFFFFFF)
    return found
