"""Moving files out of the collection, and back: nothing is overwritten, nothing is lost, not even by a power cut.

A journal (JSON lines) in the project says of each file where it goes before it goes there. A file is moved by a link to
its new name and the removal of the old one, or, on another file system, by a copy that is read back and compared first;
at every instant one whole copy is there. Undo reads the journal: whatever was moved goes back.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from core.catalog.copies import File, within
from core.errors import PictoscopeError, UsageError
from core.files import disk_full, modified_ns, sync_folder
from core.text import printable

FOLDER_NAME = "moves"
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EACCES)
_CHUNK = 1 << 20


@dataclass
class MoveReport:
    """What was moved.

    Attributes:
        moved: from where and to where, absolute paths.
        left: files that stay where they are, and why.
        journal: for :func:`move_back`.
    """

    moved: list[tuple[bytes, bytes]] = field(default_factory=list)
    left: list[tuple[bytes, str]] = field(default_factory=list)
    journal: Path | None = None


def move_aside(
    files: Sequence[File],
    folder: Path,
    *,
    roots: Sequence[Path],
    journals: Path,
    check: Callable[[], None] = lambda: None,
) -> MoveReport:
    """Move files into ``folder``, below which they lie as they lay below their picture folder.

    A file that has changed since it was catalogued, is a symbolic link, or has gone is left; the report says so.

    Args:
        files: as the catalog has them.
        folder: made if it is not there.
        roots: the picture folders.
        journals: where the journal goes (``moves/`` in the project).
        check: called between files; may raise to stop. What was moved stays moved, and can be moved back.

    Raises:
        UsageError: the folder lies in a picture folder: what is moved there would be found again.
        DiskFull, OSError: the folder or the journal cannot be written.
    """
    target = Path(os.path.abspath(folder.expanduser()))
    for root in roots:
        if within(os.fsencode(os.path.realpath(target)), [os.fsencode(os.path.realpath(root))]):
            raise UsageError(f"{printable(target)} lies in the picture folder {printable(root)}", "choose one outside")
    target.mkdir(parents=True, exist_ok=True)
    journals.mkdir(parents=True, exist_ok=True)
    report = MoveReport(journal=journals / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09d}.jsonl")
    with _Journal(report.journal or journals) as journal:
        for file in files:
            check()
            wanted = os.path.join(os.fsencode(target), _below(file.path, roots))
            try:
                place = _free(wanted, file)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                journal.write({"from": os.fsdecode(file.path), "to": os.fsdecode(place), "key": file.key.hex()})
                _move(file.path, place, file.key)
            except (OSError, PictoscopeError) as error:
                report.left.append((file.path, _reason(error)))
            else:
                report.moved.append((file.path, place))
    return report


def move_back(journal: Path, check: Callable[[], None] = lambda: None) -> MoveReport:
    """Move what a journal says back to where it was. May be done again: what is back already is not touched.

    Raises:
        PictoscopeError: the journal cannot be read.
    """
    report = MoveReport(journal=journal)
    for record in reversed(_records(journal)):
        check()
        origin, place = os.fsencode(record["from"]), os.fsencode(record["to"])
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_part(place))  # a copy that was not finished
            if not os.path.lexists(place):
                continue  # never moved, or back already
            if os.path.lexists(origin):
                _drop_second(origin, place, bytes.fromhex(record["key"]))
            else:
                os.makedirs(os.path.dirname(origin), exist_ok=True)
                _move(place, origin, bytes.fromhex(record["key"]))
        except OSError as error:
            report.left.append((place, _reason(error)))
        except PictoscopeError as error:
            report.left.append((place, error.message))
        else:
            report.moved.append((place, origin))
    if not report.left:
        journal.rename(journal.with_suffix(".undone"))
    return report


def last_move(journals: Path) -> tuple[Path, int] | None:
    """The newest journal that was not undone, and how many of its files are still where they were moved to."""
    for journal in sorted(journals.glob("*.jsonl"), reverse=True):
        there = sum(os.path.lexists(os.fsencode(record["to"])) for record in _records(journal))
        if there:
            return journal, there
    return None


class _Journal:
    """Appends a record a line, each on the disk before the call returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> _Journal:
        self._stream = self._path.open("x", encoding="ascii")
        sync_folder(self._path.parent)
        return self

    def write(self, record: dict[str, str]) -> None:
        try:
            self._stream.write(json.dumps(record) + "\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise disk_full(error, self._path) or error from error

    def __exit__(self, *exception: object) -> None:
        self._stream.close()


def _records(journal: Path) -> list[dict[str, str]]:
    """The records, without a last line that a power cut left half."""
    records = []
    for line in journal.read_text("ascii", "replace").splitlines():
        try:
            record = json.loads(line)
            if all(isinstance(record[name], str) for name in ("from", "to", "key")):
                records.append(record)
        except (ValueError, KeyError, TypeError):
            continue
    return records


def _below(path: bytes, roots: Sequence[Path]) -> bytes:
    """Where a file goes below the target: as it lies below its picture folder; with several, below that one's name."""
    for root in roots:
        start = os.fsencode(root)
        if within(path, [start]):
            relative = os.path.relpath(path, start)
            return relative if len(roots) == 1 else os.path.join(os.path.basename(start), relative)
    return os.path.basename(path)


def _free(place: bytes, file: File) -> bytes:
    """``place``, or the first of its numbered names that is free. The file must be as it was catalogued.

    Raises:
        UsageError: it is not. OSError: it is gone.
    """
    status = os.lstat(file.path)
    if os.path.islink(file.path):
        raise UsageError("it is a symbolic link")
    if (status.st_size, modified_ns(status)) != (file.size, file.mtime_ns):
        raise UsageError("it has changed since it was looked at")
    return next(name for name in _names(place) if not os.path.lexists(name))


def _names(place: bytes) -> Iterator[bytes]:
    yield place
    stem, suffix = os.path.splitext(place)
    number = 2
    while True:
        yield stem + f" ({number})".encode() + suffix
        number += 1


def _move(source: bytes, place: bytes, key: bytes) -> None:
    """To a name that is free: an existing one is an error, also where it came this instant."""
    try:
        os.link(source, place, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        _copy(source, place, key)
    sync_folder(Path(os.fsdecode(os.path.dirname(place))))
    os.unlink(source)
    sync_folder(Path(os.fsdecode(os.path.dirname(source))))


def _copy(source: bytes, place: bytes, key: bytes) -> None:
    """A copy under a new name, whole and compared, or none."""
    part = _part(place)
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "r+b") as target:
            with open(source, "rb") as stream:
                shutil.copyfileobj(stream, target, _CHUNK)
            target.flush()
            os.fsync(target.fileno())
            if _digest(target) != key:
                raise PictoscopeError("its copy is not what the catalog knows: it has changed, or a disk fails")
        shutil.copystat(source, part)
        try:
            os.link(part, place)
        except OSError as error:
            if error.errno not in _NO_LINK or os.path.lexists(place):
                raise
            os.rename(part, place)  # no hard links here: the name was free a moment ago
            return
    except BaseException:
        os.unlink(part)
        raise
    os.unlink(part)


def _part(place: bytes) -> bytes:
    """The name of a copy while it is written: hidden, and none that a scan takes for a picture."""
    folder, name = os.path.split(place)
    return os.path.join(folder, b"." + name[-200:] + b".part")


def _drop_second(origin: bytes, place: bytes, key: bytes) -> None:
    """A move was stopped between the new name and the removal of the old one: the new one goes again.

    Raises:
        FileExistsError: the old name belongs to another file now.
    """
    if not os.path.samefile(origin, place):
        with open(origin, "rb") as one, open(place, "rb") as other:
            if not _digest(one) == _digest(other) == key:
                raise FileExistsError(errno.EEXIST, "another file is there now")
    os.unlink(place)


def _digest(stream: BinaryIO) -> bytes:
    stream.seek(0)
    digest = hashlib.sha1(usedforsecurity=False)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.digest()


def _reason(error: OSError | PictoscopeError) -> str:
    if isinstance(error, PictoscopeError):
        return error.message
    return "it is not there any more" if error.errno == errno.ENOENT else (error.strerror or str(error)).lower()
