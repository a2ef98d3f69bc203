"""Undo and redo of label changes.

Every change of a label belongs to a named step. While a step is open, database triggers record how to revert each row
change; the step, its changes and their record are one transaction: a crash leaves all or nothing.
Undo applies the record backwards with the triggers still active: they record how to redo. Based on
https://www.sqlite.org/undoredo.html, but steps are stored in the file: they persist and are shared by all programs.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from core.catalog.catalog import Catalog
from core.catalog.contents import check_restored
from core.catalog.labels_schema import RECORDED, SLOTS
from core.databases import AlteredDatabase
from core.errors import CatalogError, UsageError
from core.key_hints import with_keys
from core.text import moment

PROGRAM = f"{os.getpid()}-{secrets.token_hex(4)}"  # identifies this process as the author of steps
STEPS_LISTED = 1_000
CHANGES_KEPT = 5_000_000  # about 200 MB; a step that tags one picture is one change
_CHUNK = 10_000  # changes in memory at once
# The next steps to undo, and to redo.
_STEP = "SELECT number, name, first, last, made, program FROM steps"
_DONE = f"{_STEP} WHERE undone = 0 ORDER BY number DESC LIMIT ?"
_UNDONE = f"{_STEP} WHERE undone = 1 ORDER BY number LIMIT ?"


@dataclass(frozen=True, slots=True)
class Step:
    """A named set of changes that can be undone.

    Attributes:
        number: increasing, never reused.
        name: in words: ``tag 312 pictures as cat``; printable.
        made: seconds since 1970.
        undone: whether it is undone and can be redone.
        changes: number of changed rows.
        program: process that did, undid or redid it last; see :data:`PROGRAM`.
    """

    number: int
    name: str
    made: float
    undone: bool
    changes: int
    program: str = ""


class ForeignStep(UsageError):
    """The next step was done, undone or redone by another process.

    Args:
        name: of the step.
        made: seconds since 1970.
        program: as in :class:`Step`.
    """

    def __init__(self, name: str, made: float, program: str) -> None:
        super().__init__(
            f"“{name}” of {moment(made)} was made by another program, or in an earlier session",
            with_keys("press {undo} in Browse to undo it after a confirmation, or run: pictoscope undo"),
        )
        self.name = name
        self.made = made
        self.program = program


@dataclass
class OpenStep:
    """A step in progress.

    Attributes:
        name: may be changed until it ends; a nested step's name is used only if the outer step has none.
        database: the connection to write with.
        number: its number in the history once it has ended; None if nothing has changed.
    """

    name: str
    database: sqlite3.Connection
    number: int | None = None


class History:
    """The steps of a catalog, shared by all processes. The newest is undone first.

    Args:
        catalog: whose labels change.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @contextmanager
    def step(self, name: str = "") -> Iterator[OpenStep]:
        """Record all label changes inside as one step; roll back on any exception. Discards the steps to redo.

        A nested step is part of the outer one. A step that changes nothing is not recorded.

        Args:
            name: in words. If empty, the name of the first nested step that has one and changes something.

        Raises:
            CatalogError: the database cannot be written.
        """
        with self._catalog.transaction(durable=True) as database:
            opened = OpenStep(name, database)
            first = _next_change(database)
            outer = database.execute("SELECT number, name FROM steps WHERE number = (SELECT step FROM recording)")
            if within := outer.fetchone():
                with _naming(database, opened, *within):
                    yield opened
                if _next_change(database) > first:
                    opened.number = within[0]
                return
            number = database.execute(
                """INSERT INTO steps (name, made, undone, first, last, program)
                   VALUES (?, ?, 0, ?, 0, ?) RETURNING number""",
                (name, time.time(), first, PROGRAM),
            ).fetchone()[0]
            with _recording(database, number):
                yield opened
            last = _next_change(database) - 1
            if last < first:
                database.execute("DELETE FROM steps WHERE number = ?", (number,))
                return
            database.execute("UPDATE steps SET last = ? WHERE number = ?", (last, number))
            if opened.name:
                database.execute("UPDATE steps SET name = ? WHERE number = ?", (opened.name, number))
            _forget(database, "undone = 1")
            _forget_oldest(database)
        opened.number = number

    def undo(self, allowed: str | None = None, among: Container[int] | None = None) -> str | None:
        """Undo the newest step. Returns its name, or None if there is none.

        Args:
            allowed: another process whose steps may be undone as well; None: those of all processes.
            among: numbers of the steps to undo: if the newest is not among them, nothing is done.

        Raises:
            ForeignStep: it is not allowed. CatalogError: the database cannot be written; nothing has changed then.
        """
        return next(iter(self._undo_or_redo(_DONE, 1, allowed, among)), None)

    def redo(self, allowed: str | None = None) -> str | None:
        """Redo the last undone step. Returns its name, or None if there is none; see :meth:`undo`.

        Raises:
            ForeignStep: it is not allowed. CatalogError: the database cannot be written; nothing has changed then.
        """
        return next(iter(self._undo_or_redo(_UNDONE, 1, allowed)), None)

    def forgotten(self) -> int:
        """How many steps were discarded: only the newest with at most ``CHANGES_KEPT`` changes are kept."""
        return int(self._catalog.query("SELECT sum(steps) FROM forgotten")[0][0] or 0)

    def count(self) -> int:
        """How many steps there are."""
        return int(self._catalog.query("SELECT count(*) FROM steps")[0][0])

    def go_to_step(self, number: int, expected: int) -> list[str]:
        """Undo all steps down to and including one; if that one is undone, redo all up to and including it.

        Either all of them or none.

        Args:
            number: of the step.
            expected: the number of these steps that the person confirmed.

        Returns the names of the steps, in the order in which they were undone or redone.

        Raises:
            UsageError: the number differs, or there is no such step: the history has changed.
            CatalogError: the database cannot be written; nothing has changed then.
        """
        with self._catalog.transaction(durable=True) as database:
            row = database.execute("SELECT undone FROM steps WHERE number = ?", (number,)).fetchone()
            undone = bool(row and row[0])
            passed = "undone = 1 AND number <= ?" if undone else "undone = 0 AND number >= ?"
            many = database.execute(f"SELECT count(*) FROM steps WHERE {passed}", (number,)).fetchone()[0]  # noqa: S608
            if row is None or many != expected:
                raise UsageError("the history has changed since it was shown", "look at it again")
            return self._undo_or_redo(_UNDONE if undone else _DONE, many)

    def mark(self) -> tuple[int, int]:
        """A value that changes whenever labels change, and is restored by undo followed by redo."""
        newest, undone = self._catalog.query("SELECT coalesce(max(number), 0), coalesce(sum(undone), 0) FROM steps")[0]
        return int(newest), int(undone)

    def steps(self, limit: int = STEPS_LISTED) -> list[Step]:
        """The newest ``limit`` steps, newest first; undone ones come first."""
        rows = self._catalog.query(
            "SELECT number, name, made, undone, last - first + 1, program FROM steps ORDER BY number DESC LIMIT ?",
            (limit,),
        )
        return [Step(row[0], row[1], row[2], bool(row[3]), row[4], row[5]) for row in rows]

    def forget(self) -> None:
        """Discard all steps: labels stay as they are and cannot be undone.

        Raises:
            CatalogError: the database cannot be written.
        """
        with self._catalog.transaction() as database:
            _forget(database, "true")

    def _undo_or_redo(
        self, chosen: str, many: int, allowed: str | None = None, among: Container[int] | None = None
    ) -> list[str]:
        """Undo or redo the first ``many`` steps of the query ``chosen``. Returns their names."""
        names = []
        with self._catalog.transaction(durable=True) as database:
            # Rows are restored one by one, some before the rows that they refer to.
            database.execute("PRAGMA defer_foreign_keys = ON")
            for number, name, first, last, made, program in database.execute(chosen, (many,)).fetchall():
                if among is not None and number not in among:
                    break
                if allowed is not None and program not in (PROGRAM, allowed):
                    raise ForeignStep(name, made, program)
                begin = _next_change(database)
                with _recording(database, number):
                    _revert(database, first, last)
                _check_restored(database, begin)
                database.execute("DELETE FROM changes WHERE number BETWEEN ? AND ?", (first, last))
                database.execute(
                    "UPDATE steps SET undone = 1 - undone, first = ?, last = ?, program = ? WHERE number = ?",
                    (begin, _next_change(database) - 1, PROGRAM, number),
                )
                names.append(str(name))
        return names


@contextmanager
def _naming(database: sqlite3.Connection, opened: OpenStep, number: int, named: str) -> Iterator[None]:
    """What happens inside is named as the step that was ``opened``, unless a step around it has ``named`` it already.

    The name is written at the beginning: so the steps within find that there is one.
    """
    if named:
        yield
        return
    first, begun = _next_change(database), opened.name
    database.execute("UPDATE steps SET name = ? WHERE number = ?", (begun, number))
    yield
    name = opened.name if _next_change(database) > first else ""
    database.execute("UPDATE steps SET name = ? WHERE number = ? AND name IN ('', ?)", (name, number, begun))


@contextmanager
def _recording(database: sqlite3.Connection, step: int) -> Iterator[None]:
    """Let the triggers record changes for ``step``. An exception rolls back the whole transaction, including this."""
    database.execute("INSERT INTO recording VALUES (?)", (step,))
    yield
    database.execute("DELETE FROM recording")


def _revert(database: sqlite3.Connection, first: int, last: int) -> None:
    """Apply the inverse of the changes ``first`` to ``last``, the latest first."""
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


def _check_restored(database: sqlite3.Connection, begin: int) -> None:
    """The record may come from somebody else, with the project.

    Raises:
        CatalogError: it restores what cannot be; nothing is restored then.
    """
    try:
        check_restored(database, begin, _next_change(database) - 1)
    except AlteredDatabase as error:
        raise CatalogError(
            f"this step restores what cannot be: {error}", "nothing was changed; its record may be malicious"
        ) from error


def _inverse(table: str, inverse: str) -> tuple[str, int]:
    """The statement that reverts a change of ``table``, and its number of values: key first."""
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
    """Discard the oldest steps: keep the newest with at most ``CHANGES_KEPT`` changes, and always the newest one."""
    # The range of the numbers is an upper bound of their count: while it is small, no step need be examined.
    span = database.execute("SELECT coalesce(max(number) - min(number) + 1, 0) FROM changes").fetchone()[0]
    if span <= CHANGES_KEPT:
        return
    kept, changes = 0, 0
    for number, size in database.execute("SELECT number, last - first + 1 FROM steps ORDER BY number DESC"):
        kept, changes = kept + 1, changes + size
        if kept > 1 and changes > CHANGES_KEPT:
            old = f"number <= {int(number)}"
            database.execute(f"UPDATE forgotten SET steps = steps + (SELECT count(*) FROM steps WHERE {old})")  # noqa: S608
            _forget(database, old)
            return
