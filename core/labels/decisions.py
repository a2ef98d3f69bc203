"""Decisions of people about pictures, remembered so that they are never asked again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from core.catalog.catalog import Catalog
from core.catalog.selection_table import fill_selection
from core.errors import UsageError
from core.keys import KEY, whole_key
from core.labels.undo import History
from core.names import clean_name
from core.text import count, printable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LARGEST_SET = 1_000  # its pairs are half a million rows


class DecisionKind(StrEnum):
    """The kind of a decision."""

    NOT_DUPLICATE = "not-duplicate"  # a pair of pictures: they are different
    REFUSED = "refused"  # a picture and a subject: it does not belong to the subject
    KEEP = "keep"  # a duplicate: it is kept
    MARKED = "marked"  # a duplicate: it is redundant
    RELEVANT = "relevant"  # a picture and a question: it is a good answer
    NOT_RELEVANT = "not-relevant"  # a picture and a question: it is no good answer


# A picture has at most one of the two.
_OPPOSITE = {
    DecisionKind.KEEP: DecisionKind.MARKED,
    DecisionKind.MARKED: DecisionKind.KEEP,
    DecisionKind.RELEVANT: DecisionKind.NOT_RELEVANT,
    DecisionKind.NOT_RELEVANT: DecisionKind.RELEVANT,
}
# The name of a step that decides, and what a step that withdraws the decision says of the pictures.
_WORDS = {
    DecisionKind.NOT_DUPLICATE: ("mark {} as different", "different"),
    DecisionKind.REFUSED: ("refuse {}", "refused"),
    DecisionKind.KEEP: ("keep {} of duplicates", "marked to be kept"),
    DecisionKind.MARKED: ("mark {} as redundant", "marked as redundant"),
    DecisionKind.RELEVANT: ("judge {} relevant", "judged relevant"),
    DecisionKind.NOT_RELEVANT: ("judge {} not relevant", "judged not relevant"),
}


TAG_SUBJECT, GROUP_SUBJECT = "tag:", "group:"  # before the name of the tag or saved group


def tag_subject(name: str) -> str:
    """The subject of refusals for a tag."""
    return TAG_SUBJECT + clean_name(name, "tag")


def group_subject(name: str) -> str:
    """The subject of refusals for a saved group."""
    return GROUP_SUBJECT + clean_name(name, "group")


class Decisions:
    """The decisions in a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: contains them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def remember(self, kind: DecisionKind, subject: str, keys: Sequence[bytes]) -> int:
        """Remember a decision about pictures. Keys unknown to the catalog are ignored.

        Args:
            kind: of the decision. KEEP replaces MARKED for the same picture and subject, and the reverse; RELEVANT and
                NOT_RELEVANT likewise.
            subject: see :func:`tag_subject`, :func:`group_subject`; empty if the kind needs none.
            keys: of the pictures. For NOT_DUPLICATE every pair of them is remembered.

        Returns the number of new rows: pictures, or pairs.

        Raises:
            UsageError: NOT_DUPLICATE with fewer than two or more than 1,000 pictures.
        """
        with self._history.step(_step_name(kind, subject, len(keys))) as step:
            if kind == DecisionKind.NOT_DUPLICATE:
                return _remember_pairs(step.database, subject, keys)
            if kind in _OPPOSITE:
                _forget(step.database, _OPPOSITE[kind], subject, keys)
            fill_selection(step.database, keys)
            return step.database.execute(
                """INSERT INTO decisions SELECT ?, ?, picture, picture, ? FROM temp.chosen WHERE true
                   ON CONFLICT DO NOTHING""",
                (kind.value, subject, time.time()),
            ).rowcount

    def forget(self, kind: DecisionKind, subject: str, keys: Iterable[bytes]) -> int:
        """Withdraw decisions about pictures (NOT_DUPLICATE: about pairs of them). Returns their number."""
        with self._history.step(f"forget that pictures are {_WORDS[kind][1]}{_about(subject)}") as step:
            return _forget(step.database, kind, subject, keys)

    def remembered(self, kind: DecisionKind, subject: str = "") -> set[bytes]:
        """Keys of the pictures with this decision."""
        rows = self._catalog.query(
            "SELECT p.key FROM decisions d JOIN pictures p ON p.id = d.picture WHERE d.kind = ? AND d.subject = ?",
            (kind.value, subject),
        )
        return {row[0] for row in rows}

    def refused(self, subject: str) -> set[bytes]:
        """Keys of the pictures that were refused for a subject."""
        return self.remembered(DecisionKind.REFUSED, subject)

    def not_duplicates(self) -> set[frozenset[bytes]]:
        """The pairs of keys that were marked as different."""
        return {frozenset(pair) for pair in self._pairs()}

    def not_duplicate_pairs(self) -> npt.NDArray[np.bytes_]:
        """The pairs of keys that were marked as different, as an array: 4 MB for 100,000.

        Shape (n, 2), dtype S20. In each row the smaller key comes first; rows are sorted.
        """
        import numpy as np

        joined = b"".join(first + second for first, second in sorted(map(_ordered, self._pairs())))
        return np.frombuffer(joined, dtype=KEY).reshape(-1, 2)

    def _pairs(self) -> list[tuple[bytes, bytes]]:
        return self._catalog.query(
            """SELECT a.key, b.key FROM decisions d
               JOIN pictures a ON a.id = d.picture JOIN pictures b ON b.id = d.other WHERE d.kind = ?""",
            (DecisionKind.NOT_DUPLICATE.value,),
        )


def move_decisions(database: sqlite3.Connection, source: str, target: str) -> None:
    """Move all decisions from one subject to another. Call it within a step."""
    database.execute(
        """INSERT INTO decisions SELECT kind, ?, picture, other, created FROM decisions WHERE subject = ?
           ON CONFLICT DO NOTHING""",
        (target, source),
    )
    delete_decisions(database, source)


def withdraw_refusals(database: sqlite3.Connection, subject: str, keys: Iterable[bytes]) -> None:
    """Withdraw refusals of these pictures for a subject. Call it within a step."""
    _forget(database, DecisionKind.REFUSED, subject, keys)


def delete_decisions(database: sqlite3.Connection, subject: str) -> None:
    """Delete all decisions for a subject. Call it within a step."""
    database.execute("DELETE FROM decisions WHERE subject = ?", (subject,))


def _remember_pairs(database: sqlite3.Connection, subject: str, keys: Sequence[bytes]) -> int:
    distinct = sorted({whole_key(key) for key in keys})
    if not 2 <= len(distinct) <= LARGEST_SET:
        raise UsageError(
            f"{count(len(distinct), 'picture')} cannot be marked as different at once",
            f"give 2 to {LARGEST_SET:,} pictures",
        )
    fill_selection(database, distinct)
    numbers = [row[0] for row in database.execute("SELECT picture FROM temp.chosen ORDER BY picture")]
    now = time.time()
    rows = database.executemany(
        "INSERT INTO decisions VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ((DecisionKind.NOT_DUPLICATE.value, subject, first, second, now) for first, second in combinations(numbers, 2)),
    ).rowcount
    return max(rows, 0)


def _forget(database: sqlite3.Connection, kind: DecisionKind, subject: str, keys: Iterable[bytes]) -> int:
    any_decided = "SELECT 1 FROM decisions WHERE kind = ? AND subject = ? LIMIT 1"
    if database.execute(any_decided, (kind.value, subject)).fetchone() is None:
        return 0  # the usual case: 100,000 keys need not be looked up
    fill_selection(database, keys)
    return database.execute(
        """DELETE FROM decisions WHERE kind = ? AND subject = ?
           AND picture IN (SELECT picture FROM temp.chosen) AND other IN (SELECT picture FROM temp.chosen)""",
        (kind.value, subject),
    ).rowcount


def _ordered(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return (min(pair), max(pair))


def _step_name(kind: DecisionKind, subject: str, pictures: int) -> str:
    return _WORDS[kind][0].format(count(pictures, "picture")) + _about(subject)


def _about(subject: str) -> str:
    return f" for {printable(subject)}" if subject else ""
