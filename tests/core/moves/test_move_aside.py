"""Moving aside and back: whatever happens, one whole copy of every file is there."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from core.catalog.copies import File
from core.errors import UsageError
from core.moves import aside as module
from core.moves.aside import last_move, move_aside, move_back

NAMES = ("a.jpg", "deep/er/b.jpg", "deep/c.jpg", b"not-utf8-\xff.jpg")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    for number, name in enumerate(NAMES):
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"content {number}".encode())
    return folder


@pytest.fixture(params=["one file system", "another file system", "no hard links"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How links fail: not, between file systems, always."""
    link = os.link

    def refusing(source: Any, place: Any, **options: Any) -> None:
        if request.param == "no hard links" or not os.fsdecode(source).endswith(".pictoscope-part"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        link(source, place, **options)

    if request.param != "one file system":
        monkeypatch.setattr(module.os, "link", refusing)
    return str(request.param)


def files(root: Path) -> list[File]:
    found = []
    for name in NAMES:
        path = os.path.join(os.fsencode(root), os.fsencode(name))
        status = os.stat(path)
        with open(path, "rb") as stream:
            key = hashlib.sha1(stream.read()).digest()
        found.append(File(key, path, status.st_size, status.st_mtime_ns, 1, 1, "JPEG"))
    return found


def content(folder: Path) -> dict[str, bytes]:
    return {os.fspath(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_keep_their_place_below_the_folder_and_come_back(root: Path, tmp_path: Path, system: str) -> None:
    before, times = content(root), [file.mtime_ns for file in files(root)]
    report = move_aside(files(root), tmp_path / "aside", roots=[root], journals=tmp_path / "moves")
    assert (len(report.moved), report.left) == (4, [])
    assert (content(tmp_path / "aside"), content(root)) == (before, {})
    assert report.journal is not None
    assert last_move(tmp_path / "moves") == (report.journal, 4)
    back = move_back(report.journal, roots=[root])
    assert (len(back.moved), back.left) == (4, [])
    assert (content(root), content(tmp_path / "aside")) == (before, {})
    assert [file.mtime_ns for file in files(root)] == times
    assert last_move(tmp_path / "moves") is None


def test_nothing_is_overwritten_there_or_here(root: Path, tmp_path: Path, system: str) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    (aside / "a.jpg").write_bytes(b"somebody's")
    report = move_aside(files(root)[:1], aside, roots=[root], journals=tmp_path / "moves")
    assert content(aside) == {"a.jpg": b"somebody's", "a (2).jpg": b"content 0"}
    (root / "a.jpg").write_bytes(b"a new one")
    assert report.journal is not None
    back = move_back(report.journal, roots=[root])
    assert back.left == [(os.fsencode(aside / "a (2).jpg"), "another file is there now")]
    assert (root / "a.jpg").read_bytes() == b"a new one"
    assert last_move(tmp_path / "moves") == (report.journal, 1)
    (root / "a.jpg").unlink()
    assert move_back(report.journal, roots=[root]).left == []
    assert (root / "a.jpg").read_bytes() == b"content 0"


def test_with_several_picture_folders_each_keeps_its_name(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "more"
    other.mkdir()
    report = move_aside(files(root)[:1], tmp_path / "aside", roots=[root, other], journals=tmp_path / "moves")
    assert report.moved[0][1] == os.fsencode(tmp_path / "aside" / "pictures" / "a.jpg")


def test_what_has_changed_is_gone_or_is_a_link_is_left(root: Path, tmp_path: Path) -> None:
    known = files(root)
    (root / "a.jpg").write_bytes(b"edited since")
    (root / "deep" / "c.jpg").unlink()
    target = (root / "deep" / "er" / "b.jpg").rename(tmp_path / "b.jpg")
    (root / "deep" / "er" / "b.jpg").symlink_to(target)
    report = move_aside(known, tmp_path / "aside", roots=[root], journals=tmp_path / "moves")
    assert [reason for _, reason in report.left] == [
        "it has changed since the last scan",
        "it is a symbolic link",
        "it is not there any more",
    ]
    assert len(report.moved) == 1


@pytest.mark.parametrize("inside", ["", "trash", "deep/trash"])
def test_a_folder_within_the_collection_is_refused(root: Path, tmp_path: Path, inside: str) -> None:
    with pytest.raises(UsageError, match="is inside the picture folder"):
        move_aside(files(root), root / inside, roots=[root], journals=tmp_path / "moves")
    link = tmp_path / "link"
    link.symlink_to(root)
    with pytest.raises(UsageError, match="is inside the picture folder"):
        move_aside(files(root), link / "x", roots=[root], journals=tmp_path / "moves")
    assert len(content(root)) == 4


@pytest.mark.parametrize("instant", range(1, 14))
def test_stopped_at_any_instant_all_comes_back(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instant: int, system: str
) -> None:
    """The process dies at the n-th call that changes the disk."""
    before, known = content(root), files(root)
    calls = 0

    class Died(BaseException):
        pass

    def dying(real: Any) -> Any:
        def call(*given: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= instant:
                raise Died
            return real(*given, **options)

        return call

    with monkeypatch.context() as patch:
        for name in ("link", "unlink", "rename", "fsync", "makedirs"):
            patch.setattr(module.os, name, dying(getattr(os, name)))
        with pytest.raises(Died):
            move_aside(known, tmp_path / "aside", roots=[root], journals=tmp_path / "moves")
    there = (
        list(content(root).values()) + list(content(tmp_path / "aside").values())
        if (tmp_path / "aside").exists()
        else list(content(root).values())
    )
    assert set(before.values()) <= set(there)
    for journal in (tmp_path / "moves").glob("*.jsonl"):
        assert move_back(journal, roots=[root]).left == []
    assert content(root) == before
    assert content(tmp_path / "aside") == {}


def test_a_copy_that_is_not_what_was_catalogued_is_not_trusted(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(module.os, "link", refuse)
    (known, *_) = files(root)
    wrong = File(b"\0" * 20, known.path, known.size, known.mtime_ns, 1, 1, "JPEG")
    report = move_aside([wrong], tmp_path / "aside", roots=[root], journals=tmp_path / "moves")
    assert "it has changed, or the disk is failing" in report.left[0][1]
    assert (root / "a.jpg").exists()
    assert content(tmp_path / "aside") == {}


def test_a_journal_with_a_torn_last_line_is_read(root: Path, tmp_path: Path) -> None:
    report = move_aside(files(root), tmp_path / "aside", roots=[root], journals=tmp_path / "moves")
    assert report.journal is not None
    with report.journal.open("a") as stream:
        stream.write('{"from": "/x')
    assert move_back(report.journal, roots=[root]).left == []
    assert len(content(root)) == 4
