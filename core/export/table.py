"""A list of pictures with all their data, read in chunks: a million pictures are never in memory at once."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from core.catalog.catalog import Catalog
from core.catalog.facts import Integers
from core.export.columns import FACTS, GROUP, KEY, PATH, SCORE, TAGS, ColumnKind, ExportColumn, columns
from core.export.listing import Listing
from core.keys import whole_key
from core.labels.properties import Properties
from core.project import Project
from core.text import printable

CHUNK = 20_000  # pictures whose labels are read at once
FEW = 20  # the chunk if each picture is opened: progress is visible, and cancelling is quick
Values = dict[ExportColumn, list[Any]]  # all lists equally long
Progress = Callable[[int], None]
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ExportTable:
    """Pictures and their columns.

    Attributes:
        columns: in their order.
        chunks: of its pictures; can be read once.
    """

    columns: list[ExportColumn]
    chunks: Iterator[Values]


@contextmanager
def table_of(
    project: Project, listing: Listing, progress: Progress = lambda done: None, *, chunk: int = 0
) -> Iterator[ExportTable]:
    """Read the table of a list, from one snapshot of the catalog. Pictures without a file are left out.

    Args:
        project: its catalog is read through a separate connection, which blocks no other program.
        listing: the pictures in order.
        progress: called with the number of pictures read. An exception stops the export.
        chunk: number of pictures read at once; 0 for ``CHUNK``.

    Raises:
        CatalogError: the catalog cannot be read.
    """
    ids = project.catalog.facts().ids_of(listing.keys)
    with Catalog(project.catalog.path, project.path) as catalog, catalog.one_moment() as database:
        properties = Properties(catalog).all()
        listed = columns(
            properties,
            scores=listing.scores is not None,
            groups=listing.groups is not None,
            long_integers=_long_integers(database),
        )
        reader = _Reader(catalog, database, listed)
        yield ExportTable(listed, _chunks(reader, listing, ids, listed, progress, chunk or CHUNK))


def _long_integers(database: sqlite3.Connection) -> set[int]:
    """Ids of the properties with an integer of more than 53 bits, which is not exact as a double."""
    rows = database.execute(
        """SELECT DISTINCT property FROM property_values
           WHERE typeof(value) = 'integer' AND value NOT BETWEEN -9007199254740992 AND 9007199254740992"""
    )
    return {row[0] for row in rows}


def _chunks(
    reader: _Reader, listing: Listing, ids: Integers, listed: list[ExportColumn], progress: Progress, chunk: int
) -> Iterator[Values]:
    for start in range(0, len(listing.keys), chunk):
        part = slice(start, start + chunk)
        keys = [whole_key(key) for key in listing.keys[part]]
        values = reader.read(ids[part].tolist())
        values[KEY] = [key.hex() for key in keys]
        if listing.scores is not None:
            values[SCORE] = list(listing.scores[part])
        if listing.groups is not None:
            values[GROUP] = [escape_surrogates(name) for name in listing.groups[part]]
        there = [place for place, path in enumerate(values[PATH]) if path is not None]
        if len(there) < len(keys):
            values = {column: [column_values[place] for place in there] for column, column_values in values.items()}
        yield {column: values[column] for column in listed}
        progress(start + len(keys))


class _Reader:
    """Reads the catalog's data on pictures: a few statements for each chunk."""

    def __init__(self, catalog: Catalog, database: sqlite3.Connection, listed: list[ExportColumn]) -> None:
        self._database = database
        self._columns = {column.property.id: column for column in listed if column.property}
        folders = database.execute(
            """SELECT d.id, r.location, d.path FROM folders d JOIN roots r ON r.id = d.root
               ORDER BY d.root, d.path"""
        ).fetchall()
        self._locations = {row[0]: os.path.join(catalog.absolute(row[1]), row[2], b"") for row in folders}
        self._ranks = {row[0]: rank for rank, row in enumerate(folders)}
        tags = sorted(database.execute("SELECT name, id FROM tags"))
        self._names = [name for name, _ in tags]
        self._places = np.zeros(max((number for _, number in tags), default=0) + 1, np.int64)  # among the names
        self._places[[number for _, number in tags]] = range(len(tags))
        database.execute("CREATE TEMP TABLE listed (place INTEGER PRIMARY KEY, picture INTEGER NOT NULL)")

    def read(self, ids: list[int]) -> Values:
        """All columns of these pictures, except key, score and group. A path is None if there is no file."""
        self._database.execute("DELETE FROM temp.listed")
        self._database.executemany("INSERT INTO temp.listed VALUES (?, ?)", enumerate(ids))
        values: Values = {column: [None] * len(ids) for column in (PATH, *FACTS, *self._columns.values())}
        self._facts(values)
        values[TAGS] = self._tags_of(len(ids))
        self._properties(values)
        return values

    def _facts(self, values: Values) -> None:
        # Local lists: a million look-ups by column would take as long as the database.
        paths = values[PATH]
        widths, heights, formats, sizes, days, cameras, colours, sharpness = (values[column] for column in FACTS)
        first: list[tuple[int, bytes] | None] = [None] * len(paths)
        # CROSS JOIN: scan the short table, look up in the long one.
        for place, folder, name, size, day, width, height, format_ in self._database.execute(
            """SELECT l.place, f.folder, f.name, f.size, date(f.mtime_ns / 1000000000, 'unixepoch', 'localtime'),
                      p.width, p.height, p.format
               FROM temp.listed l CROSS JOIN files f ON f.picture = l.picture
               CROSS JOIN pictures p ON p.id = l.picture"""
        ):
            rank, before = (self._ranks[folder], name), first[place]
            if before is None or rank < before:
                first[place] = rank
                paths[place] = self._locations[folder] + name
                sizes[place], days[place] = size, day
                if width and height:
                    widths[place], heights[place], formats[place] = width, height, format_
        for place, taken, camera in self._database.execute(
            "SELECT l.place, e.taken, e.camera FROM temp.listed l CROSS JOIN exif e ON e.picture = l.picture"
        ):
            days[place], cameras[place] = taken[:10] or days[place], camera or None
        for place, colour, measured in self._database.execute(
            """SELECT l.place, printf('#%06x', a.colour), a.sharpness
               FROM temp.listed l CROSS JOIN appearance a ON a.picture = l.picture"""
        ):
            colours[place], sharpness[place] = colour, measured

    def _tags_of(self, pictures: int) -> list[list[str]]:
        # One text instead of rows, as in Catalog.integers: a million pictures have several million tags.
        text = self._database.execute(
            """SELECT group_concat(l.place || ',' || t.tag)
               FROM temp.listed l CROSS JOIN picture_tags t ON t.picture = l.picture"""
        ).fetchone()[0]
        pairs = np.fromstring(text or "", np.int64, sep=",").reshape(-1, 2)
        names = self._places[pairs[:, 1]]
        ordered = [self._names[place] for place in names[np.lexsort((names, pairs[:, 0]))].tolist()]
        ends = np.cumsum(np.bincount(pairs[:, 0], minlength=pictures)).tolist()
        return [ordered[start:end] for start, end in pairwise([0, *ends])]

    def _properties(self, values: Values) -> None:
        lists = {number for number, column in self._columns.items() if column.kind is ColumnKind.TEXTS}
        by_number = {number: values[column] for number, column in self._columns.items()}
        for place, number, value in self._database.execute(
            """SELECT l.place, v.property, v.value
               FROM temp.listed l CROSS JOIN property_values v ON v.picture = l.picture"""
        ):
            if number in lists:
                by_number[number][place] = sorted([*(by_number[number][place] or []), value])
            else:
                by_number[number][place] = value
        for number, column in self._columns.items():
            if column.kind is ColumnKind.CHECKBOX:
                values[column] = [None if value is None else bool(value) for value in by_number[number]]


def escape_surrogates(text: str) -> str:
    """``text`` in a form valid in every format: bytes that were not UTF-8, possible in JSON, as ``\\xNN``."""
    return _SURROGATES.sub(lambda found: printable(found[0]), text)
