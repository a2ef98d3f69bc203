"""What size and time do not tell: inode and ctime do, and where they are silent too, every byte is looked at."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.catalog import scan as scanning
from core.files import inode
from core.labels.tags import Tags
from tests.core.catalog.catalog_helpers import Collection, content, counts, key

MOMENT = (1_700_000_000, 1_700_000_000)


def write(collection: Collection, name: str, number: int) -> Path:
    """A picture whose size and time are those of all others."""
    path = collection.write(name, number)
    os.utime(path, MOMENT)
    assert len(content(number)) == len(content(1))
    return path


def exchange(one: Path, two: Path) -> None:
    between = one.with_name("between")
    one.rename(between)
    two.rename(one)
    between.rename(two)


def exchange_folders(one: Path, two: Path) -> None:
    exchange(one.parent, two.parent)


def write_in_place(one: Path, two: Path) -> None:
    first, second = one.read_bytes(), two.read_bytes()
    for path, other in ((one, second), (two, first)):
        with path.open("r+b") as stream:
            stream.write(other)
        os.utime(path, MOMENT)


def link_instead(one: Path, two: Path) -> None:
    """As a program that saves without losing the old file: a new file takes the name."""
    first, second = one.read_bytes(), two.read_bytes()
    for path, other in ((one, second), (two, first)):
        new = path.with_name("new")
        new.write_bytes(other)
        os.utime(new, MOMENT)
        new.replace(path)


@pytest.mark.parametrize("how", [exchange, exchange_folders, write_in_place, link_instead])
def test_contents_that_exchange_their_names_take_keys_and_labels_along(
    collection: Collection, how: Callable[[Path, Path], None]
) -> None:
    one, two = write(collection, "x/a.png", 1), write(collection, "y/a.png", 4)
    collection.scan()
    Tags(collection.catalog).add("first", [key(1)])
    how(one, two)
    collection.scan()
    assert collection.keys() == {b"x/a.png": key(4), b"y/a.png": key(1)}
    first = collection.catalog.by_keys(Tags(collection.catalog).keys("first").tolist())
    assert [picture.path for picture in first.values()] == [os.fsencode(two)]


def test_either_of_inode_and_ctime_is_enough(collection: Collection) -> None:
    """File systems exist that change no ctime where a file is renamed, and some whose inodes say nothing."""
    one, two = write(collection, "a.png", 1), write(collection, "b.png", 4)
    for stamp in ("inode", "ctime_ns"):
        collection.scan()
        before = collection.keys()
        exchange(one, two)
        for path in (one, two):
            status = path.stat()
            now = status.st_ino if stamp == "inode" else status.st_ctime_ns
            forge(collection, path, stamp, now)
        collection.scan()
        assert collection.keys() == {b"a.png": before[b"b.png"], b"b.png": before[b"a.png"]}


def test_files_of_a_catalog_that_kept_no_stamps_get_them_without_being_read(
    collection: Collection, opened: list[bytes]
) -> None:
    one, two = write(collection, "a.png", 1), write(collection, "b.png", 4)
    collection.scan()
    with collection.catalog.transaction() as database:
        database.execute("DELETE FROM file_stamps")
    before = collection.catalog.version()
    opened.clear()
    assert counts(collection.scan()) == (2, 0, 0, 0)
    assert opened == []
    assert collection.catalog.version() == before
    exchange(one, two)
    assert counts(collection.scan()) == (2, 0, 2, 0)


def test_where_nothing_tells_of_a_change_every_byte_is_looked_at_if_asked(
    collection: Collection, opened: list[bytes]
) -> None:
    path = write(collection, "a.png", 1)
    write(collection, "b.png", 7)
    collection.scan()
    write(collection, "a.png", 4)
    forge(collection, path, "ctime_ns", path.stat().st_ctime_ns)
    assert counts(collection.scan()) == (2, 0, 0, 0)
    opened.clear()
    assert counts(collection.scan(rehash=True)) == (2, 0, 1, 0)
    assert sorted(opened) == [b"a.png", b"b.png"]
    assert collection.keys()[b"a.png"] == key(4)


def test_file_numbers_that_do_not_last_are_not_asked(
    collection: Collection, opened: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "file_numbers_last", lambda folder: False)
    path = write(collection, "a.png", 1)
    collection.scan()
    forge(collection, path, "inode", 77)
    opened.clear()
    assert counts(collection.scan()) == (1, 0, 0, 0)
    assert opened == []


def test_a_file_whose_permissions_changed_is_read_once_and_stays_what_it_was(
    collection: Collection, opened: list[bytes]
) -> None:
    path = write(collection, "a.png", 1)
    collection.scan()
    path.chmod(0o600)
    opened.clear()
    for _ in range(2):
        assert counts(collection.scan()) == (1, 0, 0, 0)
    assert opened == [b"a.png"]


@pytest.mark.parametrize("number", [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_every_file_number_fits_the_catalog(collection: Collection, number: int) -> None:
    status = os.stat_result((0, number, *[0] * 8))
    assert -(1 << 63) <= inode(status) < 1 << 63
    rows = collection.catalog.query("SELECT ?", (inode(status),))
    assert rows[0][0] % (1 << 64) == number


def forge(collection: Collection, path: Path, column: str, value: int) -> None:
    """Have the catalog hold another stamp than the file had when it was hashed."""
    with collection.catalog.transaction() as database:
        database.execute(
            f"UPDATE file_stamps SET {column} = ? WHERE file = (SELECT id FROM files WHERE name = ?)",
            (value, os.fsencode(path.name)),
        )
