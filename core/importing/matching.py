"""Which picture each line of a table means: a few statements for many lines."""

from __future__ import annotations

import os
import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.catalog.catalog import Catalog
from core.importing.options import By
from core.text import count

_KEY = re.compile(r"[0-9a-fA-F]{40}")
_TABLES = """
    CREATE TEMP TABLE import_keys (place INTEGER PRIMARY KEY, key BLOB NOT NULL);
    CREATE TEMP TABLE import_paths (place INTEGER NOT NULL, rank INTEGER NOT NULL, folder INTEGER NOT NULL,
        name BLOB NOT NULL)"""
_FILE_NAMES = """
    CREATE TEMP TABLE import_file_names (name BLOB PRIMARY KEY, picture INTEGER NOT NULL, pictures INTEGER NOT NULL)
    WITHOUT ROWID;
    INSERT INTO import_file_names SELECT name, min(picture), count(DISTINCT picture) FROM files GROUP BY name"""


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a line means no picture.

    Attributes:
        reason: in words.
        ambiguous: whether it may mean several.
    """

    reason: str
    ambiguous: bool = False


class Matcher:
    """Finds pictures by key, path or file name.

    Args:
        catalog: of the pictures.
        database: of the catalog; gets temporary tables.
        near: the folder of the table: relative paths are tried from there first.
        folders: picture folders, absolute: relative paths are tried from them next.
        by: what names a picture.
    """

    def __init__(
        self, catalog: Catalog, database: sqlite3.Connection, near: Path, folders: Sequence[Path], by: By
    ) -> None:
        self._database = database
        self._by = by
        self._bases = [os.fsencode(os.path.abspath(near)), *(os.fsencode(folder) for folder in folders)]
        self._folders = {folder.location: folder.id for folder in catalog.folders()}
        for statement in (_TABLES + (";" + _FILE_NAMES if by == "name" else "")).split(";"):
            database.execute(statement)

    def match(self, references: Sequence[tuple[str, str]]) -> list[int | Miss]:
        """The picture's number for each pair of key and path, either of which may be empty; else why there is none."""
        found: dict[int, int | Miss] = {}
        keys: list[tuple[int, bytes]] = []
        paths: list[tuple[int, str]] = []
        for place, (key, path) in enumerate(references):
            if self._by == "key" and _KEY.fullmatch(key):
                keys.append((place, bytes.fromhex(key)))
            elif path:
                paths.append((place, path))
            elif key and self._by == "key":
                found[place] = Miss("this is no key: 40 hexadecimal digits")
            else:
                found[place] = Miss("the line names no picture")
        self._by_keys(keys, found)
        if self._by == "name":
            self._by_names(paths, found)
        else:
            self._by_paths(paths, found)
        return [found[place] for place in range(len(references))]

    def _by_keys(self, keys: Sequence[tuple[int, bytes]], found: dict[int, int | Miss]) -> None:
        found.update((place, _NO_KEY) for place, _ in keys)
        self._database.execute("DELETE FROM temp.import_keys")
        self._database.executemany("INSERT INTO temp.import_keys VALUES (?, ?)", keys)
        # CROSS JOIN: the short table is walked, the long one looked up.
        for place, picture, there in self._database.execute(
            """SELECT k.place, p.id, EXISTS (SELECT 1 FROM files f WHERE f.picture = p.id)
               FROM temp.import_keys k CROSS JOIN pictures p ON p.key = k.key"""
        ):
            found[place] = picture if there else _GONE

    def _by_paths(self, paths: Sequence[tuple[int, str]], found: dict[int, int | Miss]) -> None:
        found.update((place, _NO_PATH) for place, _ in paths)
        self._database.execute("DELETE FROM temp.import_paths")
        self._database.executemany(
            "INSERT INTO temp.import_paths VALUES (?, ?, ?, ?)",
            (
                (place, rank, self._folders[folder], name)
                for place, path in paths
                for rank, candidate in self._candidates(path)
                for folder, name in (os.path.split(candidate),)
                if folder in self._folders
            ),
        )
        nearest: dict[int, tuple[int, set[int]]] = defaultdict(lambda: (2, set()))
        for place, rank, picture in self._database.execute(
            """SELECT k.place, k.rank, f.picture
               FROM temp.import_paths k CROSS JOIN files f ON f.folder = k.folder AND f.name = k.name"""
        ):
            if rank < nearest[place][0]:
                nearest[place] = (rank, {picture})
            elif rank == nearest[place][0]:
                nearest[place][1].add(picture)
        for place, (_, pictures) in nearest.items():
            several = f"this path leads to {count(len(pictures), 'picture')}, from several picture folders"
            found[place] = pictures.pop() if len(pictures) == 1 else Miss(several, ambiguous=True)

    def _candidates(self, text: str) -> list[tuple[int, bytes]]:
        """Where a path may lead: 0 and the path, from the table's folder; 1 and the path, from a picture folder."""
        candidates: list[tuple[int, bytes]] = []
        for path in _spellings(text):
            for base in self._bases if not path.startswith(b"/") else self._bases[:1]:
                candidates.append((int(base is not self._bases[0]), os.path.normpath(os.path.join(base, path))))
        return candidates

    def _by_names(self, paths: Sequence[tuple[int, str]], found: dict[int, int | Miss]) -> None:
        found.update((place, _NO_NAME) for place, _ in paths)
        self._database.execute("DELETE FROM temp.import_paths")
        self._database.executemany(
            "INSERT INTO temp.import_paths VALUES (?, 0, 0, ?)",
            ((place, os.path.basename(spelling)) for place, path in paths for spelling in _spellings(path)),
        )
        # Names that are composed in several ways are one name: what has it counts together.
        for place, picture, other, most, pictures in self._database.execute(
            """SELECT k.place, min(n.picture), max(n.picture), max(n.pictures), sum(n.pictures)
               FROM temp.import_paths k CROSS JOIN temp.import_file_names n ON n.name = k.name GROUP BY k.place"""
        ):
            several = f"{count(pictures, 'picture')} have this file name"
            found[place] = picture if picture == other and most == 1 else Miss(several, ambiguous=True)


_NO_KEY = Miss("no picture has this key")
_GONE = Miss("its picture has no file any more")
_NO_PATH = Miss("no picture lies at this path")
_NO_NAME = Miss("no picture has this file name")


def _spellings(text: str) -> list[bytes]:
    """A path in bytes; where letters can be composed in several ways, in all of them, as it stands first."""
    try:
        forms = [text] if text.isascii() else [text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))]
        return [path for path in dict.fromkeys(map(os.fsencode, forms)) if b"\0" not in path]
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return []
