"""The file of a vec type's codes: derived from its rows for fast search, may be deleted at any time.

``codes.i8`` (``codes.n.i8`` of generation n): a header of 64 bytes, the mean (float32), and groups of the first rows,
as :mod:`core.search.codes` says; the last group has its full size, however few its rows. The header names the rows by a
checksum of their checksums in the journal: codes of other rows are ignored, as are damaged headers and files of an
older form. Rows are only ever added to a file: readers map it.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt

from core.files import disk_error, sync_folder, write_at
from core.project_files import DEEP, open_file, open_stream, status
from core.search import codes
from core.search.codes import GROUP, Codes, Groups
from core.vectors.manifest import Manifest

_MAGIC = b"PSCODES2"  # PSCODES1, until 2026, had signed codes, and what is known of a row beside its code
_HEADER = struct.Struct("<8sIQII")  # magic, dim, rows, checksum of the rows' checksums, checksum of the mean
_CRC = struct.Struct("<I")  # of the header
_HEADER_BYTES = 64
_NEW = "codes.new.i8"  # while it is written; the next writer removes what a crash left of it
_AT_ONCE = 8_192  # rows: 16 MB of 512 numbers
_SAMPLE = 20_000  # rows whose mean is the mean

Rows = npt.NDArray[np.float32]
Checksums = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class IndexedRows:
    """The rows that codes are made of.

    Attributes:
        rows: shape (n, dim), float32.
        crcs: CRC-32 of each row's bytes from the journal, shape (n,), uint32.
    """

    rows: Rows
    crcs: Checksums


def read_codes(folder: Path, manifest: Manifest, crcs: Checksums) -> Codes | None:
    """The codes of a vec type, mapped; None if there are none of these rows.

    Args:
        folder: of the vec type.
        manifest: of its rows.
        crcs: of all rows, from the journal.

    Raises:
        UnsafeFile: it is no regular file of the project.
    """
    try:
        with open_stream(folder / manifest.codes_name, inside=DEEP) as stream:
            header = stream.read(_HEADER_BYTES)
            mean = stream.read(manifest.dim * 4)
            count = _count(header, mean, manifest, crcs)
            if not count or os.fstat(stream.fileno()).st_size < _size(manifest.dim, count):
                return None
            kind, start = codes.group(manifest.dim), _start(manifest.dim)
            groups: Groups = np.memmap(stream, kind, "r", offset=start, shape=(_groups(count),))
    except FileNotFoundError:
        return None
    return Codes(np.frombuffer(mean, "<f4"), groups, count)


def codes_state(folder: Path, manifest: Manifest) -> tuple[int, int] | None:
    """What changes when codes are written: size and time of their file; None if there is none.

    Raises:
        UnsafeFile: it is no regular file of the project.
    """
    try:
        found = status(folder / manifest.codes_name, inside=DEEP)
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def write_codes(
    folder: Path,
    manifest: Manifest,
    indexed: IndexedRows,
    progress: Callable[[int, int], None] = lambda done, total: None,
    stop: Event | None = None,
) -> int:
    """Write the codes that are missing. The caller holds the lock of the vec type.

    Args:
        folder: of the vec type.
        manifest: of its rows.
        indexed: all of them.
        progress: called now and then with the number of rows done and the total.
        stop: set it to stop early; what was written stays.

    Returns:
        How many rows have codes now.

    Raises:
        DiskFull, StoreError: they cannot be written; those that are there stay.
    """
    there = read_codes(folder, manifest, indexed.crcs)
    name, mean = (_NEW, _mean(indexed.rows)) if there is None else (manifest.codes_name, there.mean)
    done, total = (0 if there is None else len(there)), len(indexed.rows)
    flags = os.O_RDWR | (os.O_CREAT | os.O_TRUNC if there is None else 0)
    try:
        descriptor = open_file(folder / name, flags, inside=DEEP)
        try:
            while done < total and not (stop and stop.is_set()):
                end = min(done + _AT_ONCE, done - done % GROUP + GROUP, total)
                _write(descriptor, codes.encode(indexed.rows[done:end], mean), done)
                done = end
                progress(done, total)
            write_at(descriptor, mean.tobytes(), _HEADER_BYTES)
            if os.fstat(descriptor).st_size < _size(manifest.dim, done):
                os.ftruncate(descriptor, _size(manifest.dim, done))  # the places that are left in the last group
            os.fdatasync(descriptor)  # before the header that says they are there
            write_at(descriptor, _header(manifest, mean, indexed.crcs[:done]), 0)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if name == _NEW:
            os.replace(folder / _NEW, folder / manifest.codes_name)
            sync_folder(folder)
    except OSError as error:
        raise disk_error(error, folder) from error
    return done


def wrong_codes(found: Codes, indexed: IndexedRows, live: npt.NDArray[np.bool_]) -> int:
    """How many codes of live rows do not say what they should. Reads everything."""
    wrong = 0
    for start in range(0, len(found), _AT_ONCE):
        end = min(len(found), start + _AT_ONCE)
        wrong += int(np.count_nonzero(found.wrong(indexed.rows[start:end], start) & live[start:end]))
    return wrong


def remove_codes(folder: Path, manifest: Manifest) -> bool:
    """Delete the codes of a vec type. Returns whether there were any."""
    try:
        (folder / manifest.codes_name).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise disk_error(error, folder) from error
    return True


def _start(dim: int) -> int:
    """Bytes before the first record: a multiple of 64."""
    return _HEADER_BYTES + -(-dim * 4 // 64) * 64


def _groups(count: int) -> int:
    """Groups of so many rows."""
    return -(-count // GROUP)


def _size(dim: int, count: int) -> int:
    """Bytes of a file of so many rows."""
    return _start(dim) + _groups(count) * codes.group(dim).itemsize


def _write(descriptor: int, encoded: Groups, first: int) -> None:
    """Write the codes of rows of one group; ``first`` is the number of the first of them."""
    dim = encoded["code"].shape[1]
    number, place = divmod(first, GROUP)
    kind = codes.group(dim)
    offset = _start(dim) + number * kind.itemsize
    for name in kind.names or ():
        write_at(descriptor, encoded[name].tobytes(), offset + place * (kind[name].itemsize // GROUP))
        offset += kind[name].itemsize


def _mean(rows: Rows) -> Rows:
    some = rows[:: max(1, len(rows) // _SAMPLE)]
    if not len(some):
        return np.zeros(rows.shape[1], np.float32)
    mean: Rows = some.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean if np.isfinite(mean).all() else np.zeros_like(mean)


def _header(manifest: Manifest, mean: Rows, crcs: Checksums) -> bytes:
    known = _HEADER.pack(_MAGIC, manifest.dim, len(crcs), _checksum(crcs), zlib.crc32(mean.tobytes()))
    return (known + _CRC.pack(zlib.crc32(known))).ljust(_HEADER_BYTES, b"\0")


def _count(header: bytes, mean: bytes, manifest: Manifest, crcs: Checksums) -> int:
    """How many of these rows have codes, by the header of a file."""
    known, rest = header[: _HEADER.size], header[_HEADER.size : _HEADER.size + _CRC.size]
    if len(header) < _HEADER_BYTES or len(mean) != manifest.dim * 4 or rest != _CRC.pack(zlib.crc32(known)):
        return 0
    magic, dim, count, rows, crc_of_mean = _HEADER.unpack(known)
    if (magic, dim) != (_MAGIC, manifest.dim) or not 0 < count <= len(crcs):
        return 0
    return count if (rows, crc_of_mean) == (_checksum(crcs[:count]), zlib.crc32(mean)) else 0


def _checksum(crcs: Checksums) -> int:
    return zlib.crc32(np.ascontiguousarray(crcs, "<u4").data)
