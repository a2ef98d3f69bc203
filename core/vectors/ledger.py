"""The failure ledger: every picture of a project that could not be read, why, and which vec types lack it."""

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
from core.formulas import escape_formula
from core.key_arrays import whole_keys
from core.text import printable
from core.vectors import vec_types
from core.vectors.failures import Failure, read_failures
from core.vectors.manifest import has_manifest
from core.vectors.store import Reader

NOT_RECORDED = "reason not recorded"  # its line was lost by a crash or a full disk
_COLUMNS = ("path", "reason", "vec_types", "when", "key")


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A picture that could not be read. One that failed for different reasons has an entry for each.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: absolute, bytes; the first of several.
        vec_types: names of the vec types that lack it; none if only its header was read.
        reason: in words.
        when: time of the last try, seconds since the epoch; 0 if unknown.
    """

    key: bytes
    path: bytes
    vec_types: tuple[str, ...]
    reason: str
    when: float

    @property
    def kind(self) -> str:
        """The part of the reason before the colon, for counting: ``damaged``, ``truncated``, ``too large``."""
        return self.reason.partition(":")[0]

    def time(self) -> str:
        """``when`` in UTC, ISO 8601; empty if unknown."""
        try:
            return datetime.fromtimestamp(self.when, UTC).isoformat(timespec="seconds") if self.when else ""
        except (ValueError, OverflowError, OSError):  # not written by Pictoscope
            return ""

    def to_json(self) -> dict[str, Any]:
        """The entry as ``--json`` prints it."""
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
        problems: name and reason of each vec type whose own vectors cannot be read, so that its failures are unknown.
    """

    entries: tuple[LedgerEntry, ...]
    problems: tuple[tuple[str, str], ...] = ()

    @cached_property
    def pictures(self) -> int:
        """How many pictures could not be read."""
        return len({entry.key for entry in self.entries})

    @cached_property
    def kinds(self) -> list[tuple[str, int]]:
        """How many entries of each kind, most first."""
        return sorted(Counter(entry.kind for entry in self.entries).items(), key=lambda item: (-item[1], item[0]))

    @cached_property
    def vec_types(self) -> list[str]:
        """Sorted names of the vec types for which Restart would retry these pictures."""
        return sorted({name for entry in self.entries for name in entry.vec_types})


def read_ledger(catalog: Catalog, vectors_folder: Path, wanted: Sequence[str] = ()) -> Ledger:
    """The pictures of the project that could not be read.

    The journal says which pictures failed, ``failures.jsonl`` why, the catalog where they are.

    Args:
        catalog: of the project.
        vectors_folder: of the project.
        wanted: names of vec types; none for all of them and for pictures with a damaged header.

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
        LedgerEntry(key, pictures[key].path, tuple(name for name, _ in tries), reason, max(when for _, when in tries))
        for key, by_reason in tried.items()
        if key in pictures
        for reason, tries in by_reason.items()
    ]
    entries += [
        LedgerEntry(key, pictures[key].path, (), pictures[key].problem, 0.0) for key in headers if key in pictures
    ]
    entries.sort(key=lambda entry: (entry.path, entry.reason))
    return Ledger(tuple(entries), tuple(problems))


def to_csv(entries: Iterable[LedgerEntry]) -> bytes:
    """A table for spreadsheets: UTF-8, path bytes as on disk, times in UTC."""
    content = io.StringIO(newline="")
    rows = csv.writer(content, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for entry in entries:
        # Made printable first, so that a leading line end does not count as a formula.
        reason = escape_formula(printable(entry.reason))
        names = " ".join(entry.vec_types)
        rows.writerow((os.fsdecode(entry.path), reason, names, entry.time(), entry.key.hex()))
    return content.getvalue().encode("utf-8", "surrogateescape")


def _failures(folder: Path) -> Iterable[Failure]:
    """The current failures, with their reasons where recorded.

    Raises:
        StoreError: the vectors cannot be read.
    """
    if not has_manifest(folder):
        return []  # requested, but its job has not created it yet
    failed = whole_keys(Reader(folder).snapshot().failed)
    recorded = read_failures(folder) if failed else {}
    unknown = Failure(b"", b"", "")
    failures = ((key, recorded.get(key, unknown)) for key in failed)
    return [
        Failure(key, known.path, known.reason or NOT_RECORDED, known.when if math.isfinite(known.when) else 0.0)
        for key, known in failures
    ]
