"""The journals of moves: each move is recorded before it is made. JSON lines in ``moves/`` of a project.

A project may come from somebody else, so a journal is not trusted: it must be a regular file of bounded size in a real
folder, every line is checked, and its content is only a proposal (see :mod:`core.moves.aside`).

    {"from": …, "to": …, "key": …, "part": …}    a file is about to be moved; a copy is called ``part`` while written
    {"part": …, "state": "moved"}                its new state: moved, left; going back, back
    {"state": "end"}                             no move is unfinished
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.errors import PictoscopeError
from core.files import disk_full
from core.text import byte_size, printable

MOST_BYTES = 256_000_000  # about a million files
_MOST_LINE = 64_000  # two paths of 4,096 bytes, each byte as \uXXXX
_MOST_PATH = 4_096
_NAME = re.compile(r"\d{8}-\d{6}-\d{9}\.jsonl")
_PART = re.compile(r"\.[0-9a-f]{16}\.pictoscope-part")
_KEY = re.compile(r"[0-9a-f]{40}")
_END = b'{"state": "end"}\n'
_PAUSE = 0.02  # seconds between two attempts to lock them


class Stage(StrEnum):
    """The progress of a move."""

    BEGUN = "begun"
    MOVED = "moved"
    LEFT = "left"  # not moved
    GOING_BACK = "going back"
    BACK = "back"


UNFINISHED = (Stage.BEGUN, Stage.GOING_BACK)


@dataclass(slots=True)
class Record:
    """The move of one file.

    Attributes:
        origin: old path, absolute.
        destination: new path, absolute.
        key: SHA-1 of its content.
        part: temporary name of a copy while it is written.
        stage: the last one in the journal.
    """

    origin: bytes
    destination: bytes
    key: bytes
    part: bytes
    stage: Stage = Stage.BEGUN


@dataclass(slots=True)
class JournalContent:
    """The content of a journal.

    Attributes:
        records: in the order of the moves.
        unreadable_lines: numbers of lines that cannot be understood, except a torn last one.
    """

    records: list[Record] = field(default_factory=list)
    unreadable_lines: list[int] = field(default_factory=list)


def new_part_name() -> bytes:
    """A unique temporary name for a copy: hidden, and ignored by scans."""
    return f".{secrets.token_hex(8)}.pictoscope-part".encode()


class Journals:
    """The open and locked folder of a project's journals: only one program at a time moves files of a project."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._folder = descriptor

    def names(self) -> list[str]:
        """The names of the journals that were not undone, the oldest first."""
        return sorted(name for name in os.listdir(self._folder) if _NAME.fullmatch(name))

    def read(self, name: str) -> JournalContent:
        """The content of a journal.

        Raises:
            PictoscopeError: it is a link, not a regular file, too large, or cannot be read.
        """
        descriptor = self._open(name, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as stream:
            return _parse(stream.read(MOST_BYTES + 1))

    def is_at_rest(self, name: str) -> bool:
        """Whether the journal ends with the mark that no move is unfinished.

        Raises:
            PictoscopeError: as :meth:`read`.
        """
        descriptor = self._open(name, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size
            return os.pread(descriptor, len(_END), max(0, size - len(_END))) == _END
        finally:
            os.close(descriptor)

    @contextmanager
    def new(self) -> Iterator[Writer]:
        """Create a new journal."""
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09d}.jsonl"
        descriptor = os.open(
            name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644, dir_fd=self._folder
        )
        os.fsync(self._folder)
        with self._writer(name, descriptor) as writer:
            yield writer

    @contextmanager
    def append_to(self, name: str) -> Iterator[Writer]:
        """Append to a journal, on a new line."""
        with self._writer(name, self._open(name, os.O_RDWR | os.O_APPEND)) as writer:
            writer.cut_torn_line()
            yield writer

    @contextmanager
    def _writer(self, name: str, descriptor: int) -> Iterator[Writer]:
        writer = Writer(self.path / name, descriptor)
        try:
            yield writer
            if writer.is_at_rest:
                writer.end()
        finally:
            os.close(descriptor)

    def close_journal(self, name: str) -> None:
        """Rename a journal whose moves were all undone."""
        os.rename(name, f"{name.removesuffix('.jsonl')}.undone", src_dir_fd=self._folder, dst_dir_fd=self._folder)
        os.fsync(self._folder)

    def drop(self, name: str) -> None:
        """Remove an empty journal."""
        os.unlink(name, dir_fd=self._folder)

    def _open(self, name: str, flags: int) -> int:
        shown = printable(self.path / name)
        try:
            descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self._folder)
        except OSError as error:
            is_link = error.errno in (errno.ELOOP, errno.EMLINK)
            why = "is a symbolic link" if is_link else f"cannot be opened ({(error.strerror or str(error)).lower()})"
            raise _refused(shown, why) from error
        if problem := _problem(os.fstat(descriptor)):
            os.close(descriptor)
            raise _refused(shown, problem)
        return descriptor


def _problem(status: os.stat_result) -> str:
    """What is wrong with the file of a journal; empty if nothing."""
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_nlink != 1:
        return "has another hard link"
    return f"is too large ({byte_size(status.st_size)})" if status.st_size > MOST_BYTES else ""


def _refused(shown: str, what: str) -> PictoscopeError:
    return PictoscopeError(
        f"the journal {shown} {what}: it is not used", "inspect it, then remove it; no file can be moved back with it"
    )


@contextmanager
def journals_of(
    folder: Path, *, make: bool = False, to_read: bool = False, wait: float = 0.0
) -> Iterator[Journals | None]:
    """The locked journals in ``moves/`` of a project; None if there are none.

    Args:
        folder: ``moves/``.
        make: create it if it does not exist.
        to_read: nothing is changed: others may read at the same time.
        wait: seconds to wait for other programs that use them.

    Raises:
        PictoscopeError: another program is moving files of this project, or the folder is a link or not a folder.
        OSError: it cannot be created.
    """
    if make:
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise PictoscopeError(
            f"{printable(folder)} is not a folder, or is a symbolic link: it is not used", "remove it"
        ) from error
    try:
        _lock(descriptor, fcntl.LOCK_SH if to_read else fcntl.LOCK_EX, wait)
        yield Journals(folder, descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int, wait: float) -> None:
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                busy = "another program moves files of this project"
                raise JournalBusy(busy, "wait until it has finished") from None
        time.sleep(_PAUSE)


class JournalBusy(PictoscopeError):
    """Another program is moving files of the project."""


class Writer:
    """Appends lines to a journal.

    Args:
        path: of the journal.
        descriptor: open for appending.

    Attributes:
        is_at_rest: whether no move is unfinished; set it to False if one is.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.is_at_rest = True
        self._descriptor = descriptor

    @property
    def is_full(self) -> bool:
        """Whether it has reached the size limit for reading."""
        return os.fstat(self._descriptor).st_size > MOST_BYTES - 2 * _MOST_LINE

    def begin(self, record: Record) -> None:
        """Record durably that a file is about to be moved."""
        names = {"from": os.fsdecode(record.origin), "to": os.fsdecode(record.destination)}
        self._write({**names, "key": record.key.hex(), "part": record.part.decode()})
        os.fsync(self._descriptor)

    def note(self, record: Record, stage: Stage) -> None:
        """Record the stage of a move. Only stages that precede an action are written durably."""
        record.stage = stage
        self._write({"part": record.part.decode(), "state": stage.value})
        if stage in UNFINISHED:
            os.fsync(self._descriptor)

    def end(self) -> None:
        """Record that no move is unfinished."""
        self._write_all(_END)
        os.fsync(self._descriptor)

    def cut_torn_line(self) -> None:
        """Remove a last line that a power cut left incomplete: its move has not begun."""
        size = os.fstat(self._descriptor).st_size
        start = max(0, size - _MOST_LINE)
        whole = os.pread(self._descriptor, size - start, start).rfind(b"\n") + 1
        if start + whole < size:
            os.ftruncate(self._descriptor, start + whole)

    def _write(self, line: dict[str, str]) -> None:
        self._write_all(json.dumps(line).encode("ascii") + b"\n")

    def _write_all(self, content: bytes) -> None:
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise disk_full(error, self.path) or error from error


def _parse(content: bytes) -> JournalContent:
    read, by_part = JournalContent(), dict[bytes, Record]()
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            _add_line(_fields(line), read.records, by_part)
        except (ValueError, RecursionError):  # includes text that is not Unicode
            if line and number < len(lines):  # the last one may be incomplete
                read.unreadable_lines.append(number)
    return read


def _fields(line: bytes) -> dict[str, str]:
    """Parse a line. Raises ValueError: it is not a JSON object of texts."""
    if not line or len(line) > _MOST_LINE:
        raise ValueError(line[:80])
    fields = json.loads(line.decode("ascii"))
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise ValueError(line[:80])
    return fields


def _add_line(fields: dict[str, str], records: list[Record], by_part: dict[bytes, Record]) -> None:
    """Add a line's content to the records. Raises ValueError: the line is not valid."""
    if fields == {"state": "end"}:
        return
    part = fields.get("part", "")
    if not _PART.fullmatch(part):
        raise ValueError(part[:80])
    name = part.encode()
    if set(fields) == {"part", "state"} and name in by_part:
        by_part[name].stage = Stage(fields["state"])
        return
    if set(fields) != {"from", "to", "key", "part"} or name in by_part or not _KEY.fullmatch(fields["key"]):
        raise ValueError(part)
    record = Record(_path(fields["from"]), _path(fields["to"]), bytes.fromhex(fields["key"]), name)
    by_part[name] = record
    records.append(record)


def _path(text: str) -> bytes:
    """Parse a path. Raises ValueError: it is not a normalised absolute path."""
    path = os.fsencode(text)
    if not path.startswith(b"/") or b"\0" in path or len(path) > _MOST_PATH or os.path.normpath(path) != path:
        raise ValueError(path[:80])
    return path
