"""Scanning what is no file or cannot be read: it is reported, never opened in vain, and costs nothing else."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from core.catalog import scan as scanning
from core.catalog.computed import computed
from core.catalog.scan_writes import ScannedFile
from core.errors import UnreadablePicture
from core.filters.arrange import group_ids
from core.images.identify import Identity
from core.paths import is_inside
from tests.core.catalog.catalog_helpers import Collection, content, counts, key

# What is no file


def test_what_is_not_a_regular_file_is_not_opened(
    collection: Collection, opened: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = collection.write("real.png", 1)
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(real, outside / "secret.png")
    os.mkfifo(collection.path("fifo.png"))
    collection.path("folder.png").mkdir()
    collection.path("link.png").symlink_to(real)
    collection.path("broken.png").symlink_to("nowhere")
    collection.path("loop.png").symlink_to("loop.png")
    collection.path("outside").symlink_to(outside)
    monkeypatch.chdir(collection.folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.png")
        report = collection.scan()
    assert opened == [b"real.png"]
    assert counts(report) == (1, 1, 0, 0)
    assert report.unreadable == []


@pytest.mark.parametrize("kind", ["fifo", "link", "folder"])
def test_a_picture_that_became_something_else_leaves_the_catalog(collection: Collection, kind: str) -> None:
    path = collection.write("a.png", 1)
    other = collection.write("b.png", 2)
    collection.scan()
    path.unlink()
    {"fifo": os.mkfifo, "link": lambda place: place.symlink_to(other), "folder": Path.mkdir}[kind](path)
    assert counts(collection.scan()) == (1, 0, 0, 1)
    assert list(collection.keys()) == [b"b.png"]


def test_links_are_followed_when_asked_and_their_loops_end(collection: Collection, tmp_path: Path) -> None:
    real = collection.write("a/real.png", 1)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.png").write_bytes(content(2))
    collection.path("a/up").symlink_to("..")
    collection.path("link.png").symlink_to(real)
    collection.path("z-outside").symlink_to(outside)
    collection.path("z-twice").symlink_to(outside)
    collection.path("broken.png").symlink_to("nowhere")
    for _ in range(2):
        report = collection.scan(follow_links=True)
        assert collection.keys() == {b"a/real.png": key(1), b"link.png": key(1), b"z-outside/b.png": key(2)}
        assert report.pictures == 2
    assert counts(collection.scan()) == (1, 0, 0, 2)


def test_links_that_lead_to_themselves_cost_nothing_but_a_line(collection: Collection) -> None:
    collection.write("a.png", 1)
    collection.path("loop.png").symlink_to("loop.png")
    collection.path("loop").symlink_to("loop")
    report = collection.scan(follow_links=True)
    assert report.files == 1
    assert {os.path.basename(path) for path, _ in report.unreadable} == {b"loop", b"loop.png"}


# What cannot be read


def test_a_folder_that_is_not_there_keeps_what_is_known_of_it(collection: Collection, tmp_path: Path) -> None:
    collection.write("a.png", 1)
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "b.png").write_bytes(content(2))
    collection.scan(collection.folder, disk)
    disk.rename(tmp_path / "unmounted")
    report = collection.scan(collection.folder, disk)
    assert report.absent == [os.fsencode(disk)]
    assert (report.pictures, report.unreadable_count, *counts(report)) == (2, 0, 1, 0, 0, 0)
    assert collection.catalog.by_path(disk / "b.png")
    (tmp_path / "unmounted").rename(disk)
    report = collection.scan(collection.folder, disk)
    assert (report.absent, *counts(report)) == ([], 2, 0, 0, 0)


def test_a_folder_that_is_empty_keeps_what_is_known_of_it(collection: Collection, tmp_path: Path) -> None:
    """As where a disk is not mounted: its place is there, and nothing in it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    assert collection.scan(disk).absent == []
    for number in (1, 2):
        (disk / f"{number}.png").write_bytes(content(number))
    assert collection.scan(disk).pictures == 2
    disk.rename(tmp_path / "unmounted")
    disk.mkdir()
    report = collection.scan(disk)
    assert (report.absent, report.absent_pictures, report.pictures) == ([os.fsencode(disk)], [2], 2)
    assert report.absences() == [f"folder missing: {disk}; its 2 pictures are kept as they were"]
    (disk / "readme.txt").touch()
    assert counts(collection.scan(disk)) == (0, 0, 0, 2)


def test_a_folder_that_is_no_longer_asked_for_is_forgotten(collection: Collection, tmp_path: Path) -> None:
    collection.write("a.png", 1)
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.png").write_bytes(content(2))
    assert collection.scan(collection.folder, other).pictures == 2
    assert collection.scan().pictures == 1
    assert list(collection.keys()) == [b"a.png"]


def test_what_lies_in_a_folder_that_may_not_be_read_is_kept(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    collection = Collection(own_folder)
    for number, name in enumerate(("secret/a.png", "secret/deeper/b.png", "secrets/c.png", "d.png")):
        collection.write(name, number)
    collection.scan()
    before = collection.files()
    shutil.rmtree(collection.path("secrets"))
    collection.path("secret").chmod(0)
    (own_folder / "project").chmod(0o777)
    for file in (own_folder / "project").iterdir():
        file.chmod(0o666)
    with as_ordinary_user():
        report = collection.scan()
    assert report.unreadable == [(os.fsencode(collection.path("secret")), "folder: permission denied")]
    assert (report.files, report.removed) == (1, 1)
    del before[b"secrets/c.png"]
    assert collection.files() == before
    collection.path("secret").chmod(0o700)
    assert counts(collection.scan()) == (3, 0, 0, 0)
    collection.catalog.close()


def test_what_a_link_leads_to_is_kept_where_its_folder_may_not_be_entered_any_more(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    collection = Collection(own_folder)
    (own_folder / "behind" / "inner").mkdir(parents=True)
    (own_folder / "behind" / "inner" / "a.png").write_bytes(content(1))
    collection.path("link").symlink_to(own_folder / "behind" / "inner")
    collection.scan(follow_links=True)
    (own_folder / "behind").chmod(0)
    (own_folder / "project").chmod(0o777)
    for file in (own_folder / "project").iterdir():
        file.chmod(0o666)
    with as_ordinary_user():
        report = collection.scan(follow_links=True)
    assert report.unreadable == [(os.fsencode(collection.path("link")), "folder: permission denied")]
    assert collection.keys() == {b"link/a.png": key(1)}
    collection.catalog.close()


def test_a_file_that_may_not_be_read_is_reported_and_kept_if_it_was_known(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    collection = Collection(own_folder)
    collection.write("known.png", 1)
    collection.scan()
    collection.write("known.png", 2).chmod(0)
    collection.write("new.png", 3).chmod(0)
    with as_ordinary_user():
        report = collection.scan()
    assert [(os.path.basename(path), why) for path, why in report.unreadable] == [
        (b"known.png", "no permission to read the file"),
        (b"new.png", "no permission to read the file"),
    ]
    assert (report.unreadable_count, *counts(report)) == (2, 0, 0, 0, 0)
    assert collection.keys() == {b"known.png": key(1)}
    for path in collection.folder.iterdir():
        path.chmod(0o600)
    assert counts(collection.scan()) == (2, 1, 1, 0)
    collection.catalog.close()


def test_a_disk_that_fails_in_one_folder_costs_that_folder(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("bad/a.png", "good/b.png")):
        collection.write(name, number)
    collection.scan()
    real = os.scandir

    def scandir(path: bytes) -> object:
        if path.endswith(b"bad"):
            raise OSError(5, "Input/output error")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        report = collection.scan()
    assert report.unreadable == [(os.fsencode(collection.path("bad")), "folder: input/output error")]
    assert set(collection.keys()) == {b"bad/a.png", b"good/b.png"}


def between_listing_and_looking(patch: pytest.MonkeyPatch, folder: bytes, happens: Callable[[], object]) -> None:
    """Something happens once, when a folder was listed and before what is in it is looked at."""
    real, waiting = scanning._Walk._folder, [happens]

    def _folder(self: scanning._Walk, relative: bytes, entries: list[os.DirEntry[bytes]]) -> Iterator[ScannedFile]:
        if relative == folder and waiting:
            waiting.pop()()
        return real(self, relative, entries)

    patch.setattr(scanning._Walk, "_folder", _folder)


@pytest.mark.parametrize("known", [True, False])
def test_what_another_program_moves_away_after_it_was_listed_is_gone_and_not_reported(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, known: bool
) -> None:
    for number, name in enumerate(("a.png", "b.png", "sub/c.png", "sub/deeper/d.png")):
        collection.write(name, number)
    if known:
        collection.scan()

    def move() -> None:
        collection.path("a.png").rename(tmp_path / "a.png")
        collection.path("sub").rename(tmp_path / "sub")

    between_listing_and_looking(monkeypatch, b"", move)
    report = collection.scan()
    assert report.unreadable == []
    assert (report.files, report.removed) == (1, 3 if known else 0)
    assert set(collection.keys()) == {b"b.png"}
    assert collection.catalog.query("SELECT path FROM folders") == [(b"",)]


def test_a_folder_that_is_moved_away_with_the_one_above_after_that_was_listed_is_gone(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number, name in enumerate(("a.png", "sub/c.png", "sub/deeper/d.png")):
        collection.write(name, number)
    collection.scan()
    between_listing_and_looking(monkeypatch, b"sub", lambda: collection.path("sub").rename(tmp_path / "sub"))
    report = collection.scan()
    assert (report.unreadable, report.removed, set(collection.keys())) == ([], 2, {b"a.png"})


@pytest.mark.parametrize("place", ["none", "empty", "other"])
@pytest.mark.parametrize("top", ["", "sub"])
def test_what_lies_on_a_disk_that_is_disconnected_after_it_was_listed_is_kept(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str, top: str
) -> None:
    """The place of a disk may go with it, be empty, or hold what was there before."""
    for number, name in enumerate(("sub/c.png", "sub/deeper/d.png")):
        collection.write(name, number)
    collection.scan()
    before, disk, real = collection.files(), collection.path(top), scanning._mark

    def disconnect() -> None:
        disk.rename(tmp_path / "disk")
        if place != "none":
            disk.mkdir()
        if place == "other":
            (disk / "not-connected.txt").touch()

    def mark(folder: bytes) -> tuple[int, int]:
        """The disk is another device."""
        device, number = real(folder)
        return device + (not os.path.lexists(tmp_path / "disk") and is_inside(folder, os.fsencode(disk))), number

    monkeypatch.setattr(scanning, "_mark", mark)
    between_listing_and_looking(monkeypatch, b"sub", disconnect)
    report = collection.scan()
    assert [os.path.basename(path) for path, _ in report.unreadable] == [b"c.png", b"deeper"]
    assert report.removed == 0
    assert collection.files() == before


def test_what_a_link_leads_to_is_kept_if_it_leads_nowhere_after_it_was_listed(
    collection: Collection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.png").write_bytes(content(1))
    collection.path("link").symlink_to(tmp_path / "outside")
    collection.scan(follow_links=True)
    between_listing_and_looking(monkeypatch, b"", lambda: (tmp_path / "outside").rename(tmp_path / "away"))
    collection.write("b.png", 2)
    report = collection.scan(follow_links=True)
    assert report.unreadable == [(os.fsencode(collection.path("link")), "folder: no such file or directory")]
    assert set(collection.keys()) == {b"link/a.png", b"b.png"}


def test_a_file_that_vanishes_while_it_is_scanned_is_reported(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.write("a.png", 1)
    collection.write("b.png", 2)
    real = scanning.identify_all

    def identify_all(paths: list[bytes]) -> list[Identity | UnreadablePicture]:
        os.unlink(next(path for path in paths if path.endswith(b"a.png")))
        return real(paths)

    monkeypatch.setattr(scanning, "identify_all", identify_all)
    report = collection.scan()
    assert [why for _, why in report.unreadable] == ["the file is not there any more"]
    assert counts(report) == (1, 1, 0, 0)


def test_what_is_no_picture_inside_is_a_picture_with_a_problem(collection: Collection) -> None:
    collection.path("a.jpg").write_bytes(b"<svg/>")
    collection.path("empty.png").touch()
    report = collection.scan()
    assert (report.pictures, report.unreadable_count) == (2, 0)
    problems = [picture.problem for picture in collection.catalog.pictures(collection.catalog.picture_ids())]
    assert problems == ["not a picture in a known format"] * 2


def test_only_the_first_unreadable_ones_are_listed_and_all_are_counted(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        collection.write(f"{number:02d}.png", number)

    def identify_all(paths: list[bytes]) -> list[Identity | UnreadablePicture]:
        return [UnreadablePicture("no")] * len(paths)

    monkeypatch.setattr(scanning, "identify_all", identify_all)
    report = collection.scan()
    assert (report.unreadable_count, len(report.unreadable), report.files) == (30, 20, 0)


def test_a_time_that_the_catalog_cannot_hold_is_taken_as_its_last_one(collection: Collection) -> None:
    path = collection.write("odd.png", 1)
    os.utime(path, (0, 18_030 * 31_557_600))  # the year 20000, as far as the file system has it
    if path.stat().st_mtime_ns < 1 << 63:
        pytest.skip("the file system has no such time")
    assert counts(collection.scan()) == (1, 1, 0, 0)
    assert counts(collection.scan()) == (1, 0, 0, 0)
    (picture,) = collection.catalog.pictures(collection.catalog.picture_ids())
    assert picture.mtime_ns == (1 << 63) - 1
    assert str(computed(picture)["date"]).startswith("2262")
    assert group_ids(collection.catalog, [picture.id], "date", "year")[0].name == "2262"
