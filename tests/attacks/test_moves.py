"""Moving files aside and back, killed at every step, changed meanwhile, through links: no content is lost."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.catalog.copies import File
from core.errors import PictoscopeError
from core.moves.aside import last_move, move_aside
from tests.attacks import kill_steps
from tests.attacks.move_helpers import MODE, PICTURES, TIME, Place, make, regular_files
from tests.attacks.move_server import MoveServer
from tests.attacks.tally import count

KIND = "moves of files interrupted"
SYSTEMS = ("one file system", "two file systems", "no hard links")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make(tmp_path, tmp_path / "aside")


@pytest.fixture
def quick_home(quick_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PICTOSCOPE_HOME", str(quick_folder / "home"))
    yield quick_folder / "home"
    shutil.rmtree(quick_folder / "home", ignore_errors=True)


@pytest.fixture(scope="module")
def move_server() -> Iterator[MoveServer]:
    with MoveServer() as server:
        yield server


# -- killed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("way", ["aside", "back"])
def test_killed_at_any_step_every_content_is_there_and_all_goes_on_or_back(
    move_server: MoveServer, quick_folder: Path, quick_home: Path, tmp_path: Path, system: str, way: str
) -> None:
    def begin(number: str) -> Place:
        top = quick_folder / f"{system}-{way}-{number}"
        aside = tmp_path / f"aside-{number}" if system == "two file systems" else top / "aside"
        place = make(top, aside)
        if way == "back":
            assert not place.move().left
        return place

    counts = tmp_path / "counts"
    assert move_server.run(begin("whole"), way, system, 0, "before", counts) == 0
    steps = [line.split()[1] for line in counts.read_text().splitlines() if line.startswith("step ")]
    assert {"write", "fsync", "unlink"} <= set(steps)
    for at, step in enumerate(steps, 1):
        for how in kill_steps.CRASHES:
            if (how == "torn") != (step == "write") and how != "before":
                continue  # half of a write is torn; after any other call the power goes
            place = begin(f"{at}-{how}")
            code = move_server.run(place, way, system, at, how, tmp_path / "other")
            assert code == -signal.SIGKILL
            assert set(PICTURES.values()) <= place.contents(), (at, step, how)
            place.recover_moves()
            assert set(PICTURES.values()) == place.contents(), (at, step, how)
            assert place.parts() == [], (at, step, how)
            assert sum(len(regular_files(top)) for top in (place.root, place.aside)) == len(PICTURES)
            if at % 2:  # on: what is left goes aside too
                assert place.move().left == []
                assert regular_files(place.root) == []
            assert not any(report.left for report in place.back())
            assert {name: (place.root / name).read_bytes() for name in PICTURES} == PICTURES
            assert regular_files(place.aside) == []
            for name in PICTURES:
                status = (place.root / name).stat()
                assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (MODE, TIME)
            assert last_move(place.journals) is None
            count(KIND)
            shutil.rmtree(place.root.parent)


def test_files_go_to_another_file_system_with_their_time_mode_and_attributes(
    quick_folder: Path, quick_home: Path, tmp_path: Path
) -> None:
    place = make(tmp_path, quick_folder / "aside-attributes")
    with_attributes = True
    try:
        os.setxattr(place.root / "a.jpg", "user.rating", b"5")
        os.setxattr(quick_home.parent, "user.probe", b"1")
    except OSError:
        with_attributes = False  # one of the two has no place for them
    assert not place.move().left
    moved = place.aside / "a.jpg"
    assert (stat.S_IMODE(moved.stat().st_mode), moved.stat().st_mtime_ns) == (MODE, TIME)
    if with_attributes:
        assert os.getxattr(moved, "user.rating") == b"5"
    place.back()
    assert (place.root / "a.jpg").stat().st_mtime_ns == TIME
    shutil.rmtree(place.aside, ignore_errors=True)


def test_one_program_at_a_time(place: Place) -> None:
    """The second one is told; what the first one has under way is not taken for a half move."""
    said = []

    def meanwhile(file: File) -> str:
        said.append(place.recover_moves())
        with pytest.raises(PictoscopeError, match="another program moves files"):
            place.move()
        return ""

    report = place.move(allowed=meanwhile)
    assert (len(report.moved), report.left, said) == (2, [], ["", ""])


# -- what is allowed, what changes meanwhile ------------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS[:2])
def test_what_is_not_allowed_stays_and_leaves_no_trace(
    quick_folder: Path, quick_home: Path, tmp_path: Path, system: str
) -> None:
    aside = quick_folder / "aside-refused" if system == "two file systems" else tmp_path / "aside"
    place = make(tmp_path, aside)
    asked = []

    def allowed(file: File) -> str:
        asked.append((file.path, os.path.exists(file.path)))
        return "no other copy is kept" if file.path.endswith(b"a.jpg") else ""

    report = place.move(allowed=allowed)
    assert report.left == [(os.fsencode(place.root / "a.jpg"), "no other copy is kept")]
    assert all(there for _, there in asked)
    assert [path.name for path in regular_files(place.aside)] == ["b.jpg"]
    assert (place.root / "a.jpg").read_bytes() == PICTURES["a.jpg"]
    shutil.rmtree(aside)


def test_a_file_that_is_replaced_at_the_last_instant_is_not_removed(place: Place) -> None:
    def allowed(file: File) -> str:
        newer = place.root / "newer"
        newer.write_bytes(b"drawn this moment")
        newer.replace(os.fsdecode(file.path))
        return ""

    report = place.move(allowed=allowed)
    assert len(report.left) == 2
    assert place.contents() == {*PICTURES.values(), b"drawn this moment"}


def test_a_file_that_is_written_to_at_the_last_instant_keeps_its_one_name(place: Place) -> None:
    def allowed(file: File) -> str:
        with open(file.path, "ab") as stream:
            stream.write(b"more")
        return ""

    report = place.move(allowed=allowed)
    assert [reason for _, reason in report.left] == ["it changed while it was moved"] * 2
    assert regular_files(place.aside) == []
    assert place.contents() == {content + b"more" for content in PICTURES.values()}


def test_a_file_of_other_bytes_and_the_same_size_and_time_stays(place: Place) -> None:
    known = place.files()
    (place.root / "a.jpg").write_bytes(b"FIRST" * 400)
    os.utime(place.root / "a.jpg", ns=(TIME, TIME))
    report = move_aside(known, place.aside, roots=[place.root], journals=place.journals)
    ((path, reason),) = report.left
    assert (path.endswith(b"a.jpg"), "its bytes differ from those in the catalog" in reason) == (True, True)


# -- links ---------------------------------------------------------------------------------------------------------


def link_file(place: Place) -> None:
    (place.root / "deep").mkdir(exist_ok=True)
    (place.root / "deep" / "b.jpg").symlink_to(place.aside / "deep" / "b.jpg")


def link_folder(place: Place) -> None:
    (place.root / "deep").rmdir()
    (place.root / "deep").symlink_to(place.aside / "deep")


def link_root(place: Place) -> None:
    shutil.rmtree(place.root)
    place.root.symlink_to(place.aside)


def link_above(place: Place) -> None:
    above = place.root.parent / "above"
    above.mkdir()
    place.aside.rename(above / "aside")
    place.aside.symlink_to(above / "aside")
    shutil.rmtree(place.root)
    place.root.symlink_to(above / "aside")


def hard_link(place: Place) -> None:
    os.link(place.aside / "a.jpg", place.root / "a.jpg")


def link_aside_folder(place: Place) -> None:
    elsewhere = place.root.parent / "elsewhere"
    (place.aside / "deep").rename(elsewhere)
    (place.aside / "deep").symlink_to(elsewhere)


def link_aside_file(place: Place) -> None:
    victim = place.root.parent / "victim.jpg"
    (place.aside / "a.jpg").rename(victim)
    (place.aside / "a.jpg").symlink_to(victim)


@pytest.mark.parametrize(
    "plant", [link_file, link_folder, link_root, link_above, hard_link, link_aside_folder, link_aside_file]
)
@pytest.mark.parametrize("half", [False, True])
def test_links_at_the_old_place_or_aside_lose_nothing(place: Place, plant: Callable[[Place], None], half: bool) -> None:
    assert not place.move().left
    plant(place)
    if half:  # as if it had been killed in the midst of it
        ((path, _),) = [last_move(place.journals)] if last_move(place.journals) else [(None, 0)]
        if path is not None:
            lines = [line for line in path.read_text().splitlines() if "state" not in line]
            path.write_text("\n".join(lines) + "\n")
    everything = place.root.parent
    for turn in (place.recover_moves, place.back, place.recover_moves, place.back):
        turn()
        there = {path.read_bytes() for path in regular_files(everything)}
        assert set(PICTURES.values()) <= there, (plant, turn)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_lies_behind_a_link_is_not_moved_aside(place: Place, what: str) -> None:
    known = place.files()
    real = place.root.parent / "real"
    if what == "file":
        (place.root / "deep" / "b.jpg").rename(real)
        (place.root / "deep" / "b.jpg").symlink_to(real)
    else:
        (place.root / "deep").rename(real)
        (place.root / "deep").symlink_to(real)
    report = move_aside(known, place.aside, roots=[place.root], journals=place.journals)
    ((path, reason),) = report.left
    assert (path.endswith(b"b.jpg"), "symbolic link" in reason) == (True, True)
    assert len(regular_files(real) if what == "folder" else [real]) == 1


def test_back_goes_nothing_where_the_picture_folder_is_not_there(place: Place) -> None:
    """As where its disk is not mounted: nothing is made at the place of the mount."""
    assert not place.move().left
    shutil.rmtree(place.root)
    (report,) = place.back()
    assert all("is not there" in reason for _, reason in report.left)
    assert (len(report.left), place.root.exists(), len(regular_files(place.aside))) == (2, False, 2)
    place.root.mkdir()
    assert [len(report.moved) for report in place.back()] == [2]
