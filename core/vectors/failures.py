"""``failures.jsonl``: why each failed picture failed, for people. What failed is in the journal."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "failures.jsonl"


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture that could not be read.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: where it was tried, bytes.
        reason: in words.
    """

    key: bytes
    path: bytes
    reason: str


def append_failures(folder: Path, failures: Sequence[Failure]) -> None:
    """Add failures, one JSON object a line. Written before the journal, so a failed record has its reason.

    Raises:
        OSError: they cannot be written.
    """
    lines = [
        json.dumps({"key": failure.key.hex(), "path": os.fsdecode(failure.path), "reason": failure.reason})
        for failure in failures
    ]
    descriptor = os.open(folder / FILE_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        # A line cut by a crash must not swallow the next one, hence the newline in front too.
        content = memoryview(("\n" + "\n".join(lines) + "\n").encode("utf-8"))
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def read_failures(folder: Path) -> dict[bytes, Failure]:
    """The last failure of each key. Lines that a crash cut short are passed over: the journal knows of the failure."""
    found: dict[bytes, Failure] = {}
    try:
        content = (folder / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return found
    for line in content.splitlines():
        try:
            entry = json.loads(line)
            key = bytes.fromhex(entry["key"])
            found[key] = Failure(key, os.fsencode(entry["path"]), str(entry["reason"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found
