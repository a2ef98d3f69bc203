"""A catalog of pictures without files, for tests of labels, and the content of its label tables."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.catalog.catalog import Catalog
from core.catalog.labels_schema import RECORDED

PICTURES = 12


def picture_key(number: int) -> bytes:
    """Every third ends in zero bytes, which NumPy drops when it hands out an element."""
    digest = hashlib.sha1(b"%d" % number, usedforsecurity=False).digest()
    return digest[:18] + b"\0\0" if number % 3 == 0 else digest


KEYS = [picture_key(number) for number in range(1, PICTURES + 1)]
UNKNOWN = b"nobody has this key."


def open_filled(folder: Path, pictures: int = PICTURES) -> Catalog:
    """``pictures`` pictures, numbered from 1, in two folders; those of the second are also in the first."""
    catalog = Catalog(folder / "catalog.sqlite", folder)
    with catalog.transaction() as database:
        if catalog.count():
            return catalog
        database.execute("INSERT INTO roots VALUES (1, ?)", (b"/pictures",))
        database.execute("INSERT INTO folders VALUES (1, 1, ?), (2, 1, ?)", (b"", b"below"))
        for number in range(1, pictures + 1):
            database.execute(
                "INSERT INTO pictures VALUES (?, ?, ?, ?, 'PNG', '')", (number, picture_key(number), 10 * number, 60)
            )
            for folder_id in {1, 2} if number % 4 == 0 else {1}:
                values = (folder_id, b"%04d.png" % number, number)
                database.execute("INSERT INTO files VALUES (NULL, ?, ?, ?, 100, 100)", values)
    return catalog


def labels(catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that undo covers."""
    return {table: sorted(catalog.query(f"SELECT * FROM {table}"), key=repr) for table in RECORDED}
