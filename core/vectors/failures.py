"""``failures.jsonl``: why each failed picture failed, for people. What failed is in the journal."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.files import write_whole
from core.vectors.keys import KEY_BYTES

FILE_NAME = "failures.jsonl"


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that could not be read.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: where it was tried, bytes.
        reason: in words.
        when: it was tried, seconds since the epoch; 0 where that is not known.
    """

    key: bytes
    path: bytes
    reason: str
    when: float = field(default=0.0, compare=False)


def append_failures(folder: Path, failures: Sequence[Failure]) -> None:
    """Add failures, one JSON object a line. Written before the journal, so a failed record has its reason.

    Raises:
        OSError: they cannot be written.
    """
    descriptor = os.open(folder / FILE_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        # A line cut by a crash must not swallow the next one, hence the newline in front too.
        content = memoryview(b"\n" + _lines(failures))
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def read_failures(folder: Path) -> dict[bytes, Failure]:
    """The last failure of each key. Lines that a crash cut short are passed over: the journal knows of the failure."""
    return {failure.key: failure for failure in _parse(_content(folder))}


def reason_of(folder: Path, key: bytes) -> str:
    """Why one picture failed last, without parsing what was said of the others; empty where that was not recorded."""
    content, wanted = _content(folder), key.hex().encode("ascii")
    end = len(content)
    while (found := content.rfind(wanted, 0, end)) >= 0:
        start = content.rfind(b"\n", 0, found) + 1
        for failure in _parse(content[start:].partition(b"\n")[0]):
            if failure.key == key:
                return failure.reason
        end = start  # the digits stood in a path, or the line was cut
    return ""


def compact_failures(folder: Path, current: Collection[bytes]) -> bool:
    """Leave out what no longer counts, once the file is more than twice as long as it must be.

    Every run tries every failed picture again and adds a line for it. The file is replaced as a whole: a crash leaves
    the old one or the new one.

    Args:
        folder: of the vec type; the caller is its writer.
        current: keys whose last record in the journal says that they failed.

    Returns:
        Whether it was rewritten.

    Raises:
        DiskFull, OSError: it cannot be written; it stays as it was.
    """
    content = _content(folder)
    if sum(1 for line in content.splitlines() if line) <= 2 * len(current):
        return False
    last = {failure.key: failure for failure in _parse(content) if failure.key in current}
    write_whole(folder / FILE_NAME, _lines(list(last.values())))
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
        return (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return b""


def _parse(content: bytes) -> Iterator[Failure]:
    for line in content.splitlines():
        try:
            entry = json.loads(line)
            key, path, when = bytes.fromhex(entry["key"]), os.fsencode(entry["path"]), float(entry.get("time", 0))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        if len(key) == KEY_BYTES:
            yield Failure(key, path, str(entry.get("reason", "")), when)
