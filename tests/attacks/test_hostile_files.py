"""A folder full of what is no picture, or not for long: the good ones beside it get their vectors all the same."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.catalog.copies import files_of
from core.errors import UnreadablePicture
from core.images.decoders import identify_all, read_picture
from core.images.identify import Identity, hash_stream
from core.project import Project
from core.text import printable
from core.vectors import local_engine, store
from core.vectors.engine import Files
from core.vectors.failures import read_failures
from core.vectors.pipeline import Progress, Target, fill
from tests.attacks.seeds import encoded, grain, pictures
from tests.attacks.tally import count
from tests.patience import little_work

sys.path.append(str(Path(__file__).parents[1] / "core" / "vectors"))
from stand_in_model import DIM, StandIn
from vector_helpers import manifest

NAMES = [
    b"line\nbreak.png",
    b"\x1b[2J\x1b]0;title\x07.png",
    "\u202egnp.exe\u202c.png".encode(),
    b"not-utf-8-\xff\xfe.png",
    b"[bold red][@click=app.quit]markup.png",
    b"-rf .png",
    b" .png",
    b"'; DROP TABLE files; --.png",
    b"%s%n{0}.png",
    "\u0301\u200b\ufeff.png".encode(),
    b"\n" * 251 + b".png",
    "é".encode() * 125 + b"a.png",
]
NO_PICTURES = {
    "empty.jpg": b"",
    "one.png": b"\x89",
    "zeros.png": bytes(5_000),
    "vector.jpg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "entities.jpg": b'<!DOCTYPE a [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><svg>&c;</svg>',
    "script.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    "document.jpg": b"%PDF-1.7\n1 0 obj << /OpenAction << /S /Launch >> >>\n",
    "page.jpg": b"<html><script>alert(1)</script></html>",
    "shell.jpg": b"#!/bin/sh\ntouch owned\n",
    "archive.jpg": b"PK\x03\x04" + bytes(100),
    "pickle.png": b"cos\nsystem\n(S'touch owned'\ntR.",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    return made


def write(folder: Path, name: bytes | str, number: int) -> Path:
    """A good picture, different for each number."""
    path = folder / os.fsdecode(name)
    picture = grain()
    picture.paste((number % 256, 7, 99), (0, 0, 20, 20))
    path.write_bytes(encoded(picture, "PNG"))
    return path


def wanted(project: Project) -> list[Files]:
    catalog = project.catalog
    keys = [picture.key for picture in catalog.pictures(catalog.picture_ids())]
    files = files_of(catalog, keys)
    return [tuple(files[key]) for key in keys]


def filled(vectors: Path, pictures: list[Files]) -> tuple[Progress, dict[bytes, str]]:
    """Compute their rows. Returns how many and the reasons of those that failed, by name."""
    if not vectors.exists():
        store.create(vectors, manifest(DIM))
    with store.Writer(vectors) as writer:
        progress = fill([Target(writer, StandIn())], pictures, stop=threading.Event(), on_commit=lambda *_: None)
    rows = store.Reader(vectors).snapshot().rows
    assert np.isfinite(rows).all()
    return progress, {os.path.basename(failed.path): failed.reason for failed in read_failures(vectors).values()}


def test_names_of_every_kind_are_read_and_shown_in_one_line(folder: Path, tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        write(folder, name, number)
    with Project.open_or_create(folder) as project:
        report = project.scan()
        assert (report.pictures, report.unreadable_count) == (len(NAMES), 0)
        found = wanted(project)
    assert {os.path.basename(picture[0].path) for picture in found} == set(NAMES)
    assert all(printable(picture[0].path).isprintable() for picture in found)
    assert filled(tmp_path / "vectors", found)[0].done.total() == len(NAMES)
    count("hostile files tried", len(NAMES))


def test_what_is_no_picture_is_a_failure_with_a_reason_and_nothing_of_it_is_run(folder: Path, tmp_path: Path) -> None:
    for name, content in NO_PICTURES.items():
        (folder / name).write_bytes(content)
    good = [write(folder, f"good-{number}.png", number) for number in range(4)]
    wrong = {f"{kind}.{'png' if kind != 'png' else 'jpg'}": content for kind, content in pictures().items()}
    for name, content in wrong.items():
        (folder / name).write_bytes(content)
    with Project.open_or_create(folder) as project:
        assert project.scan().pictures == len(NO_PICTURES) + len(good) + len(wrong)
        progress, failures = filled(tmp_path / "vectors", wanted(project))
    assert failures == dict.fromkeys(map(str.encode, NO_PICTURES), "not a picture in a known format")
    assert progress.done.total() == len(good) + len(wrong)
    assert not list(tmp_path.rglob("owned"))
    count("hostile files tried", len(NO_PICTURES) + len(wrong))


@pytest.mark.parametrize("follow", [False, True])
def test_what_is_no_file_is_passed_by_without_waiting(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, follow: bool
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    write(outside, "secret.png", 1)
    good = write(folder, "good.png", 2)
    os.mkfifo(folder / "fifo.png")
    (folder / "folder.jpg").mkdir()
    write(folder / "folder.jpg", "inside.png", 3)
    for name, target in {"a.png": "b.png", "b.png": "a.png", "up": "..", "self": ".", "out": outside}.items():
        (folder / name).symlink_to(target)
    (folder / "secret.png").symlink_to(outside / "secret.png")
    (folder / "device.png").symlink_to("/dev/zero")
    (folder / "endless.png").symlink_to("/proc/self/mem")
    special = 9
    if os.geteuid() == 0:
        try:
            os.mknod(folder / "zero.png", stat.S_IFCHR | 0o666, os.makedev(1, 5))
            special += 1
        except PermissionError:
            assert not (folder / "zero.png").exists()
    monkeypatch.chdir(folder)
    with little_work(30), socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.png")
        with Project.open_or_create(folder) as project:
            project.update_settings(lambda settings: replace(settings, follow_links=follow))
            project.scan()
            names = {os.path.basename(picture[0].path) for picture in wanted(project)}
            progress, failures = filled(tmp_path / "vectors", wanted(project))
    assert {good.name.encode(), b"inside.png"} <= names
    assert (b"secret.png" in names) == follow
    assert names <= {b"good.png", b"inside.png", b"secret.png", b"endless.png"}
    assert progress.done.total() == 3 if follow else 2
    assert set(failures) <= {b"endless.png"}
    count("hostile files tried", special)


def swap_for_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def swap_for_other(path: Path) -> None:
    write(path.parent, path.name, 200)
    os.utime(path, ns=(1, 1))


def exchange_names(path: Path) -> None:
    """With another picture of as many bytes, written at the same time: no file of the folder is another one."""
    size, times = path.stat().st_size, (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    other = path.with_name("other")
    other.write_bytes(encoded(Image.new("RGB", (3, 3), "red"), "PNG").ljust(size, b"\0"))
    assert other.stat().st_size == size
    path.rename(path.with_name("kept"))
    other.rename(path)
    os.utime(path, ns=times)


def rewrite_in_place(path: Path) -> None:
    """The same file, size and time; only the system knows."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.write(encoded(Image.new("RGB", (3, 3), "red"), "PNG"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "vanishes": (Path.unlink, "the file is not there any more"),
    "becomes a folder": (lambda path: (path.unlink(), path.mkdir()), "not a regular file"),
    "becomes a fifo": (swap_for_fifo, "not a regular file"),
    "becomes a link to itself": (
        lambda path: (path.unlink(), path.symlink_to(path)),
        "a symbolic link that leads back",
    ),
    "is cut": (lambda path: os.truncate(path, 200), "the file changed while the job ran"),
    "is emptied": (lambda path: os.truncate(path, 0), "the file changed while the job ran"),
    "grows": (lambda path: path.write_bytes(path.read_bytes() + b"more"), "the file changed while the job ran"),
    "is another picture": (swap_for_other, "the file changed while the job ran"),
    "is another picture of its size and time": (exchange_names, "the file changed while the job ran"),
    "is rewritten in its size and time": (rewrite_in_place, "the file changed while the job ran"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_between_the_scan_and_the_job_is_not_stored_as_what_it_was(
    folder: Path, tmp_path: Path, change: str
) -> None:
    paths = [write(folder, f"{number}.png", number) for number in range(4)]
    with Project.open_or_create(folder) as project:
        project.scan()
        found = wanted(project)
        deed, reason = CHANGES[change]
        deed(paths[1])
        progress, failures = filled(tmp_path / "vectors", found)
        assert (progress.done.total(), progress.failed.total()) == (3, 1)
        assert failures[b"1.png"].startswith(reason)
        project.scan()  # and the next run knows what it is now
        assert {p[0].key for p in wanted(project)} >= {p[0].key for p in found if not p[0].path.endswith(b"1.png")}
    count("hostile files tried")


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_while_it_is_read_costs_only_itself(
    folder: Path, tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the worst moment: after it was read, before anybody looks whether it is still the same."""
    paths = [write(folder, f"{number}.png", number) for number in range(4)]
    deed, _ = CHANGES[change]

    def reading(path: bytes, **options: int) -> object:
        picture = read_picture(path, **options)
        if path.endswith(b"1.png"):
            deed(paths[1])
        return picture

    with Project.open_or_create(folder) as project:
        project.scan()
        monkeypatch.setattr(local_engine, "read_picture", reading)
        progress, failures = filled(tmp_path / "vectors", wanted(project))
    assert (progress.done.total(), list(failures)) == (3, [b"1.png"])
    count("hostile files tried")


def test_a_file_that_never_ends_growing_is_hashed_as_long_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path, "log.png", 1)
    before = hashlib.sha1(path.read_bytes()).digest()

    class Growing(io.FileIO):
        """Whenever some of it is read, as much is appended."""

        def read(self, size: int | None = -1) -> bytes:
            with path.open("ab") as stream:
                stream.write(bytes(1 << 16))
            return super().read(size)

    with Growing(path) as stream:
        assert hash_stream(stream) == before
    count("hostile files tried")


def test_a_file_of_exabytes_is_refused_before_a_byte_of_it_is_read(folder: Path, tmp_path: Path) -> None:
    good = write(folder, "good.png", 1)
    with (folder / "sparse.png").open("wb") as stream:
        stream.write(good.read_bytes())
        stream.truncate(1 << 42)
    with little_work(20):
        with Project.open_or_create(folder) as project:
            report = project.scan()
            assert [(os.path.basename(path), why) for path, why in report.unreadable] == [
                (b"sparse.png", "too large: 4.4 TB, the limit is 4.0 GB")
            ]
            assert filled(tmp_path / "vectors", wanted(project))[0].done.total() == 1
        with pytest.raises(UnreadablePicture, match="too large"):
            read_picture(folder / "sparse.png")
    count("hostile files tried")


def test_a_link_out_of_the_folder_is_read_only_where_links_are_followed(tmp_path: Path) -> None:
    """Identifying follows a link: whoever calls it has decided that."""
    write(tmp_path, "real.png", 1)
    (tmp_path / "link.png").symlink_to("real.png")
    first, second = identify_all([tmp_path / "link.png", tmp_path / "real.png"])
    assert isinstance(first, Identity)
    assert first == second
