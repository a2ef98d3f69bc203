"""The catalog's tables and how an older catalog becomes a current one."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from core.catalog.labels_schema import LABELS
from core.errors import CatalogError, PictoscopeError
from core.files import too_many_files

# "Pict": tells a catalog from any other SQLite file.
APPLICATION_ID = 0x50696374

# One script a version; a catalog at version n gets scripts n, n+1, … Never edit one that was released: add one.
_MIGRATIONS = (
    """
    CREATE TABLE roots (
        id INTEGER PRIMARY KEY,
        location BLOB NOT NULL UNIQUE      -- as in project.toml: absolute, or relative to the project folder
    );
    CREATE TABLE folders (
        id INTEGER PRIMARY KEY,
        root INTEGER NOT NULL REFERENCES roots(id) ON DELETE CASCADE,
        path BLOB NOT NULL,                -- relative to the root, bytes as on disk; empty for the root itself
        UNIQUE (root, path)
    );
    CREATE TABLE pictures (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,          -- SHA-1 of the content, 20 bytes
        width INTEGER NOT NULL,            -- as displayed; 0 where the header cannot be read
        height INTEGER NOT NULL,
        format TEXT NOT NULL,              -- Pillow's name
        problem TEXT NOT NULL              -- why the header cannot be read, in words
    );
    CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        folder INTEGER NOT NULL REFERENCES folders(id) ON DELETE CASCADE,
        name BLOB NOT NULL,
        picture INTEGER NOT NULL REFERENCES pictures(id),
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        UNIQUE (folder, name)
    );
    CREATE INDEX files_by_picture ON files(picture);
    """,
    LABELS,
)
VERSION = len(_MIGRATIONS)
# SQLite quotes what it cannot understand of a damaged schema, and Python cannot always decode that.
SQL_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)


def connect(path: Path) -> sqlite3.Connection:
    """Open the catalog at ``path``, creating or migrating it.

    Raises:
        CatalogError: damaged, not a catalog, or written by a newer Pictoscope. The message names the file.
    """
    try:
        database = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
        _prepare(database, path)
    except SQL_ERRORS as error:
        raise damaged(path, error) from error
    return database


def damaged(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> PictoscopeError:
    """The typed error for what SQLite says of the file at ``path``."""
    text = str(error)
    if "unable to open" in text and (limit := _file_limit(path.parent)):
        return limit
    if "locked" in text:
        return CatalogError(f"{path} is being written by another process", "try again when it has finished")
    if "full" in text or "disk I/O" in text:
        return CatalogError(
            f"{path} cannot be written: {text}", "free some space or mend the disk, and try again; nothing was lost"
        )
    if "readonly" in text or "unable to open" in text:
        return CatalogError(
            f"{path} cannot be opened for writing ({text})",
            "check the permissions of its folder, and whether its disk is read-only",
        )
    return CatalogError(
        f"{path} is damaged ({text})",
        "`pictoscope add --rebuild-catalog` makes it anew from the picture folders; vectors are kept",
    )


def _file_limit(folder: Path) -> PictoscopeError | None:
    """The typed error if no more files may be open: SQLite does not tell why it could not open one."""
    try:
        os.close(os.open(folder, os.O_RDONLY))
    except OSError as error:
        return too_many_files(error)
    return None


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    application = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if application not in (0, APPLICATION_ID):
        raise CatalogError(f"{path} is not a Pictoscope catalog", "move it away, or choose another --project")
    if version > VERSION:
        raise CatalogError(f"{path} was written by a newer Pictoscope", "upgrade: pip install -U pictoscope")
    _use_wal(database)
    # WAL with NORMAL: a power cut may lose the last scan's newest rows (found again by the next), never the file.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA foreign_keys = ON")
    if version < VERSION:
        _migrate(database)
    database.execute("SELECT count(*) FROM roots").fetchone()


def _use_wal(database: sqlite3.Connection) -> None:
    """Switch to WAL. Where another process makes the same catalog, SQLite refuses at once instead of waiting."""
    for pause in (0.01, 0.03, 0.1, 0.3, 1.0, None):
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if pause is None or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(pause)
        else:
            return


def _migrate(database: sqlite3.Connection) -> None:
    """Bring the schema up to date in one transaction; two processes that start together do it once."""
    database.execute("BEGIN IMMEDIATE")
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        for script in _MIGRATIONS[version:]:
            for statement in script.split(";\n"):
                database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # SQLite rolls back by itself where the disk is full
            database.execute("ROLLBACK")
        raise
