"""A catalog of many pictures that do not exist: 200 tags, 5 properties, 1,000 folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from core.catalog.catalog import Catalog

TAGS = 200
FOLDERS = 1_000
PLACES = ("Paris", "Rome", "Cairo", "Quito", "Oslo")
PROPERTIES = (
    ("year", "number", "[]"),
    ("place", "choice", '["Paris", "Rome", "Cairo", "Quito", "Oslo"]'),
    ("printed", "date", "[]"),
    ("checked", "checkbox", "[]"),
    ("note", "text", "[]"),
)
_WORDS = ("market", "press", "harbour", "street", "garden")


def fill_catalog(catalog: Catalog, pictures: int) -> None:
    """Fill an empty catalog. Some pictures lie in two places, some tags are rare and some are on a tenth of all."""
    rng = np.random.default_rng(0)
    with catalog.transaction() as database:
        database.execute("INSERT INTO recording VALUES (0)")
        database.execute("INSERT INTO roots VALUES (1, ?)", (b"/pictures",))
        database.execute("INSERT INTO folders VALUES (1, 1, ?)", (b"",))
        database.executemany(
            "INSERT INTO folders VALUES (?, 1, ?)", ((number + 1, b"%04d" % number) for number in range(1, FOLDERS))
        )
        database.executemany("INSERT INTO pictures VALUES (?, ?, ?, ?, ?, '')", _pictures(rng, pictures))
        database.executemany("INSERT INTO files VALUES (NULL, ?, ?, ?, ?, ?)", _files(rng, pictures))
        database.executemany(
            "INSERT INTO tags VALUES (?, ?, '', ?)",
            ((number + 1, f"t{number:03d}", number // 10 if number >= 10 else None) for number in range(TAGS)),
        )
        for tag in range(TAGS):
            share = 0.1 / (1 + tag % 20)
            chosen = np.flatnonzero(rng.random(pictures) < share) + 1
            database.executemany("INSERT INTO picture_tags VALUES (?, ?)", ((tag + 1, int(one)) for one in chosen))
        database.executemany(
            "INSERT INTO properties VALUES (?, ?, ?, ?)",
            ((number, *definition) for number, definition in enumerate(PROPERTIES, 1)),
        )
        database.executemany("INSERT INTO property_values VALUES (?, ?, ?)", _values(rng, pictures))
        database.executemany("INSERT INTO appearance VALUES (?, ?, ?)", _looks(pictures))
        database.execute("DELETE FROM changes")
        database.execute("DELETE FROM recording")


def _pictures(rng: np.random.Generator, pictures: int) -> Iterator[tuple[object, ...]]:
    sides = rng.integers(200, 6000, (pictures, 2)).tolist()
    for number, (width, height) in enumerate(sides, 1):
        key = hashlib.sha1(str(number).encode(), usedforsecurity=False).digest()
        yield number, key, width, height, ("JPEG", "PNG", "TIFF")[number % 3]


def _files(rng: np.random.Generator, pictures: int) -> Iterator[tuple[object, ...]]:
    sizes = rng.integers(10_000, 8_000_000, pictures).tolist()
    moments = rng.integers(1_400_000_000, 1_700_000_000, pictures).tolist()
    for number in range(pictures):
        folder, name = number * FOLDERS // pictures, b"%s-%07d.jpg" % (_WORDS[number % 5].encode(), number)
        yield folder + 1, name, number + 1, sizes[number], moments[number] * 10**9
        if number % 100 == 0:
            yield (folder + 7) % FOLDERS + 1, b"copy-" + name, number + 1, sizes[number], moments[number] * 10**9


def _looks(pictures: int) -> Iterator[tuple[int, int, int]]:
    rng = np.random.default_rng(2)
    colours, sharpness = rng.integers(0, 1 << 24, pictures).tolist(), rng.integers(0, 4_000, pictures).tolist()
    return zip(range(1, pictures + 1), colours, sharpness, strict=True)


def _values(rng: np.random.Generator, pictures: int) -> Iterator[tuple[object, ...]]:
    years = rng.integers(1900, 2000, pictures).tolist()
    for number, year in enumerate(years, 1):
        yield 1, float(year), number
        yield 2, PLACES[number % 5], number
        if number % 2:
            yield 3, f"{year}-{number % 12 + 1:02d}-{number % 28 + 1:02d}", number
        if number % 3:
            yield 4, number % 2, number
        if number % 4 == 0:
            yield 5, f"{_WORDS[number % 5]} of {number}", number
