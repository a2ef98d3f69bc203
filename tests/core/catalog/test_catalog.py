"""What the catalog answers, held against a plain walk through the same paths."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.errors import CatalogError
from tests.core.catalog.catalog_helpers import Collection, content, key

# Names around "/" (0x2f) in the order of bytes, that begin alike, and that text cannot hold.
PARTS = st.sampled_from([b"a", b"a.", b"a0", b"a-", b"b", b"\xff", b"new\nline", b"\x1b[1m", b"[b]"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(b"/".join)
# Each file: root, path below it, number of its content.
FILES = st.dictionaries(st.tuples(st.integers(0, 1), PATHS), st.integers(0, 6), max_size=25)


def digest(number: int) -> bytes:
    """Every third ends in zero bytes, which NumPy drops when it hands out an element."""
    full = hashlib.sha1(str(number).encode()).digest()
    return full[:17] + b"\0\0\0" if number % 3 == 0 else full


@contextmanager
def filled(files: dict[tuple[int, bytes], int]) -> Iterator[Catalog]:
    """A catalog with these files in the roots ``/r0`` and ``/base/r1`` (which is stored relative)."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Catalog(Path(folder) / "catalog.sqlite", Path("/base/project")) as made,
    ):
        with made.transaction() as database:
            database.execute("INSERT INTO roots VALUES (0, ?), (1, ?)", (b"/r0", b"../r1"))
            for number in set(files.values()):
                database.execute("INSERT INTO pictures VALUES (?, ?, 4, 3, 'PNG', '')", (number, digest(number)))
            for (root, path), number in files.items():
                parts = path.split(b"/")
                for length in range(len(parts)):
                    values = (root, b"/".join(parts[:length]))
                    database.execute("INSERT OR IGNORE INTO folders (root, path) VALUES (?, ?)", values)
                folder_id = database.execute("SELECT id FROM folders WHERE root = ? AND path = ?", values).fetchone()
                database.execute("INSERT INTO files VALUES (NULL, ?, ?, ?, 9, 8)", (*folder_id, parts[-1], number))
        yield made


def location(root: int, path: bytes) -> bytes:
    return (b"/r0/", b"/base/r1/")[root] + path


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_a_folder_holds_what_lies_in_it_and_below_and_nothing_else(files: dict[tuple[int, bytes], int]) -> None:
    with filled(files) as catalog:
        for folder in catalog.folders():
            within = {
                (root, path): number
                for (root, path), number in files.items()
                if root == folder.root and (not folder.path or path.startswith(folder.path + b"/"))
            }
            assert folder.location == location(folder.root, folder.path).rstrip(b"/")
            assert folder.pictures == len(within)
            assert catalog.count(folder.id) == len(set(within.values()))
            assert set(catalog.picture_ids(folder.id)) == set(within.values())


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_the_whole_catalog_holds_each_content_once_with_all_its_paths(files: dict[tuple[int, bytes], int]) -> None:
    numbers = set(files.values())
    with filled(files) as catalog:
        assert catalog.count() == len(numbers)
        assert sorted(catalog.picture_ids()) == sorted(numbers)
        assert catalog.keys().tobytes() == b"".join(sorted(digest(number) for number in numbers))
        assert np.array_equal(np.sort(catalog.keys()), catalog.keys())
        for number in numbers:
            paths = sorted(location(*place) for place, found in files.items() if found == number)
            assert catalog.paths(number) == paths
            for path in paths:
                found = catalog.by_path(path)
                assert found
                assert (found.id, found.key) == (number, digest(number))


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_many_files_are_ordered_as_few_are(files: dict[tuple[int, bytes], int]) -> None:
    by_path = list(dict.fromkeys(number for _, number in sorted(files.items(), key=_folder_then_name)))
    with filled(files) as catalog:
        assert list(catalog.picture_ids()) == by_path
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("core.catalog.catalog._MANY_FILES", 0)
            assert list(catalog.picture_ids()) == by_path


def _folder_then_name(file: tuple[tuple[int, bytes], int]) -> tuple[int, bytes, bytes]:
    (root, path), _ = file
    folder, _, name = path.rpartition(b"/")
    return root, folder, name


@settings(max_examples=40, deadline=None)
@given(FILES, st.lists(st.integers(0, 8), max_size=12))
def test_pictures_come_in_the_order_asked_for_and_unknown_ones_are_left_out(
    files: dict[tuple[int, bytes], int], asked: list[int]
) -> None:
    with filled(files) as catalog:
        expected = [number for number in asked if number in files.values()]
        assert [picture.id for picture in catalog.pictures(asked)] == expected
        found = catalog.by_keys([digest(number) for number in asked])
        assert {picture.id for picture in found.values()} == set(expected)
        assert all(picture.key == key for key, picture in found.items())
        for picture in found.values():
            assert picture.path == min(
                (location(*place) for place, number in files.items() if number == picture.id),
                key=lambda path: (path.startswith(b"/base/"), os.path.dirname(path), os.path.basename(path)),
            )


def test_of_a_pictures_files_the_first_by_path_stands_for_it(collection: Collection) -> None:
    for name in ("b.png", "a.png", "c/0.png"):
        collection.write(name, 1)
    collection.scan()
    (picture,) = collection.catalog.pictures(collection.catalog.picture_ids())
    assert picture.path == os.fsencode(collection.path("a.png"))


def test_pictures_are_ordered_folder_by_folder(collection: Collection) -> None:
    for number, name in enumerate(("b/2.png", "a/9.png", "z.png", "a/10.png", "a.png")):
        collection.write(name, number)
    collection.scan()
    found = collection.catalog.pictures(collection.catalog.picture_ids())
    assert [picture.name for picture in found] == ["a.png", "z.png", "10.png", "9.png", "2.png"]


def test_folders_come_parents_first(collection: Collection) -> None:
    for number, name in enumerate(("a/b/c/1.png", "a/b.png", "a.b/1.png", "z/1.png")):
        collection.write(name, number)
    collection.scan()
    folders = collection.catalog.folders()
    assert [(folder.path, folder.pictures) for folder in folders] == [
        (b"", 4),
        (b"a", 2),
        (b"a.b", 1),
        (b"a/b", 1),
        (b"a/b/c", 1),
        (b"z", 1),
    ]


def test_a_picture_says_what_its_file_and_header_say(collection: Collection) -> None:
    path = collection.write("caf\udce9.png", 1)
    (collection.folder / "broken.jpg").write_bytes(b"nothing")
    collection.scan()
    picture = collection.catalog.by_path(path)
    broken = collection.catalog.by_path(collection.folder / "broken.jpg")
    assert picture
    assert broken
    assert (picture.key, picture.name, picture.path) == (key(1), "caf\udce9.png", os.fsencode(path))
    assert (picture.width, picture.height, picture.format, picture.problem) == (5, 3, "PNG", "")
    assert (picture.size, picture.mtime_ns) == (len(content(1)), path.stat().st_mtime_ns)
    assert (broken.width, broken.height, broken.format) == (0, 0, "")
    assert broken.problem == "not a picture in a known format"


def test_a_picture_is_found_by_a_path_as_it_was_typed(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    collection.write("sub/a.png", 1)
    collection.scan()
    monkeypatch.chdir(collection.folder / "sub")
    for typed in ("a.png", "../sub/a.png", b"./a.png", collection.folder / "sub" / "a.png"):
        found = collection.catalog.by_path(typed)
        assert found
        assert found.key == key(1)
    for typed in ("b.png", "../a.png", "/a.png", ""):
        assert collection.catalog.by_path(typed) is None


def test_what_is_not_there_is_empty(collection: Collection) -> None:
    catalog = collection.catalog
    assert catalog.count() == catalog.count(77) == 0
    assert list(catalog.picture_ids()) == list(catalog.picture_ids(77)) == []
    assert catalog.keys().shape == (0,)
    assert (catalog.pictures([1]), catalog.by_keys([b"x" * 20]), catalog.paths(1), catalog.folders()) == (
        [],
        {},
        [],
        [],
    )


def test_more_pictures_than_sqlite_takes_at_once_are_found(collection: Collection) -> None:
    with collection.catalog.transaction() as database:
        database.execute("INSERT INTO roots VALUES (1, ?)", (b"/r",))
        database.execute("INSERT INTO folders VALUES (1, 1, ?)", (b"",))
        for number in range(1, 1203):
            database.execute("INSERT INTO pictures VALUES (?, ?, 1, 1, 'PNG', '')", (number, digest(number)))
            database.execute("INSERT INTO files VALUES (?, 1, ?, ?, 1, 1)", (number, b"%d.png" % number, number))
    wanted = list(range(1202, 0, -1))
    assert [picture.id for picture in collection.catalog.pictures(wanted)] == wanted
    assert len(collection.catalog.by_keys([digest(number) for number in wanted])) == 1202


# Transactions


def test_what_fails_half_way_is_undone(collection: Collection) -> None:
    with pytest.raises(RuntimeError), collection.catalog.transaction() as database:
        database.execute("INSERT INTO roots (location) VALUES (?)", (b"a",))
        raise RuntimeError
    assert collection.catalog.query("SELECT * FROM roots") == []
    with collection.catalog.transaction() as database:
        database.execute("INSERT INTO roots (location) VALUES (?)", (b"b",))
    assert collection.catalog.query("SELECT location FROM roots") == [(b"b",)]


def test_a_second_writer_is_told_and_readers_do_not_wait(collection: Collection) -> None:
    collection.write("a.png", 1)
    collection.scan()
    collection.catalog.query("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(collection.catalog.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM files")
        with pytest.raises(CatalogError, match="is being written by another process") as caught:
            collection.scan()
        assert caught.value.hint
        assert collection.catalog.count() == 1
        other.execute("ROLLBACK")
    assert collection.scan().pictures == 1


def test_threads_share_one_catalog(collection: Collection) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            with collection.catalog.transaction() as database:
                database.execute("INSERT INTO roots (location) VALUES (?)", (b"%d-%d" % (thread, number),))
            assert collection.catalog.query("SELECT count(*) FROM roots")[0][0] > number

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(4))) == [None] * 4
    assert collection.catalog.query("SELECT count(*) FROM roots") == [(80,)]


def test_damage_that_is_met_while_reading_is_named(collection: Collection) -> None:
    for number in range(400):
        collection.write(f"{number}-{'x' * 100}.png", number)
    collection.scan()
    path = collection.catalog.path
    collection.catalog.close()
    whole = path.read_bytes()
    root = sqlite_page(path, "files")
    path.write_bytes(whole[: (root - 1) * 4096] + b"\xff" * 4096 + whole[root * 4096 :])
    with Catalog(path, path.parent) as catalog:
        collection.catalog = catalog
        for attempt in (catalog.picture_ids, lambda: catalog.pictures([1, 2]), collection.scan):
            with pytest.raises(CatalogError, match=r"catalog\.sqlite is damaged .*malformed") as caught:
                attempt()
            assert "--rebuild-catalog" in caught.value.hint


def sqlite_page(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0])
