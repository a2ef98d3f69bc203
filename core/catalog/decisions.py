"""What people decided about pictures, so that it is never asked again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from core.catalog.catalog import KEY, Catalog
from core.catalog.chosen import choose, whole
from core.catalog.history import History
from core.catalog.names import clean_name
from core.errors import UsageError
from core.text import count, printable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LARGEST_SET = 1_000  # its pairs are half a million rows


class Kind(StrEnum):
    """What was decided."""

    NOT_DUPLICATE = "not-duplicate"  # about each pair of the pictures
    REFUSED = "refused"  # about a picture and a subject: it does not belong there
    KEEP = "keep"  # of duplicates: this one stays
    MARKED = "marked"  # of duplicates: this one is one too many


# A picture is one or the other.
_OPPOSITE = {Kind.KEEP: Kind.MARKED, Kind.MARKED: Kind.KEEP}
# What is done, with the pictures' number; and what is forgotten of them.
_WORDS = {
    Kind.NOT_DUPLICATE: ("tell {} apart: no duplicates", "no duplicates"),
    Kind.REFUSED: ("refuse {}", "refused"),
    Kind.KEEP: ("keep {} of duplicates", "to be kept"),
    Kind.MARKED: ("mark {} as one too many", "one too many"),
}


TAG_SUBJECT = "tag:"  # before the name of the tag


def tag_subject(name: str) -> str:
    """The subject of what is refused for a tag."""
    return TAG_SUBJECT + clean_name(name, "tag")


def group_subject(name: str) -> str:
    """The subject of what is refused for a saved group."""
    return f"group:{clean_name(name, 'group')}"


class Decisions:
    """The decisions in a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: which holds them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def remember(self, kind: Kind, subject: str, keys: Sequence[bytes]) -> int:
        """Remember a decision about pictures. Keys that the catalog does not know are left out.

        Args:
            kind: what was decided. KEEP takes MARKED back for the same picture and subject, and the reverse.
            subject: see :func:`tag_subject`, :func:`group_subject`; empty where the kind needs none.
            keys: pictures. For NOT_DUPLICATE every pair of them is remembered.

        Returns how many rows are new: pictures, or pairs.

        Raises:
            UsageError: NOT_DUPLICATE with fewer than two or more than 1,000 pictures.
        """
        with self._history.step(_step_name(kind, subject, len(keys))) as step:
            if kind == Kind.NOT_DUPLICATE:
                return _remember_pairs(step.database, subject, keys)
            choose(step.database, keys)
            if kind in _OPPOSITE:
                _forget(step.database, _OPPOSITE[kind], subject)
            return step.database.execute(
                """INSERT INTO decisions SELECT ?, ?, picture, picture, ? FROM temp.chosen WHERE true
                   ON CONFLICT DO NOTHING""",
                (kind.value, subject, time.time()),
            ).rowcount

    def forget(self, kind: Kind, subject: str, keys: Iterable[bytes]) -> int:
        """Take decisions about pictures back, of NOT_DUPLICATE those about pairs of them. Returns how many were."""
        with self._history.step(f"forget that pictures are {_WORDS[kind][1]}{_about(subject)}") as step:
            choose(step.database, keys)
            return _forget(step.database, kind, subject)

    def remembered(self, kind: Kind, subject: str = "") -> set[bytes]:
        """Keys of the pictures of which this was decided."""
        rows = self._catalog.query(
            "SELECT p.key FROM decisions d JOIN pictures p ON p.id = d.picture WHERE d.kind = ? AND d.subject = ?",
            (kind.value, subject),
        )
        return {row[0] for row in rows}

    def refused(self, subject: str) -> set[bytes]:
        """Keys of the pictures that do not belong to a subject."""
        return self.remembered(Kind.REFUSED, subject)

    def not_duplicates(self) -> set[frozenset[bytes]]:
        """The pairs of keys that are no duplicates."""
        return {frozenset(pair) for pair in self._pairs()}

    def not_duplicate_pairs(self) -> npt.NDArray[np.bytes_]:
        """The pairs of keys that are no duplicates, as an array: 4 MB for 100,000.

        Shape (n, 2), dtype S20. In each row the smaller key comes first; rows are sorted.
        """
        import numpy as np

        joined = b"".join(first + second for first, second in sorted(map(_ordered, self._pairs())))
        return np.frombuffer(joined, dtype=KEY).reshape(-1, 2)

    def _pairs(self) -> list[tuple[bytes, bytes]]:
        return self._catalog.query(
            """SELECT a.key, b.key FROM decisions d
               JOIN pictures a ON a.id = d.picture JOIN pictures b ON b.id = d.other WHERE d.kind = ?""",
            (Kind.NOT_DUPLICATE.value,),
        )


def move(database: sqlite3.Connection, source: str, target: str) -> None:
    """What was decided for one subject is decided for another. Call it within a step."""
    database.execute(
        """INSERT INTO decisions SELECT kind, ?, picture, other, created FROM decisions WHERE subject = ?
           ON CONFLICT DO NOTHING""",
        (target, source),
    )
    drop(database, source)


def accept(database: sqlite3.Connection, subject: str) -> None:
    """The pictures in ``chosen`` are refused for a subject no more. Call it within a step."""
    _forget(database, Kind.REFUSED, subject)


def drop(database: sqlite3.Connection, subject: str) -> None:
    """Forget all that was decided for a subject. Call it within a step."""
    database.execute("DELETE FROM decisions WHERE subject = ?", (subject,))


def _remember_pairs(database: sqlite3.Connection, subject: str, keys: Sequence[bytes]) -> int:
    distinct = sorted({whole(key) for key in keys})
    if not 2 <= len(distinct) <= LARGEST_SET:
        raise UsageError(
            f"{count(len(distinct), 'picture')} cannot be told apart at once", f"give 2 to {LARGEST_SET:,} pictures"
        )
    choose(database, distinct)
    numbers = [row[0] for row in database.execute("SELECT picture FROM temp.chosen ORDER BY picture")]
    now = time.time()
    rows = database.executemany(
        "INSERT INTO decisions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ((Kind.NOT_DUPLICATE.value, subject, first, second, now) for first, second in combinations(numbers, 2)),
    ).rowcount
    return max(rows, 0)


def _forget(database: sqlite3.Connection, kind: Kind, subject: str) -> int:
    """Of the pictures in ``chosen``."""
    return database.execute(
        """DELETE FROM decisions WHERE kind = ? AND subject = ?
           AND picture IN (SELECT picture FROM temp.chosen) AND other IN (SELECT picture FROM temp.chosen)""",
        (kind.value, subject),
    ).rowcount


def _ordered(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return (min(pair), max(pair))


def _step_name(kind: Kind, subject: str, pictures: int) -> str:
    return _WORDS[kind][0].format(count(pictures, "picture")) + _about(subject)


def _about(subject: str) -> str:
    return f" for {printable(subject)}" if subject else ""
