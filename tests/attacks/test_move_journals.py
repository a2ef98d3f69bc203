"""Journals of moves that a stranger wrote move and remove nothing."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import PictoscopeError
from core.moves.aside import last_move, move_back
from core.moves.aside_folders import remember_aside_folder
from tests.attacks.move_helpers import Place
from tests.attacks.tally import count


def record(source: object, target: object, content: bytes, **other: str) -> str:
    fields = {"from": str(target), "to": str(source), "key": hashlib.sha1(content).hexdigest()}
    return json.dumps({**fields, "part": ".0123456789abcdef.pictoscope-part", **other})


SECRET, MINE = b"a stranger wants this", b"moved aside by me"
# What stands in the journal. {top} is a folder with secret.jpg, {aside} my folder with mine.jpg, {root} the pictures.
HOSTILE_LINES = {
    "from anywhere": lambda t: record(t / "secret.jpg", t / "pictures/x.jpg", SECRET),
    "to anywhere": lambda t: record(t / "aside/mine.jpg", t / "target.jpg", MINE),
    "to a hidden folder": lambda t: record(t / "aside/mine.jpg", t / "pictures/.git/x.jpg", MINE),
    "to what is no picture": lambda t: record(t / "aside/mine.jpg", t / "pictures/authorized_keys", MINE),
    "through the parent": lambda t: record(f"{t}/aside/../secret.jpg", t / "pictures/x.jpg", SECRET),
    "to the parent": lambda t: record(t / "aside/mine.jpg", f"{t}/pictures/../x.jpg", MINE),
    "through a link aside": lambda t: record(t / "aside/link/secret.jpg", t / "pictures/x.jpg", SECRET),
    "through a link there": lambda t: record(t / "aside/mine.jpg", t / "pictures/link/x.jpg", MINE),
    "a link itself": lambda t: record(t / "aside/secret.jpg", t / "pictures/x.jpg", SECRET),
    "other bytes": lambda t: record(t / "aside/mine.jpg", t / "pictures/x.jpg", SECRET),
    "a folder": lambda t: record(t / "aside/folder", t / "pictures/x.jpg", MINE),
    "a pipe": lambda t: record(t / "aside/pipe.jpg", t / "pictures/x.jpg", MINE),
    "the folder itself": lambda t: record(t / "aside", t / "pictures/x.jpg", MINE),
    "the root itself": lambda t: record(t / "aside/mine.jpg", t / "pictures", MINE),
    "over a file": lambda t: record(t / "aside/mine.jpg", t / "pictures/there.jpg", MINE),
    "a part with a path": lambda t: record(t / "aside/mine.jpg", t / "pictures/x.jpg", MINE, part="../secret.jpg"),
    "a part like a picture": lambda t: record(t / "aside/mine.jpg", t / "pictures/x.jpg", MINE, part="there.jpg"),
    "relative": lambda t: record("aside/mine.jpg", "pictures/x.jpg", MINE),
    "a NUL": lambda t: record(f"{t}/aside/mine.jpg\0", t / "pictures/x.jpg", MINE),
    "half a character": lambda t: record(f"{t}/aside/\ud800.jpg", t / "pictures/x.jpg", MINE),
    "too long": lambda t: record(t / ("a" * 5_000), t / "pictures/x.jpg", MINE),
    "no text": lambda t: json.dumps({"from": 1, "to": [], "key": None, "part": {}}),
    "no object": lambda t: "[1, 2]",
    "nested": lambda t: "[" * 60_000,
    "a long line": lambda t: '{"from": "' + "x" * 100_000,
    "no JSON": lambda t: "rm -rf /",
    "a state of nothing": lambda t: json.dumps({"part": ".0123456789abcdef.pictoscope-part", "state": "moved"}),
    "an odd state": lambda t: json.dumps({"state": "gone"}),
}


@pytest.fixture
def strange(tmp_path: Path) -> Place:
    """A project from elsewhere, beside a file of the user's; into ``aside`` the user has moved files of it before."""
    place = Place(tmp_path / "pictures", tmp_path / "project", tmp_path / "aside")
    for folder in (place.root, place.journals, place.aside / "folder"):
        folder.mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(SECRET)
    (place.aside / "mine.jpg").write_bytes(MINE)
    (place.aside / "link").symlink_to(tmp_path)
    (place.aside / "secret.jpg").symlink_to(tmp_path / "secret.jpg")
    os.mkfifo(place.aside / "pipe.jpg")
    (place.root / "there.jpg").write_bytes(b"a picture")
    (place.root / "link").symlink_to(tmp_path)
    return place


def snapshot(place: Place) -> dict[str, tuple[int, int, bytes]]:
    """All but the journals themselves."""
    found = {}
    for path in sorted(place.root.parent.rglob("*")):
        if place.journals not in (path, *path.parents) and not path.is_dir():
            status = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
            found[str(path)] = (status.st_mode, status.st_ino, content)
    return found


@pytest.mark.parametrize("known", [True, False], ids=["aside folder known", "nothing known"])
@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_a_line_of_a_stranger_moves_and_removes_nothing(strange: Place, line: str, known: bool) -> None:
    if known:
        remember_aside_folder(strange.project, os.fsencode(strange.aside))
    journal = strange.journals / "20200101-000000-000000000.jsonl"
    journal.write_text(HOSTILE_LINES[line](strange.root.parent) + "\n", "ascii")
    before = snapshot(strange)
    strange.recover_moves()
    try:
        last_move(strange.journals)
    except PictoscopeError as error:
        assert error.message.isprintable()
    report = move_back(journal, roots=[strange.root])
    assert report.moved == []
    assert all(reason and reason.isprintable() for _, reason in report.left)
    assert snapshot(strange) == before
    count("hostile files tried")


def test_what_this_user_moved_is_moved_back_beside_lines_of_a_stranger(strange: Place) -> None:
    remember_aside_folder(strange.project, os.fsencode(strange.aside))
    lines = [make_line(strange.root.parent) for make_line in HOSTILE_LINES.values()]
    good = record(strange.aside / "mine.jpg", strange.root / "mine.jpg", MINE, part=".00000000deadbeef.pictoscope-part")
    journal = strange.journals / "20200101-000000-000000000.jsonl"
    journal.write_text("\n".join([*lines, good, ""]), "ascii")
    report = move_back(journal, roots=[strange.root])
    assert [os.path.basename(path) for _, path in report.moved] == [b"mine.jpg"]
    assert (strange.root / "mine.jpg").read_bytes() == MINE


def link_journal(journal: Path, real: Path) -> None:
    real.write_text("{}\n")
    journal.symlink_to(real)


def link_journal_hard(journal: Path, real: Path) -> None:
    real.write_text("{}\n")
    os.link(real, journal)


def large_journal(journal: Path, real: Path) -> None:
    with journal.open("wb") as stream:
        stream.truncate(10**12)


def link_journals(journal: Path, real: Path) -> None:
    real.mkdir()
    (real / journal.name).write_text("{}\n")
    journal.parent.rmdir()
    journal.parent.symlink_to(real)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (link_journal, "is a symbolic link"),
        (link_journal_hard, "has another hard link"),
        (large_journal, "is too large"),
        (lambda journal, real: os.mkfifo(journal), "is not a regular file"),
        (lambda journal, real: journal.mkdir(), "is not a regular file"),
        (link_journals, "is not a folder, or is a symbolic link"),
    ],
)
def test_a_journal_of_another_form_is_refused_in_words(
    strange: Place, form: Callable[[Path, Path], None], words: str
) -> None:
    remember_aside_folder(strange.project, os.fsencode(strange.aside))
    journal = strange.journals / "20200101-000000-000000000.jsonl"
    form(journal, strange.root.parent / "real")
    before = snapshot(strange)
    with pytest.raises(PictoscopeError, match=words):
        last_move(strange.journals)
    with pytest.raises(PictoscopeError, match=words):
        move_back(journal, roots=[strange.root])
    assert words in strange.recover_moves()
    assert snapshot(strange) == before


def test_a_journal_from_elsewhere_is_said(strange: Place) -> None:
    journal = strange.journals / "20200101-000000-000000000.jsonl"
    journal.write_text(record(strange.aside / "mine.jpg", strange.root / "x.jpg", MINE) + "\n")
    with pytest.raises(PictoscopeError, match="but you moved none in this project"):
        last_move(strange.journals)
