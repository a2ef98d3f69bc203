"""``events.jsonl``: what a worker says, one JSON object a line. Written by the worker, read by everybody."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE_NAME = "events.jsonl"
# A file of this size is kept in a job's folder and given up when the disk is full, so that the last word still fits.
_RESERVE_NAME = "reserve"
_RESERVE_BYTES = 16_384
_TAIL_BYTES = 65_536


@dataclass(frozen=True)
class Event:
    """One line.

    Attributes:
        time: seconds since the epoch.
        kind: ``started``, ``log``, ``progress`` or ``ended``.
        values: what belongs to the kind.
    """

    time: float
    kind: str
    values: dict[str, Any] = field(default_factory=dict)


class EventLog:
    """Appends events. A full disk costs lines, never the job: its last line has room set aside."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._reserve = folder / _RESERVE_NAME
        self._torn = False  # a part of a line may stand at the end: the next one must not be glued to it
        try:
            self._reserve.write_bytes(b"\0" * _RESERVE_BYTES)
        except OSError:
            self.close()

    def write(self, kind: str, **values: Any) -> None:
        """Append one event."""
        line = json.dumps({"time": round(time.time(), 3), "event": kind, **values}).encode("ascii") + b"\n"
        try:
            self._append(line)
        except OSError:
            self.close()
            if kind == "ended":
                self._try_again(line)

    def close(self) -> None:
        """Give the reserve back. One that cannot be removed is no reason to fail."""
        with contextlib.suppress(OSError):
            self._reserve.unlink()

    def _try_again(self, line: bytes) -> None:
        try:
            self._append(line)
        except OSError as error:
            print(f"{line!r} could not be written: {error}", flush=True)  # worker.log, if there is room there

    def _append(self, line: bytes) -> None:
        content = b"\n" + line if self._torn else line
        self._torn = True
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if os.write(descriptor, content) != len(content):
                raise OSError("short write")
            self._torn = False
        finally:
            os.close(descriptor)


def read_events(folder: Path) -> list[Event]:
    """Every event of a job; lines cut by a crash are passed over."""
    try:
        return list(_parse((folder / FILE_NAME).read_bytes()))
    except FileNotFoundError:
        return []


def last_events(folder: Path) -> list[Event]:
    """The latest events (64 KB of them): enough to know where a job stands, whatever its length."""
    try:
        with (folder / FILE_NAME).open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            start = max(0, stream.tell() - _TAIL_BYTES)
            stream.seek(start)
            content = stream.read()
    except FileNotFoundError:
        return []
    return list(_parse(content.partition(b"\n")[2] if start else content))


class EventTail:
    """Follows a job's events: each :meth:`new` returns what was added since the one before."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._offset = 0

    def new(self) -> list[Event]:
        """Whole lines added since the last call."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._offset)
                content = stream.read()
        except FileNotFoundError:
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
