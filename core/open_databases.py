"""Which database files this program has open: while it has, no other code may open them.

SQLite's locks are POSIX locks, and those belong to a process: when it closes *any* descriptor of a file, all its locks
on that file are gone. Another program then believes itself the last user and deletes the log (WAL) that this one still
writes to, so that nobody else sees what is committed here. https://www.sqlite.org/howtocorrupt.html, section 2.2.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from pathlib import Path

from core.project_files import status

File = tuple[int, int]  # device and inode

# Held from the question whether a file is open until a connection to it is counted. Reentrant: a connection may be
# garbage-collected meanwhile.
OPENING = threading.RLock()
_open: Counter[File] = Counter()


class CountedConnection(sqlite3.Connection):
    """A connection that counts as open from :meth:`count` until it is closed or dropped."""

    _file: File | None = None

    def count(self, path: Path) -> None:
        """Count the file at ``path``, which this connection has opened; errors as for :func:`status`."""
        with OPENING:
            self._file = _identity(path)
            if self._file:
                _open[self._file] += 1

    def close(self) -> None:
        """Close the database; only then it may be opened by other code."""
        super().close()
        self._discount()

    def __del__(self) -> None:
        self._discount()

    def _discount(self) -> None:
        with OPENING:
            file, self._file = self._file, None
            if file:
                _open[file] -= 1
                if not _open[file]:
                    del _open[file]


def is_open_here(path: Path) -> bool:
    """Whether this program has a connection to the database at ``path``. Stays true or false within ``OPENING``."""
    with OPENING:
        return _identity(path) in _open


def _identity(path: Path) -> File | None:
    try:
        found = status(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
