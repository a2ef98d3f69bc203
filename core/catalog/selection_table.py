"""The pictures of a bulk change as a temporary table: 100,000 of them take one statement, not 100,000.

Every function that reads the table fills it itself, in the same body: functions that it calls may fill it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from core.keys import whole_key


def fill_selection(database: sqlite3.Connection, keys: Iterable[bytes]) -> int:
    """Fill the table ``chosen(picture)`` of this connection. Keys unknown to the catalog are ignored.

    Returns the number of pictures in it.
    """
    database.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (picture INTEGER PRIMARY KEY)")
    database.execute("DELETE FROM temp.chosen")
    # Sorted, so that the index on keys is walked once from its beginning to its end.
    database.executemany(
        "INSERT INTO temp.chosen SELECT id FROM pictures WHERE key = ? ON CONFLICT DO NOTHING",
        ((key,) for key in sorted({whole_key(key) for key in keys})),
    )
    return int(database.execute("SELECT count(*) FROM temp.chosen").fetchone()[0])
