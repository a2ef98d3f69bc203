"""The pictures that a bulk change is about, as a temporary table: 100,000 of them are one statement, not as many."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from core.catalog.catalog import KEY_BYTES


def whole(key: bytes) -> bytes:
    """A key with the zero bytes at its end that NumPy drops when it hands out an element."""
    return bytes(key).ljust(KEY_BYTES, b"\0")


def choose(database: sqlite3.Connection, keys: Iterable[bytes]) -> int:
    """Fill the table ``chosen(picture)`` of this connection. Keys that the catalog does not know are left out.

    Returns how many pictures these are.
    """
    database.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (picture INTEGER PRIMARY KEY)")
    database.execute("DELETE FROM temp.chosen")
    # Sorted, so that the index on keys is walked once from its beginning to its end.
    database.executemany(
        "INSERT INTO temp.chosen SELECT id FROM pictures WHERE key = ? ON CONFLICT DO NOTHING",
        ((key,) for key in sorted({whole(key) for key in keys})),
    )
    return int(database.execute("SELECT count(*) FROM temp.chosen").fetchone()[0])
