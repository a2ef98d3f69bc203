"""The connection to ``catalog.sqlite``: transactions, snapshots and queries, for several threads and processes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from core.catalog.schema import SQL_ERRORS, connect, damaged
from core.errors import CatalogError, StoreBusy
from core.in_use import InUse

if TYPE_CHECKING:  # the first paint needs names and counts, not NumPy
    import numpy as np
    import numpy.typing as npt

_LONGEST_REBUILD = 30.0  # seconds to wait for a rebuild to end
# The statements that begin, commit and roll back a transaction.
_TRANSACTION = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_SAVEPOINT = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))


class CatalogConnection:
    """A connection to a catalog. Safe to share between threads; several processes may read while one writes.

    Args:
        path: of ``catalog.sqlite``.
        replacing: whether the caller has exclusive use of the catalog (:meth:`InUse.exclusive`). Otherwise no program
            may replace it while it is open here.

    Raises:
        CatalogError: damaged, of a newer version, or being replaced by another program.
    """

    def __init__(self, path: Path, *, replacing: bool = False) -> None:
        self.path = path
        self._in_use = None if replacing else _in_use(path)
        self._lock = threading.RLock()
        try:
            self._database = connect(path)
        except BaseException:
            if self._in_use:
                self._in_use.release()
            raise
        self._file = _identity(path)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()
            if self._in_use:
                self._in_use.release()

    def is_there(self) -> bool:
        """Whether the path still leads to the file that was opened: any program can move, delete or replace it."""
        return _identity(self.path) == self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Commit at the end, or roll back on any exception.

        A nested transaction is a savepoint: it is committed with the outer one, and can fail on its own.

        Args:
            durable: survive a power cut right after the commit. Costs an fsync; for data that a scan cannot find
                again.

        Raises:
            CatalogError: the database cannot be written, or no longer exists.
        """
        with self._lock:
            inner = self._database.in_transaction
            if not inner and not self.is_there():  # the change would be written to a file that nobody reads
                raise CatalogError(
                    f"{self.path} was moved, deleted or replaced while it was open here",
                    "open the project again; this change was not made",
                )
            begin, commit, rollback = _SAVEPOINT if inner else _TRANSACTION
            try:
                if durable and not inner:
                    self._database.execute("PRAGMA synchronous = FULL")
                self._database.execute(begin)
                try:
                    yield self._database
                    self._database.execute(commit)
                except BaseException:
                    if self._database.in_transaction:  # SQLite has already rolled it back if the disk is full
                        for statement in rollback:
                            self._database.execute(statement)
                    raise
                finally:
                    if durable and not inner:
                        self._database.execute("PRAGMA synchronous = NORMAL")
            except SQL_ERRORS as error:
                raise damaged(self.path, error) from error

    @contextmanager
    def one_moment(self) -> Iterator[sqlite3.Connection]:
        """Read from one snapshot, whatever other programs write in the meantime. Other threads wait until it ends.

        Temporary tables that are filled inside are kept.

        Raises:
            CatalogError: the database cannot be read.
        """
        with self._lock:
            try:
                self._database.execute("BEGIN")
                try:
                    yield self._database
                    self._database.execute("COMMIT")
                except BaseException:
                    if self._database.in_transaction:
                        self._database.execute("ROLLBACK")
                    raise
            except sqlite3.DatabaseError as error:
                raise damaged(self.path, error) from error

    def cache_pages(self, mebibytes: int) -> None:
        """Keep up to so much of the database in memory while it is open; as much as is touched is used.

        For work that looks up or changes pictures in any order: SQLite's 2 MB would be read and written over and over.
        """
        with self._lock:
            self._database.execute(f"PRAGMA cache_size = -{mebibytes * 1024}")

    def query(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a SELECT.

        Raises:
            CatalogError: the database cannot be read.
        """
        with self._lock:
            try:
                return self._database.execute(statement, values).fetchall()
            except SQL_ERRORS as error:
                raise damaged(self.path, error) from error

    def integers(self, columns: Sequence[str], source: str, values: Sequence[object] = ()) -> npt.NDArray[np.int64]:
        """Integers from the database, none NULL, in any order. Shape (rows, columns), int64.

        The database returns each column as one text: a sixth of the time and a tenth of the memory of rows in Python.

        Args:
            columns: SQL expressions.
            source: the rest of the SELECT, from FROM on.
            values: for its question marks.

        Raises:
            CatalogError: the database cannot be read.
        """
        import numpy as np

        texts = self.query(f"SELECT {', '.join(f'group_concat({column})' for column in columns)} {source}", values)[0]
        return np.stack([np.fromstring(text or "", np.int64, sep=",") for text in texts]).T

    def check(self) -> None:
        """Check the integrity of the whole database: seconds for a million pictures.

        Raises:
            CatalogError: it is damaged.
        """
        verdict = self.query("PRAGMA quick_check(1)")[0][0]
        if verdict != "ok":
            raise damaged(self.path, sqlite3.DatabaseError(" ".join(str(verdict).split())))


def _in_use(path: Path) -> InUse:
    try:
        return InUse.shared(path, _LONGEST_REBUILD)
    except StoreBusy as error:
        raise CatalogError(f"{error.message}, which rebuilds it", "try again when that has finished") from error


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
