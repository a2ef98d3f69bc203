"""Small copies of pictures in ``thumbnails.sqlite``: a cache that may be deleted at any time."""

from __future__ import annotations

import io
import os
import sqlite3
import threading
from pathlib import Path

from PIL import Image

from core.errors import UnreadablePicture
from core.images import read
from core.images.decoders import read_picture

# Longest side in pixels. Enough for a grid cell in sixel; about 6 KB as JPEG.
SIDE = 192
_VERSION = 1
_JPEG = b"\xff\xd8\xff"


class Thumbnails:
    """The cache of one project, for several threads. One that is damaged or cannot be written is done without."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._database = self._open()

    def get(self, key: bytes, source: str | bytes | os.PathLike[str]) -> Image.Image:
        """The thumbnail of the picture ``key``, made from the file ``source`` if it is not cached. Mode RGB.

        Raises:
            UnreadablePicture: with the reason in words.
        """
        return self._cached(key) or self._make(key, source)

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

    def _make(self, key: bytes, source: str | bytes | os.PathLike[str]) -> Image.Image:
        picture = read_picture(source, at_least=SIDE)
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
        except sqlite3.OperationalError:  # another process holds it, or the disk refuses
            return self._connect(":memory:")
        except sqlite3.DatabaseError:
            try:
                self._path.unlink(missing_ok=True)
                return self._connect(self._path)
            except (sqlite3.Error, OSError):
                return self._connect(":memory:")

    @staticmethod
    def _connect(path: Path | str) -> sqlite3.Connection:
        database = sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            database.execute("DROP TABLE IF EXISTS thumbnails")
            database.execute("CREATE TABLE thumbnails (key BLOB PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID")
            database.execute(f"PRAGMA user_version = {_VERSION}")
        return database


def _stored(content: object) -> Image.Image | None:
    """A thumbnail as :class:`Thumbnails` wrote it; None for anything else.

    It is decoded in this process, which must not die of it, and a project may come from somebody else: so no other
    format, and nothing large.
    """
    if not isinstance(content, bytes) or not content.startswith(_JPEG):
        return None
    try:
        with read.open_picture(io.BytesIO(content)) as image:
            small = max(image.size) <= SIDE
        return read.read_picture(io.BytesIO(content)) if small else None
    except UnreadablePicture:
        return None
