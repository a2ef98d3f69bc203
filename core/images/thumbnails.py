"""Small copies of pictures in ``thumbnails.sqlite``: a cache that may be deleted at any time."""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from core.databases import AlteredDatabase, DatabaseKind, ForeignDatabase, NewerDatabase, connect, is_current, upgrade
from core.errors import PictoscopeError, UnreadablePicture, UnsafeFile
from core.images import read
from core.images.decoders import read_picture

# Longest side in pixels: a grid with six pictures in a row on a screen 1,920 pixels wide. About 13 KB as JPEG, decoded
# in 0.5 ms; 384 pixels would take up to a third more of both, 256 would be too few for five in a row.
SIDE = 320
_TABLE = "CREATE TABLE thumbnails (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID"
# Cached results computed from pixels, by a digest of their input and method.
_FACTS = "CREATE TABLE facts (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID"
_LARGER = "DELETE FROM thumbnails"  # the first ones had 192 pixels
_KIND = DatabaseKind(
    0x50696354, (_TABLE, _FACTS, _LARGER), frozenset({1})
)  # "PicT"; the first ones had no application id
_JPEG = b"\xff\xd8\xff"
_Source = str | bytes | os.PathLike[str]


def _read(key: bytes, source: _Source, at_least: int) -> Image.Image:
    return read_picture(source, at_least=at_least)


class Thumbnails:
    """The cache of one project, for several threads. If it is damaged or cannot be written, it is not used.

    Args:
        path: of the database.
        read: reads the picture of a key, given the file to try first and how many pixels the longest side must have.
    """

    def __init__(self, path: Path, read: Callable[[bytes, _Source, int], Image.Image] = _read) -> None:
        self._path = path
        self._read = read
        self._lock = threading.Lock()
        self._database = self._open()

    def get(self, key: bytes, source: _Source) -> Image.Image:
        """The thumbnail of the picture ``key``, made from the file ``source`` if it is not cached. Mode RGB.

        Raises:
            UnreadablePicture: with the reason in words.
        """
        return self._cached(key) or self._make(key, source)

    def larger(self, key: bytes, source: _Source, at_least: int) -> Image.Image:
        """The picture ``key`` with at least so many pixels on its longest side, where it has them; not cached.

        Raises:
            UnreadablePicture: with the reason in words.
        """
        return self._read(key, source, at_least)

    def fact(self, key: bytes) -> bytes | None:
        """The content stored by :meth:`keep_fact` for this digest; None if unknown. It is not trusted."""
        with self._lock:
            try:
                row = self._database.execute("SELECT content FROM facts WHERE key = ?", (key,)).fetchone()
            except sqlite3.Error:
                return None
        return row[0] if row and isinstance(row[0], bytes) else None

    def keep_fact(self, key: bytes, content: bytes) -> None:
        """Store a small result; if that fails, it is computed again."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, content))

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    def _cached(self, key: bytes) -> Image.Image | None:
        with self._lock:
            try:
                row = self._database.execute("SELECT content FROM thumbnails WHERE key = ?", (key,)).fetchone()
            except sqlite3.Error:
                return None
        return _stored(row[0]) if row else None

    def _make(self, key: bytes, source: _Source) -> Image.Image:
        picture = self._read(key, source, SIDE)
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=82)
        with self._lock:
            try:
                self._database.execute("INSERT OR REPLACE INTO thumbnails VALUES (?, ?)", (key, content.getvalue()))
            except sqlite3.Error:
                return picture  # a cache that cannot be written (full or read-only disk) costs time, nothing else
        return picture

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect(self._path)
        except (sqlite3.DatabaseError, UnicodeDecodeError, UnsafeFile, OSError) as error:
            if not _may_be_replaced(error):
                return _in_memory()
            try:
                self._path.unlink(missing_ok=True)
                return self._connect(self._path)
            except (sqlite3.Error, PictoscopeError, OSError):
                return _in_memory()

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        database = connect(path, _KIND, timeout=2.0)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = OFF")
            if not is_current(database, _KIND):
                upgrade(database, _KIND)
        except BaseException:
            database.close()
            raise
        return database


def _may_be_replaced(error: Exception) -> bool:
    """Whether a file that cannot be opened is a thumbnail cache: damaged, changed or of another version.

    Not if it belongs to another program or is not a file of the project, nor if another process has locked it or a disk
    fails.
    """
    if isinstance(error, AlteredDatabase | NewerDatabase):
        return True
    refused = (sqlite3.OperationalError, ForeignDatabase, UnsafeFile, OSError)
    return not isinstance(error, refused)


def _in_memory() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for script in _KIND.scripts:
        database.execute(script)
    return database


def _stored(content: object) -> Image.Image | None:
    """Decode a thumbnail written by :class:`Thumbnails`; None for anything else.

    It is decoded in this process, which must not crash, and a project may come from somebody else: so no other
    format and no large picture is accepted.
    """
    if not isinstance(content, bytes) or not content.startswith(_JPEG):
        return None
    try:
        with read.open_picture(io.BytesIO(content)) as image:
            small = max(image.size) <= SIDE
        return read.read_picture(io.BytesIO(content)) if small else None
    except UnreadablePicture:
        return None
