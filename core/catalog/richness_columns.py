"""The data from picture headers, as the catalog stores it."""

from __future__ import annotations

import sqlite3

from core.images.richness import NUMBERS, Richness

COLUMNS = NUMBERS
_INSERT = f"INSERT INTO richness VALUES ({', '.join('?' * (1 + len(COLUMNS)))}) ON CONFLICT DO NOTHING"  # noqa: S608


def record(database: sqlite3.Connection, picture: int, facts: Richness) -> None:
    """Store the header data of a picture. Call it within a transaction."""
    database.execute(_INSERT, (picture, *facts.numbers))
