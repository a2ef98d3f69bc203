"""``events.jsonl``: the events of a worker, one JSON object per line. The worker writes it, any program reads it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import UnsafeFile
from core.project_files import DEEP, open_file_in, open_folder, open_stream, read_end

FILE_NAME = "events.jsonl"
TAKEN_BACK = "taken-back"
# A file of this size is kept in a job's folder and removed when the disk is full, so that the last event still fits.
_RESERVE_NAME = "reserve"
_RESERVE_BYTES = 16_384
_TAIL_BYTES = 65_536
_MOST_READ = 16 << 20  # bytes: the events of many hours
_FLAGS = os.O_WRONLY | os.O_CREAT


@dataclass(frozen=True)
class Event:
    """One line of the file.

    Attributes:
        time: seconds since the epoch.
        kind: ``started``, ``log``, ``progress``, ``speeds``, ``workers``, ``taken-back`` or ``ended``.
        values: data of the event.
    """

    time: float
    kind: str
    values: dict[str, Any] = field(default_factory=dict)


class EventLog:
    """Appends events. On a full disk events are lost and the job goes on: space is reserved for the last event.

    The folder is kept open instead of being opened by name: events are still written if somebody moves the project.

    Raises:
        OSError: there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder
        self._folder = open_folder(folder, inside=DEEP - 1)
        self._torn = False  # whether the file may end with an incomplete line: the next one needs a line break first
        try:
            with os.fdopen(self._open(_RESERVE_NAME, os.O_TRUNC), "wb") as stream:
                stream.write(b"\0" * _RESERVE_BYTES)
        except OSError:
            self._remove_reserve()

    def __del__(self) -> None:
        if (folder := getattr(self, "_folder", -1)) >= 0:
            os.close(folder)

    def write(self, kind: str, **values: Any) -> None:
        """Append one event."""
        line = json.dumps({"time": round(time.time(), 3), "event": kind, **values}).encode("ascii") + b"\n"
        try:
            self._append(line)
        except OSError:
            self._remove_reserve()
            if kind == "ended":
                self._try_again(line)

    def close(self) -> None:
        """Remove the reserved file. Failing to remove it is ignored."""
        self._remove_reserve()

    def _open(self, name: str, flags: int) -> int:
        return open_file_in(self._folder, name, _FLAGS | flags, self._path / name)

    def _remove_reserve(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(_RESERVE_NAME, dir_fd=self._folder)

    def _try_again(self, line: bytes) -> None:
        try:
            self._append(line)
        except OSError as error:
            print(f"{line!r} could not be written: {error}", flush=True)  # worker.log, if there is room there

    def _append(self, line: bytes) -> None:
        content = b"\n" + line if self._torn else line
        self._torn = True
        descriptor = self._open(FILE_NAME, os.O_APPEND)
        try:
            if os.write(descriptor, content) != len(content):
                raise OSError("short write")
            self._torn = False
        finally:
            os.close(descriptor)


def read_events(folder: Path) -> list[Event]:
    """All events of a job (from the last 16 MB); lines cut by a crash are skipped."""
    return _events(folder, _MOST_READ)


def last_events(folder: Path) -> list[Event]:
    """The events in the last 64 KB: enough for the state of a job of any length."""
    return _events(folder, _TAIL_BYTES)


def _events(folder: Path, at_most: int) -> list[Event]:
    try:
        content, is_all = read_end(folder / FILE_NAME, at_most, inside=DEEP)
    except FileNotFoundError:
        return []
    return list(_parse(content if is_all else content.partition(b"\n")[2]))


class EventTail:
    """Follows a job's events: each call of :meth:`new` returns the events since the previous call."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._offset = 0

    def new(self) -> list[Event]:
        """The events of complete lines added since the last call."""
        try:
            with open_stream(self._path, inside=DEEP) as stream:
                size = os.fstat(stream.fileno()).st_size
                self._offset = max(self._offset, size - _MOST_READ)
                stream.seek(self._offset)
                content = stream.read(_MOST_READ)
        except (OSError, UnsafeFile):  # not there yet, or not readable: the job's state reports that
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return list(_parse(whole))


def _parse(content: bytes) -> Iterator[Event]:
    for line in content.splitlines():
        try:
            values = json.loads(line)
            yield Event(float(values.pop("time")), str(values.pop("event")), values)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            continue
