"""Match the lines of a table to pictures: a few statements for many lines."""

from __future__ import annotations

import math
import os
import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from core.catalog.catalog import Catalog
from core.importing.options import By
from core.text import count

_KEY = re.compile(r"[0-9a-fA-F]{40}")
_TABLES = """
    CREATE TEMP TABLE import_keys (position INTEGER PRIMARY KEY, key BLOB NOT NULL);
    CREATE TEMP TABLE import_paths (position INTEGER NOT NULL, rank INTEGER NOT NULL, folder INTEGER NOT NULL,
        name BLOB NOT NULL)"""
_FILE_NAMES = """
    CREATE TEMP TABLE import_file_names (name BLOB PRIMARY KEY, picture INTEGER NOT NULL, pictures INTEGER NOT NULL)
    WITHOUT ROWID;
    INSERT INTO import_file_names SELECT name, min(picture), count(DISTINCT picture) FROM files GROUP BY name"""


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a line matches no picture.

    Attributes:
        reason: in words.
        ambiguous: whether it matches several.
    """

    reason: str
    ambiguous: bool = False


class Matcher:
    """Finds pictures by key, path or file name.

    Args:
        catalog: of the pictures.
        database: of the catalog; gets temporary tables.
        near: the folder of the table: the first base for relative paths.
        folders: picture folders, absolute: the next bases for relative paths.
        by: how lines refer to pictures.
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
        """The picture number for each pair of key and path, either of which may be empty; else why there is none."""
        found: dict[int, int | Miss] = {}
        keys: list[tuple[int, bytes]] = []
        paths: list[tuple[int, str]] = []
        for position, (key, path) in enumerate(references):
            if self._by == "key" and _KEY.fullmatch(key):
                keys.append((position, bytes.fromhex(key)))
            elif path:
                paths.append((position, path))
            elif key and self._by == "key":
                found[position] = Miss("this is not a key (40 hexadecimal digits)")
            else:
                found[position] = Miss("the line names no picture")
        self._by_keys(keys, found)
        if self._by == "name":
            self._by_names(paths, found)
        else:
            self._by_paths(paths, found)
        return [found[position] for position in range(len(references))]

    def _by_keys(self, keys: Sequence[tuple[int, bytes]], found: dict[int, int | Miss]) -> None:
        found.update((position, _NO_KEY) for position, _ in keys)
        self._database.execute("DELETE FROM temp.import_keys")
        self._database.executemany("INSERT INTO temp.import_keys VALUES (?, ?)", keys)
        # CROSS JOIN: scan the short table, look up in the long one.
        for position, picture, there in self._database.execute(
            """SELECT k.position, p.id, EXISTS (SELECT 1 FROM files f WHERE f.picture = p.id)
               FROM temp.import_keys k CROSS JOIN pictures p ON p.key = k.key"""
        ):
            found[position] = picture if there else _GONE

    def _by_paths(self, paths: Sequence[tuple[int, str]], found: dict[int, int | Miss]) -> None:
        found.update((position, _NO_PATH) for position, _ in paths)
        self._database.execute("DELETE FROM temp.import_paths")
        self._database.executemany(
            "INSERT INTO temp.import_paths VALUES (?, ?, ?, ?)",
            (
                (position, rank, self._folders[folder], name)
                for position, path in paths
                for rank, candidate in self._candidates(path)
                for folder, name in (os.path.split(candidate),)
                if folder in self._folders
            ),
        )
        nearest: dict[int, tuple[float, set[int]]] = defaultdict(lambda: (math.inf, set()))
        for position, rank, picture in self._database.execute(
            """SELECT k.position, k.rank, f.picture
               FROM temp.import_paths k CROSS JOIN files f ON f.folder = k.folder AND f.name = k.name"""
        ):
            if rank < nearest[position][0]:
                nearest[position] = (rank, {picture})
            elif rank == nearest[position][0]:
                nearest[position][1].add(picture)
        for position, (_, pictures) in nearest.items():
            several = f"this path matches {count(len(pictures), 'picture')}, from several picture folders"
            found[position] = pictures.pop() if len(pictures) == 1 else Miss(several, ambiguous=True)

    def _candidates(self, text: str) -> list[tuple[int, bytes]]:
        """The candidates for a path with their ranks: the lowest rank that finds a picture counts.

        0 is the path relative to the table's folder, 1 to a picture folder; 2 and 3 are the same for a Windows path.
        From 4 on, the drive and more and more leading folders of an absolute Windows path are dropped.
        """
        candidates = self._from_bases(text, 0)
        if "\\" in text:
            parts = PureWindowsPath(text)
            candidates += self._from_bases(parts.as_posix(), 2) if not parts.anchor else []
            tails = parts.parts[1:] if parts.anchor else ()
            for left_out in range(len(tails) - 1):  # at least one folder is kept: file names alone are not unique
                candidates += self._below_folders("/".join(tails[left_out:]), 4 + left_out)
        return candidates

    def _from_bases(self, text: str, rank: int) -> list[tuple[int, bytes]]:
        return [
            (rank + int(base is not self._bases[0]), os.path.normpath(os.path.join(base, path)))
            for path in _spellings(text)
            for base in (self._bases if not path.startswith(b"/") else self._bases[:1])
        ]

    def _below_folders(self, text: str, rank: int) -> list[tuple[int, bytes]]:
        """Candidates below a picture folder, or beginning with its name."""
        bases = dict.fromkeys(base for folder in self._bases[1:] for base in (folder, os.path.dirname(folder)))
        return [(rank, os.path.normpath(os.path.join(base, path))) for path in _spellings(text) for base in bases]

    def _by_names(self, paths: Sequence[tuple[int, str]], found: dict[int, int | Miss]) -> None:
        found.update((position, _NO_NAME) for position, _ in paths)
        self._database.execute("DELETE FROM temp.import_paths")
        self._database.executemany(
            "INSERT INTO temp.import_paths VALUES (?, 0, 0, ?)",
            {
                (position, os.path.basename(spelling))
                for position, path in paths
                for text in (path, PureWindowsPath(path).name)
                for spelling in _spellings(text)
            },
        )
        # Different Unicode compositions of a name count as one name.
        for position, picture, other, most, pictures in self._database.execute(
            """SELECT k.position, min(n.picture), max(n.picture), max(n.pictures), sum(n.pictures)
               FROM temp.import_paths k CROSS JOIN temp.import_file_names n ON n.name = k.name GROUP BY k.position"""
        ):
            several = f"{count(pictures, 'picture')} have this file name"
            found[position] = picture if picture == other and most == 1 else Miss(several, ambiguous=True)


_NO_KEY = Miss("no picture has this key")
_GONE = Miss("its picture no longer has a file")
_NO_PATH = Miss("no picture is at this path")
_NO_NAME = Miss("no picture has this file name")


def _spellings(text: str) -> list[bytes]:
    """A path in bytes, in all Unicode compositions, the given one first."""
    try:
        forms = [text] if text.isascii() else [text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))]
        return [path for path in dict.fromkeys(map(os.fsencode, forms)) if b"\0" not in path]
    except UnicodeEncodeError:  # a lone surrogate that does not encode a byte
        return []
