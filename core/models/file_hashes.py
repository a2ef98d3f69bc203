"""SHA-256 of large files, remembered while the system says that they have not changed: weights take a second to read.

CACHE/hashes.json    a hash of its content; of each file, by path: device, inode, size, times, SHA-256, when it was read

A file counts as unchanged if its status change time is the same, which every write sets and no program can choose, on
file systems that keep the numbers of files. A program that has mapped a file sets it only with its first write to a
page, and again once the system has written that page to the disk: so the file is synced before it is read. Files in
memory are never written to a disk: they are not remembered. What a disk loses without a write is seen when the file is
read again: after a week at the latest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from pathlib import Path

from core.errors import PictoscopeError
from core.files import FileState, write_atomic
from core.mounts import every_write_is_dated, file_numbers_last
from core.user_folders import cache_folder

_LARGE = 1_000_000  # bytes: what is smaller is read as fast as it is looked up
_A_WEEK = 7 * 86_400.0  # seconds
# A write within the same tick of the system's clock would leave the times as they are: seconds on some file systems.
_SETTLED = 3.0
_LONGEST = 1_000_000  # bytes of what is remembered

_Known = dict[str, list[object]]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        before = FileState.of(os.fstat(stream.fileno()))
        if before.size < _LARGE:
            return hashlib.file_digest(stream, "sha256").hexdigest()
        name = os.path.realpath(path)
        known = _read()
        if (found := _remembered(known.get(name), before)) is not None:
            return found
        began = time.time()
        settled = before.changed_ns / 1e9 < began - _SETTLED
        tells = settled and file_numbers_last(path) and every_write_is_dated(path) and _synced(stream.fileno())
        found = hashlib.file_digest(stream, "sha256").hexdigest()
        if tells and FileState.of(os.fstat(stream.fileno())) == before:
            _remember(name, [*before, found, began])
        return found


def _synced(descriptor: int) -> bool:
    """Have what programs wrote into a mapping of the file on the disk: the next write to it sets its times again."""
    try:
        os.fsync(descriptor)
    except OSError:
        return False
    return True


def _remembered(entry: list[object] | None, state: FileState) -> str | None:
    """What an entry says of a file in this state; None if it is of another state, or old."""
    if entry is None or len(entry) != len(state) + 2 or entry[: len(state)] != list(state):
        return None
    found, read_at = entry[len(state) :]
    if not isinstance(found, str) or not isinstance(read_at, float) or not 0 <= time.time() - read_at < _A_WEEK:
        return None
    return found


def _remember(name: str, entry: list[object]) -> None:
    """Add an entry; those of files that are gone are removed. Not being able to costs the next command its time."""
    known = {other: old for other, old in _read().items() if os.path.exists(other)} | {name: entry}
    with contextlib.suppress(PictoscopeError, OSError):
        write_atomic(_file(), json.dumps({"sha256": _hash_of(known), "files": known}, indent=1).encode("ascii"))


def _read() -> _Known:
    """What is remembered; nothing if it is damaged: a wrong hash would have good weights refused."""
    try:
        with open(_file(), "rb", opener=_without_waiting) as stream:
            content = json.loads(stream.read(_LONGEST))
        known: _Known = content["files"]
        if content["sha256"] != _hash_of(known):
            return {}
        return {name: entry for name, entry in known.items() if isinstance(entry, list)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _hash_of(known: _Known) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode("ascii")).hexdigest()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # a pipe would be waited for


def _file() -> Path:
    return cache_folder() / "hashes.json"
