"""The failure ledger: every picture of a project that could not be read, why, and which vectors lack it therefore."""

from __future__ import annotations

import csv
import io
import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from core.catalog.catalog import Catalog
from core.errors import StoreError
from core.text import printable
from core.vectors import manifest as manifest_file
from core.vectors import vec_types
from core.vectors.failures import Failure, read_failures
from core.vectors.keys import whole_keys
from core.vectors.store import Reader

NOT_RECORDED = "reason not recorded"  # a crash or a full disk took the line that had it
_COLUMNS = ("path", "reason", "vec_types", "when", "key")
_FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would compute


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture that could not be read. One that failed for different reasons has an entry for each.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: absolute, bytes; the first one where it has several.
        vec_types: names of those that lack it; none where only its header was looked at.
        reason: in words.
        when: it was tried last, seconds since the epoch; 0 where that is not known.
    """

    key: bytes
    path: bytes
    vec_types: tuple[str, ...]
    reason: str
    when: float

    @property
    def kind(self) -> str:
        """What the reason begins with, by which entries are counted: ``damaged``, ``truncated``, ``too large``."""
        return self.reason.partition(":")[0]

    def time(self) -> str:
        """``when`` in UTC, ISO 8601; empty where it is not known."""
        try:
            return datetime.fromtimestamp(self.when, UTC).isoformat(timespec="seconds") if self.when else ""
        except (ValueError, OverflowError, OSError):  # what no worker of ours wrote
            return ""

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "path": os.fsdecode(self.path),
            "key": self.key.hex(),
            "reason": self.reason,
            "vec_types": list(self.vec_types),
            "when": self.time() or None,
        }


@dataclass(frozen=True)
class Ledger:
    """What could not be read.

    Attributes:
        entries: ordered by path.
        problems: name and reason of each vec type whose vectors cannot be read themselves, so nothing is known of it.
    """

    entries: tuple[Entry, ...]
    problems: tuple[tuple[str, str], ...] = ()

    @cached_property
    def pictures(self) -> int:
        """How many pictures."""
        return len({entry.key for entry in self.entries})

    @cached_property
    def kinds(self) -> list[tuple[str, int]]:
        """How many entries of each kind, most first."""
        return sorted(Counter(entry.kind for entry in self.entries).items(), key=lambda item: (-item[1], item[0]))

    @cached_property
    def vec_types(self) -> list[str]:
        """Names of those that Restart would try these pictures for, sorted."""
        return sorted({name for entry in self.entries for name in entry.vec_types})


def read_ledger(catalog: Catalog, vectors_folder: Path, wanted: Sequence[str] = ()) -> Ledger:
    """What could not be read, of the pictures that the project has now.

    The journal says which pictures failed, ``failures.jsonl`` why, the catalog where they are.

    Args:
        catalog: of the project.
        vectors_folder: of the project.
        wanted: names of vec types; none for all of them, and for pictures whose header alone is damaged.

    Raises:
        CatalogError: the catalog cannot be read. OSError: a ``failures.jsonl`` cannot be read.
    """
    tried: dict[bytes, dict[str, list[tuple[str, float]]]] = {}
    problems = []
    for name in wanted or vec_types.names(vectors_folder):
        try:
            for failure in _failures(vectors_folder / name):
                by_reason = tried.setdefault(failure.key, {})
                by_reason.setdefault(failure.reason, []).append((name, failure.when))
        except StoreError as error:
            problems.append((name, error.message))
    headers = [] if wanted else [key for key in catalog.unreadable() if key not in tried]
    pictures = catalog.by_keys([*tried, *headers])
    entries = [
        Entry(key, pictures[key].path, tuple(name for name, _ in tries), reason, max(when for _, when in tries))
        for key, by_reason in tried.items()
        if key in pictures
        for reason, tries in by_reason.items()
    ]
    entries += [Entry(key, pictures[key].path, (), pictures[key].problem, 0.0) for key in headers if key in pictures]
    entries.sort(key=lambda entry: (entry.path, entry.reason))
    return Ledger(tuple(entries), tuple(problems))


def to_csv(entries: Iterable[Entry]) -> bytes:
    """A table for spreadsheets: UTF-8, path bytes as on disk, times in UTC."""
    content = io.StringIO(newline="")
    rows = csv.writer(content, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for entry in entries:
        reason = f"'{entry.reason}" if entry.reason.startswith(_FORMULA) else entry.reason
        names = " ".join(entry.vec_types)
        rows.writerow((os.fsdecode(entry.path), printable(reason), names, entry.time(), entry.key.hex()))
    return content.getvalue().encode("utf-8", "surrogateescape")


def _failures(folder: Path) -> Iterable[Failure]:
    """The failures that count, each with its reason or without one.

    Raises:
        StoreError: the vectors cannot be read.
    """
    if not (folder / manifest_file.FILE_NAME).exists():
        return []  # wanted, but its job has not come as far as that
    failed = whole_keys(Reader(folder).snapshot().failed)
    recorded = read_failures(folder) if failed else {}
    unknown = Failure(b"", b"", "")
    found = ((key, recorded.get(key, unknown)) for key in failed)
    return [
        Failure(key, known.path, known.reason or NOT_RECORDED, known.when if math.isfinite(known.when) else 0.0)
        for key, known in found
    ]
