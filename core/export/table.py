"""A list of pictures with all that is known of them, read in chunks: a million pictures never lie in memory at once."""

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
from core.catalog.chosen import whole
from core.catalog.facts import Integers
from core.catalog.properties import Properties
from core.export.columns import FACTS, GROUP, KEY, PATH, SCORE, TAGS, Column, Kind, columns
from core.export.listing import Listing
from core.project import Project
from core.text import printable

CHUNK = 20_000  # pictures; of a table: labels are read for so many at once
FEW = 20  # where each picture is opened: progress is to be seen, and whoever cancels does not wait long
Values = dict[Column, list[Any]]  # all lists equally long
Progress = Callable[[int], None]
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Table:
    """Pictures and their columns.

    Attributes:
        columns: in their order.
        chunks: of its pictures; can be read once.
    """

    columns: list[Column]
    chunks: Iterator[Values]


@contextmanager
def table_of(
    project: Project, listing: Listing, progress: Progress = lambda done: None, *, chunk: int = 0
) -> Iterator[Table]:
    """The table of a list. Its labels are of one moment. Pictures that have no file now are left out.

    Args:
        project: its catalog is read, through a connection of its own: nobody waits.
        listing: which pictures, in which order.
        progress: is told how many pictures of the list have been read. What it raises ends the export.
        chunk: how many pictures are read at once; 0 for ``CHUNK``.

    Raises:
        CatalogError: the catalog cannot be read.
    """
    ids = project.catalog.facts().ids_of(listing.keys)
    with Catalog(project.catalog.path, project.path) as catalog, catalog.one_moment() as database:
        properties = Properties(catalog).all()
        listed = columns(properties, scores=listing.scores is not None, groups=listing.groups is not None)
        reader = _Reader(catalog, database, listed)
        yield Table(listed, _chunks(reader, listing, ids, listed, progress, chunk or CHUNK))


def _chunks(
    reader: _Reader, listing: Listing, ids: Integers, listed: list[Column], progress: Progress, chunk: int
) -> Iterator[Values]:
    for start in range(0, len(listing.keys), chunk):
        part = slice(start, start + chunk)
        keys = [whole(key) for key in listing.keys[part]]
        values = reader.read(ids[part].tolist())
        values[KEY] = [key.hex() for key in keys]
        if listing.scores is not None:
            values[SCORE] = list(listing.scores[part])
        if listing.groups is not None:
            values[GROUP] = [unicode(name) for name in listing.groups[part]]
        there = [place for place, path in enumerate(values[PATH]) if path is not None]
        if len(there) < len(keys):
            values = {column: [found[place] for place in there] for column, found in values.items()}
        yield {column: values[column] for column in listed}
        progress(start + len(keys))


class _Reader:
    """Reads what the catalog knows of some pictures: a few statements a chunk."""

    def __init__(self, catalog: Catalog, database: sqlite3.Connection, listed: list[Column]) -> None:
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
        """All columns but those of the list itself, of these pictures. A path is None where there is no file."""
        self._database.execute("DELETE FROM temp.listed")
        self._database.executemany("INSERT INTO temp.listed VALUES (?, ?)", enumerate(ids))
        values: Values = {column: [None] * len(ids) for column in (PATH, *FACTS, *self._columns.values())}
        self._facts(values)
        values[TAGS] = self._tags_of(len(ids))
        self._properties(values)
        return values

    def _facts(self, values: Values) -> None:
        # Lists at hand: a million look-ups by column would take as long as the database does.
        paths = values[PATH]
        widths, heights, formats, sizes, days, cameras, colours, sharpness = (values[column] for column in FACTS)
        first: list[tuple[int, bytes] | None] = [None] * len(paths)
        # CROSS JOIN: the short table is walked, the long one looked up.
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
        # One text instead of rows, as in Catalog.integers: the tags of a million pictures are some millions.
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
        lists = {number for number, column in self._columns.items() if column.kind is Kind.TEXTS}
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
            if column.kind is Kind.CHECKBOX:
                values[column] = [None if value is None else bool(value) for value in by_number[number]]


def unicode(text: str) -> str:
    """``text`` as every format can hold it: bytes that were not UTF-8, which JSON may bring, as ``\\xNN``."""
    return _SURROGATES.sub(lambda found: printable(found[0]), text)
