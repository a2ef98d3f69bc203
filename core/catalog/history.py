"""Undo and redo of everything that people decide.

Every change of a label belongs to a named step. While a step is open, triggers in the database write down how each
row's change is taken back; the step, its changes and their record are one transaction: a crash leaves all or nothing.
Undo applies the record backwards with the triggers still on: they write down how to redo. After
https://www.sqlite.org/undoredo.html, but steps live in the file: they outlast the program and several may share them.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from core.catalog.catalog import Catalog
from core.catalog.labels_schema import RECORDED, SLOTS
from core.errors import UsageError

STEPS_KEPT = 1_000
CHANGES_KEPT = 5_000_000  # about 200 MB
_CHUNK = 10_000  # changes in memory at once
# The next steps to be undone, and to be redone.
_DONE = "SELECT number, name, first, last FROM steps WHERE undone = 0 ORDER BY number DESC LIMIT ?"
_UNDONE = "SELECT number, name, first, last FROM steps WHERE undone = 1 ORDER BY number LIMIT ?"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, and can be undone.

    Attributes:
        number: grows; never used again.
        name: in words: ``tag 312 pictures as cat``. Already fit to be shown.
        made: seconds since 1970.
        undone: whether redo would do it again.
        changes: rows that it changed.
    """

    number: int
    name: str
    made: float
    undone: bool
    changes: int


@dataclass
class OpenStep:
    """A step while it is made.

    Attributes:
        name: may be changed until its end; that of a step within another is not kept.
        database: for what is to be written in it.
    """

    name: str
    database: sqlite3.Connection


class History:
    """The steps of a catalog: a stack that all its processes share. The newest is undone first.

    Args:
        catalog: whose labels change.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @contextmanager
    def step(self, name: str) -> Iterator[OpenStep]:
        """All label changes inside become one step, or, by any exception, none. It clears what could be redone.

        A step inside another one is part of it. A step that changes nothing leaves no trace.

        Raises:
            CatalogError: the database cannot be written.
        """
        with self._catalog.transaction(durable=True) as database:
            opened = OpenStep(name, database)
            if database.execute("SELECT 1 FROM recording").fetchone():
                yield opened
                return
            first = _next_change(database)
            number = database.execute(
                "INSERT INTO steps (name, made, undone, first, last) VALUES (?, ?, 0, ?, 0) RETURNING number",
                (name, time.time(), first),
            ).fetchone()[0]
            with _recording(database, number):
                yield opened
            last = _next_change(database) - 1
            if last < first:
                database.execute("DELETE FROM steps WHERE number = ?", (number,))
                return
            database.execute("UPDATE steps SET name = ?, last = ? WHERE number = ?", (opened.name, last, number))
            _forget(database, "undone = 1")
            _forget_oldest(database)

    def undo(self) -> str | None:
        """Take the newest step back. Returns its name, or None where there is none.

        Raises:
            CatalogError: the database cannot be written; nothing has changed then.
        """
        return next(iter(self._turn(_DONE, 1)), None)

    def redo(self) -> str | None:
        """Do again what was undone last. Returns its name, or None where there is none.

        Raises:
            CatalogError: the database cannot be written; nothing has changed then.
        """
        return next(iter(self._turn(_UNDONE, 1)), None)

    def turn_to(self, number: int, expected: int) -> list[str]:
        """Undo all steps down to and including one; where that one is undone, redo all up to and including it.

        All of them or, where one cannot be turned, none.

        Args:
            number: of the step.
            expected: how many steps these are, as the person was told.

        Returns the names of the steps, in the order in which they were turned.

        Raises:
            UsageError: there are not as many, or no such step: somebody has changed something since.
            CatalogError: the database cannot be written; nothing has changed then.
        """
        with self._catalog.transaction(durable=True) as database:
            row = database.execute("SELECT undone FROM steps WHERE number = ?", (number,)).fetchone()
            undone = bool(row and row[0])
            passed = "undone = 1 AND number <= ?" if undone else "undone = 0 AND number >= ?"
            many = database.execute(f"SELECT count(*) FROM steps WHERE {passed}", (number,)).fetchone()[0]  # noqa: S608
            if row is None or many != expected:
                raise UsageError("the history has changed meanwhile", "look at it again")
            return self._turn(_UNDONE if undone else _DONE, many)

    def mark(self) -> tuple[int, int]:
        """Another value whenever labels are others than before; the same once a step is undone and done again."""
        newest, undone = self._catalog.query("SELECT coalesce(max(number), 0), coalesce(sum(undone), 0) FROM steps")[0]
        return int(newest), int(undone)

    def steps(self, limit: int = STEPS_KEPT) -> list[Step]:
        """The newest ``limit`` steps, newest first; those that are undone are the first of them."""
        rows = self._catalog.query(
            "SELECT number, name, made, undone, last - first + 1 FROM steps ORDER BY number DESC LIMIT ?", (limit,)
        )
        return [Step(row[0], row[1], row[2], bool(row[3]), row[4]) for row in rows]

    def forget(self) -> None:
        """Forget all steps: what was done stays, and cannot be undone any more.

        Raises:
            CatalogError: the database cannot be written.
        """
        with self._catalog.transaction() as database:
            _forget(database, "true")

    def _turn(self, chosen: str, many: int) -> list[str]:
        """Undo or redo the first ``many`` of the steps that are ``chosen``. Returns their names."""
        names = []
        with self._catalog.transaction(durable=True) as database:
            # Rows come back one by one; what they point at may come back a moment later.
            database.execute("PRAGMA defer_foreign_keys = ON")
            for number, name, first, last in database.execute(chosen, (many,)).fetchall():
                begin = _next_change(database)
                with _recording(database, number):
                    _take_back(database, first, last)
                database.execute("DELETE FROM changes WHERE number BETWEEN ? AND ?", (first, last))
                database.execute(
                    "UPDATE steps SET undone = 1 - undone, first = ?, last = ? WHERE number = ?",
                    (begin, _next_change(database) - 1, number),
                )
                names.append(str(name))
        return names


@contextmanager
def _recording(database: sqlite3.Connection, step: int) -> Iterator[None]:
    """The triggers write for ``step``. An exception undoes the whole transaction, and this with it."""
    database.execute("INSERT INTO recording VALUES (?)", (step,))
    yield
    database.execute("DELETE FROM recording")


def _take_back(database: sqlite3.Connection, first: int, last: int) -> None:
    """Apply the inverse of the changes numbered ``first`` to ``last``, the latest first."""
    while last >= first:
        rows = database.execute(
            f"""SELECT source, inverse, {", ".join(SLOTS)} FROM changes
                WHERE number BETWEEN ? AND ? ORDER BY number DESC""",  # noqa: S608  names of columns
            (max(first, last - _CHUNK + 1), last),
        ).fetchall()
        for (source, inverse), run in groupby(rows, key=lambda row: row[:2]):
            statement, width = _inverse(source, inverse)
            database.executemany(statement, [row[2 : 2 + width] for row in run])
        last -= _CHUNK


def _inverse(table: str, inverse: str) -> tuple[str, int]:
    """The statement that takes a change of ``table`` back, and how many values it takes: key first."""
    key, others = RECORDED[table]
    columns = key + others
    where = " AND ".join(f"{column} = ?{number}" for number, column in enumerate(key, 1))
    if inverse == "delete":
        return f"DELETE FROM {table} WHERE {where}", len(key)  # noqa: S608  names from RECORDED
    if inverse == "insert":
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", len(columns)  # noqa: S608
    new = ", ".join(f"{column} = ?{number}" for number, column in enumerate(others, len(key) + 1))
    return f"UPDATE {table} SET {new} WHERE {where}", len(columns)  # noqa: S608


def _next_change(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT coalesce(max(number), 0) + 1 FROM changes").fetchone()[0])


def _forget(database: sqlite3.Connection, which: str) -> None:
    for first, last in database.execute(f"SELECT first, last FROM steps WHERE {which}").fetchall():  # noqa: S608
        database.execute("DELETE FROM changes WHERE number BETWEEN ? AND ?", (first, last))
    database.execute(f"DELETE FROM steps WHERE {which}")  # noqa: S608


def _forget_oldest(database: sqlite3.Connection) -> None:
    """Keep the newest steps: at most ``STEPS_KEPT``, and (the newest one apart) at most ``CHANGES_KEPT`` changes."""
    kept, changes = 0, 0
    for number, size in database.execute("SELECT number, last - first + 1 FROM steps ORDER BY number DESC").fetchall():
        kept, changes = kept + 1, changes + size
        if kept > STEPS_KEPT or (kept > 1 and changes > CHANGES_KEPT):
            _forget(database, f"number <= {int(number)}")
            return
