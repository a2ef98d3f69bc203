"""The tables of the catalog and their migrations."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from core import databases
from core.catalog import contents
from core.catalog.labels_schema import LABELS, STACKS, TAG_ORIGINS
from core.databases import AlteredDatabase, DatabaseKind, ForeignDatabase, NewerDatabase
from core.errors import CatalogError, PictoscopeError, UnsafeFile
from core.files import too_many_files

# "Pict": distinguishes a catalog from any other SQLite file.
APPLICATION_ID = 0x50696374

# One script for each version; a catalog at version n gets scripts n, n+1, … Never edit a released one: add another.
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
    """
    CREATE TABLE appearance (              -- pictures that have been measured; rows never change
        picture INTEGER PRIMARY KEY REFERENCES pictures(id),
        colour INTEGER NOT NULL,           -- mean, 0xRRGGBB
        sharpness INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE file_stamps (             -- what else tells that a file is another one than when it was hashed
        file INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
        inode INTEGER NOT NULL,            -- 0 where the file system has none that lasts
        ctime_ns INTEGER NOT NULL
    );
    ALTER TABLE steps ADD COLUMN           -- which run of which program did, undid or redid it last
        program TEXT NOT NULL DEFAULT '';
    CREATE TABLE forgotten (
        steps INTEGER NOT NULL             -- how many are too old to be undone
    );
    INSERT INTO forgotten VALUES (0)
    """,
    """
    CREATE TABLE richness (                -- what headers tell; a row belongs to a content and never changes
        picture INTEGER PRIMARY KEY REFERENCES pictures(id),
        frames INTEGER NOT NULL,           -- columns as in core.images.richness.Richness
        depth INTEGER NOT NULL,
        colour INTEGER NOT NULL,
        palette INTEGER NOT NULL,
        alpha INTEGER NOT NULL,
        quality INTEGER NOT NULL,
        icc INTEGER NOT NULL,
        exif INTEGER NOT NULL,
        notes INTEGER NOT NULL,
        camera INTEGER NOT NULL,
        taken INTEGER NOT NULL,
        place INTEGER NOT NULL,
        words INTEGER NOT NULL,
        xmp INTEGER NOT NULL,
        iptc INTEGER NOT NULL,
        texts INTEGER NOT NULL,
        settings INTEGER NOT NULL,
        more INTEGER NOT NULL
    )
    """,
    STACKS,
    """
    -- Later frames were not known: headers are read again where it matters.
    DELETE FROM richness;
    ALTER TABLE richness ADD COLUMN later INTEGER NOT NULL DEFAULT 0
    """,
    TAG_ORIGINS,
    """
    -- How finely colours are kept, and how many bytes are pixels, was not known: headers are read again.
    DELETE FROM richness;
    ALTER TABLE richness ADD COLUMN extra INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE richness ADD COLUMN chroma INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE richness ADD COLUMN colour_quality INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE richness ADD COLUMN coded INTEGER NOT NULL DEFAULT 0
    """,
)
VERSION = len(_MIGRATIONS)
# SQLite quotes the damaged part of a schema in its message, and Python cannot always decode that.
SQL_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)


def kind() -> DatabaseKind:
    """The description of a catalog for :mod:`core.databases`."""
    return DatabaseKind(APPLICATION_ID, _MIGRATIONS)


def connect(path: Path) -> sqlite3.Connection:
    """Open the catalog at ``path``, creating or migrating it.

    Raises:
        CatalogError: damaged, not a catalog, or written by a newer Pictoscope. The message names the file.
    """
    try:
        database = databases.connect(path, kind(), timeout=30.0)
        try:
            _prepare(database, path)
        except BaseException:
            database.close()
            raise
    except UnsafeFile as error:
        raise CatalogError(error.message, error.hint) from error
    except NewerDatabase as error:
        raise CatalogError(f"{path} was written by a newer Pictoscope", "upgrade: pip install -U pictoscope") from error
    except AlteredDatabase as error:
        raise CatalogError(
            f"{path} does not have the structure that Pictoscope creates: {error}",
            "it may be malicious: `pictoscope add --rebuild-catalog` sets it aside and builds a new one; "
            "vectors are kept",
        ) from error
    except ForeignDatabase as error:
        raise CatalogError(
            f"{path} is not a Pictoscope catalog: {error}", "move it away, or choose another --project"
        ) from error
    except SQL_ERRORS as error:
        raise damaged(path, error) from error
    return database


def damaged(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> PictoscopeError:
    """The typed error for an error of SQLite with the file at ``path``."""
    text = str(error)
    if "unable to open" in text and (limit := _file_limit(path.parent)):
        return limit
    if "locked" in text:
        return CatalogError(f"{path} is being written by another process", "try again when it has finished")
    if "full" in text or "disk I/O" in text:
        return CatalogError(
            f"{path} cannot be written: {text}", "free some space or fix the disk, and try again; nothing was lost"
        )
    if "readonly" in text or "unable to open" in text:
        return CatalogError(
            f"{path} cannot be opened for writing ({text})",
            "check the permissions of its folder, and whether its disk is read-only",
        )
    return CatalogError(
        f"{path} is damaged ({text})",
        "`pictoscope add --rebuild-catalog` rebuilds it from the picture folders; vectors are kept",
    )


def _file_limit(folder: Path) -> PictoscopeError | None:
    """The typed error if no more files can be opened: SQLite does not say why it could not open one."""
    try:
        os.close(os.open(folder, os.O_RDONLY))
    except OSError as error:
        return too_many_files(error)
    return None


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    is_new = not database.execute("PRAGMA user_version").fetchone()[0]
    if not is_new:
        contents.check_once(database, path)
    _use_wal(database)
    # WAL with NORMAL: a power cut may lose the newest rows of a scan (the next one finds them), never the file.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA foreign_keys = ON")
    if not databases.is_current(database, kind()):
        databases.upgrade(database, kind())
    database.execute("SELECT count(*) FROM roots").fetchone()
    if is_new:
        contents.remember(path)


def _use_wal(database: sqlite3.Connection) -> None:
    """Switch to WAL. If another process creates the same catalog, SQLite fails at once instead of waiting."""
    for pause in (0.01, 0.03, 0.1, 0.3, 1.0, None):
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if pause is None or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(pause)
        else:
            return
