"""The data from picture headers, as the catalog stores it."""

from __future__ import annotations

import sqlite3
from dataclasses import astuple, fields

from core.images.richness import Richness

COLUMNS = tuple(field.name for field in fields(Richness))
_INSERT = f"INSERT INTO richness VALUES ({', '.join('?' * (1 + len(COLUMNS)))}) ON CONFLICT DO NOTHING"  # noqa: S608


def record(database: sqlite3.Connection, picture: int, facts: Richness) -> None:
    """Store the header data of a picture. Call it within a transaction."""
    database.execute(_INSERT, (picture, *astuple(facts)))
