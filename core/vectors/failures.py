"""``failures.jsonl``: the reasons of failures, for people. Which pictures failed is in the journal."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.files import write_atomic
from core.keys import KEY_BYTES
from core.project_files import DEEP, check_parent, open_file, read_end

FILE_NAME = "failures.jsonl"
_MOST_READ = 128 << 20  # newest bytes that are read: half a million failures; reasons of older ones are lost
_LONGEST_LINE = 100_000  # bytes; of ours a path's 4,096 bytes take the most


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that could not be read.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: of the file that was tried, bytes.
        reason: in words.
        when: time of the try, seconds since the epoch; 0 if unknown.
    """

    key: bytes
    path: bytes
    reason: str
    when: float = field(default=0.0, compare=False)


def append_failures(folder: Path, failures: Sequence[Failure]) -> None:
    """Append failures, one JSON object per line. Written before the journal, so that each failed record has a reason.

    Raises:
        UnsafeFile: not a regular file. OSError: they cannot be written.
    """
    descriptor = open_file(folder / FILE_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, inside=DEEP)
    try:
        # Start with a newline too: a line that a crash cut short must not swallow the next one.
        content = memoryview(b"\n" + _lines(failures))
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def read_failures(folder: Path) -> dict[bytes, Failure]:
    """The last failure of each key. Lines that a crash cut short are skipped: the journal has the failure anyway."""
    return {failure.key: failure for failure in _parse(_content(folder))}


def reason_of(folder: Path, key: bytes) -> str:
    """The latest reason of one picture, without parsing the other lines; empty if not recorded."""
    content, wanted = _content(folder), key.hex().encode("ascii")
    end = len(content)
    while (position := content.rfind(wanted, 0, end)) >= 0:
        start = content.rfind(b"\n", 0, position) + 1
        for failure in _parse(content[start:].partition(b"\n")[0]):
            if failure.key == key:
                return failure.reason
        end = start  # the digits were part of a path, or the line was cut
    return ""


def compact_failures(folder: Path, current: Collection[bytes]) -> bool:
    """Remove outdated lines once the file is more than twice as long as necessary.

    Every run retries every failed picture and adds a line for it. The file is replaced atomically: a crash leaves
    the old one or the new one.

    Args:
        folder: of the vec type; the caller is its writer.
        current: keys whose last journal record is a failure.

    Returns:
        Whether it was rewritten.

    Raises:
        DiskFull, OSError: it cannot be written; it stays as it was.
    """
    content = _content(folder)
    if sum(1 for line in content.splitlines() if line) <= 2 * len(current):
        return False
    last = {failure.key: failure for failure in _parse(content) if failure.key in current}
    check_parent(folder / FILE_NAME, inside=DEEP)
    write_atomic(folder / FILE_NAME, _lines(list(last.values())))
    return True


def _lines(failures: Sequence[Failure]) -> bytes:
    now = time.time()
    lines = [
        json.dumps(
            {
                "key": failure.key.hex(),
                "path": os.fsdecode(failure.path),
                "reason": failure.reason,
                "time": round(failure.when or now, 3),
            }
        )
        for failure in failures
    ]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def _content(folder: Path) -> bytes:
    try:
        return read_end(folder / FILE_NAME, _MOST_READ, inside=DEEP)[0]
    except FileNotFoundError:
        return b""


def _parse(content: bytes) -> Iterator[Failure]:
    for line in content.splitlines():
        if len(line) > _LONGEST_LINE:
            continue
        try:
            entry = json.loads(line)
            key, path, when = bytes.fromhex(entry["key"]), os.fsencode(entry["path"]), float(entry.get("time", 0))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if len(key) == KEY_BYTES:
            yield Failure(key, path, str(entry.get("reason", "")), when)
