"""Opens the SQLite files of a project. A project may come from a stranger, and so may its databases.

Before SQLite opens a file, it is checked to be a regular file of the project, and so are those beside it
(log, journal). Its header must have our application id before a byte is written, and its tables, indexes and triggers
must be exactly those of our scripts: a foreign view, trigger or default value would run
with our queries. The cost of the checks is limited.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote_from_bytes

from core.errors import UnsafeFile
from core.open_databases import OPENING, CountedConnection, is_open_here
from core.project_files import open_stream, read_end, status

_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes
_FRACTIONS = b"\x40\x20\x20"  # in every header at 21
_BESIDE = ("-wal", "-shm", "-journal")
_JOURNAL_MAGIC = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_SUPER_JOURNAL = 24  # minimum bytes at the end of a journal that names another one
_MOST_OBJECTS = 1_000  # of a schema; ours has some 60
_PATIENCE = 20.0  # seconds for all checks at opening
_STEPS = 100_000  # of SQLite's virtual machine between two checks of the time
_LIMITS = {
    sqlite3.SQLITE_LIMIT_ATTACHED: 1,  # VACUUM needs one
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_LENGTH: 500_000_000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
# Words, quoted names, strings and symbols: equal for equivalent scripts.
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\s+|\w+|.""", re.DOTALL)

Objects = frozenset[tuple[str, str, str, tuple[str, ...]]]


class ForeignDatabase(sqlite3.DatabaseError):
    """The file is a database of another kind, or one that was altered."""


class AlteredDatabase(ForeignDatabase):
    """The file is a database of this kind, but with tables or content that Pictoscope does not write."""


class NewerDatabase(sqlite3.OperationalError):
    """The database was written by a newer Pictoscope."""


@dataclass(frozen=True)
class DatabaseKind:
    """A kind of database that a project has.

    Attributes:
        application_id: in its header; distinguishes it from all other SQLite files.
        scripts: version n is created by the first n. Statements end with a semicolon and a line end.
        unmarked: versions that may lack the application id.
    """

    application_id: int
    scripts: tuple[str, ...]
    unmarked: frozenset[int] = frozenset()

    @property
    def version(self) -> int:
        """The version of the schema that this program writes."""
        return len(self.scripts)


def connect(path: Path, kind: DatabaseKind, *, timeout: float, read_only: bool = False) -> sqlite3.Connection:
    """Open a database of a project and check its kind, without writing. A missing one is created.

    Its version may be older, 0 for a new one: see :func:`upgrade`.

    Raises:
        UnsafeFile: it, or a file beside it, is not a regular file of the project. ForeignDatabase: it belongs to
            another program. AlteredDatabase: its tables were changed. NewerDatabase: a newer version wrote it.
            sqlite3.DatabaseError, UnicodeDecodeError: it cannot be read.
    """
    _check_files(path)
    with OPENING:
        if not is_open_here(path):  # else its header was checked then, and closing the file would release its locks
            _check_header(path, kind)
        database = _open(path, "ro" if read_only else "rwc", timeout)
    try:
        harden(database)
        with limited(database):
            database.execute("BEGIN")  # a consistent view: another process may be upgrading it
            _check_schema(database, kind, read_only=read_only)
            database.execute("COMMIT")
    except BaseException:
        database.close()
        raise
    return database


def upgrade(database: sqlite3.Connection, kind: DatabaseKind) -> None:
    """Upgrade a database in one transaction; of two processes that start together one does it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        for script in kind.scripts[version:]:
            for statement in script.split(";\n"):
                database.execute(statement)
        database.execute(f"PRAGMA application_id = {kind.application_id}")
        database.execute(f"PRAGMA user_version = {kind.version}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # if the disk is full, SQLite has already rolled back
            database.execute("ROLLBACK")
        raise


def is_current(database: sqlite3.Connection, kind: DatabaseKind) -> bool:
    """Whether a database that :func:`connect` opened needs no :func:`upgrade`."""
    application = database.execute("PRAGMA application_id").fetchone()[0]
    return bool(application == kind.application_id and _version(database) == kind.version)


def connect_to_salvage(path: Path) -> sqlite3.Connection:
    """Open a possibly damaged or foreign database read-only; errors as for :func:`connect`.

    Its schema is not checked: call :func:`is_table` before reading a table, within :class:`limited`.
    """
    _check_files(path)
    with OPENING:
        database = _open(path, "ro", timeout=5.0)
    harden(database)
    return database


def is_table(database: sqlite3.Connection, kind: DatabaseKind, name: str) -> bool:
    """Whether a database has this table as defined by one of the versions of ``kind``."""
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name = ?", (name,)).fetchall()
    objects = _objects(rows)
    return len(objects) == 1 and any(objects <= _expected(kind, version) for version in range(1, kind.version + 1))


class limited:
    """A context that interrupts queries after some seconds (``sqlite3.OperationalError``)."""

    def __init__(self, database: sqlite3.Connection, seconds: float = _PATIENCE) -> None:
        self._database, self._seconds = database, seconds

    def __enter__(self) -> None:
        end = time.monotonic() + self._seconds
        self._database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)

    def __exit__(self, *exception: object) -> None:
        self._database.set_progress_handler(None, 0)


def harden(database: sqlite3.Connection) -> None:
    """Forbid functions with side effects in the schema, and limit the cost of rows and triggers."""
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    for limit, value in _LIMITS.items():
        database.setlimit(limit, value)


def _open(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    database = sqlite3.connect(
        _address(path, mode),
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
        factory=CountedConnection,
    )
    try:
        database.count(path)
    except BaseException:
        database.close()
        raise
    return database


def _address(path: Path, mode: str) -> str:
    return f"file:{quote_from_bytes(os.fsencode(path.absolute()))}?mode={mode}"


def _check_files(path: Path) -> None:
    """Check that the database and the files beside it are regular files, and that none refers to other files."""
    for suffix in ("", *_BESIDE):
        file = path.with_name(path.name + suffix)
        try:
            status(file)
            end = read_end(file, _SUPER_JOURNAL)[0] if suffix == "-journal" else b""
        except FileNotFoundError:  # or no longer there: another process deletes its journal after each change
            continue
        if end.endswith(_JOURNAL_MAGIC):  # on rollback SQLite would delete the file that it names
            raise UnsafeFile(f"{file} names a journal of several databases, which no project uses", "remove it")


def _check_header(path: Path, kind: DatabaseKind) -> None:
    """Check by the file's header, else by its schema, that it is not another program's."""
    for pause in (0.05, 0.2, None):
        try:
            _look_at_header(path, kind)
            return
        except ForeignDatabase:
            raise
        except sqlite3.DatabaseError:  # another process may be creating it
            if pause is None:
                raise
            time.sleep(pause)


def _look_at_header(path: Path, kind: DatabaseKind) -> None:
    try:
        with open_stream(path) as stream:
            header = stream.read(_HEADER)
    except FileNotFoundError:
        return
    if len(header) < _HEADER or not header.startswith(_MAGIC) or header[21:24] != _FRACTIONS:
        return  # empty, or refused by SQLite itself
    application, version = int.from_bytes(header[68:72], "big"), int.from_bytes(header[60:64], "big", signed=True)
    if application == kind.application_id:
        return
    if application:
        raise ForeignDatabase("it belongs to another program")
    with closing(sqlite3.connect(f"{_address(path, 'ro')}&immutable=1", uri=True)) as database:
        harden(database)
        with limited(database):
            schema = _schema(database)
    # Without an id it is new (its content is still in the log), or of a version without ids.
    if schema and not (version in kind.unmarked and schema == _expected(kind, version)):
        raise ForeignDatabase("it belongs to another program")


def _check_schema(database: sqlite3.Connection, kind: DatabaseKind, *, read_only: bool) -> None:
    version = _version(database)
    if version > kind.version:
        if read_only and _expected(kind, kind.version) <= _schema(database):
            return  # queries of our tables touch nothing else
        raise NewerDatabase("it was written by a newer Pictoscope")
    if version < 0 or _expected(kind, version) != _schema(database):
        raise AlteredDatabase("its tables were not made by Pictoscope")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _schema(database: sqlite3.Connection) -> Objects:
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT ?", (_MOST_OBJECTS,)).fetchall()
    return _objects(rows)


_STATEMENTS = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
_tokens_of_ours: dict[str, tuple[str, ...]] = {}


@cache
def _expected(kind: DatabaseKind, version: int) -> Objects:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        for script in kind.scripts[:version]:
            for statement in script.split(";\n"):
                database.execute(statement)
        _tokens_of_ours.update((script, _split(script)) for (script,) in database.execute(_STATEMENTS))
        return _schema(database)


def _objects(rows: list[tuple[object, ...]]) -> Objects:
    return frozenset(
        (str(kind), str(name), str(table), _tokens(str(script or ""))) for kind, name, table, script in rows
    )


def _tokens(script: str) -> tuple[str, ...]:
    """The tokens of a statement. Those of our own are known: what else a database holds is not kept in memory."""
    return _tokens_of_ours.get(script) or _split(script)


def _split(script: str) -> tuple[str, ...]:
    """The tokens of a statement without whitespace and comments."""
    tokens = (match.group() for match in _TOKEN.finditer(script))
    return tuple(token for token in tokens if not token.isspace() and not token.startswith(("--", "/*")))
