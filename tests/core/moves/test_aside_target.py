"""Which folders files can be moved aside to, said without creating anything, and without waiting for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from core.errors import UsageError
from core.moves import aside_target
from core.moves.aside import move_aside
from core.moves.aside_target import aside_folder_problem, check_aside_folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def refused(place: Path) -> dict[str, tuple[Path, str]]:
    """Folders that cannot be, with what is said."""
    (place / "file.txt").write_text("mine")
    (place / "gone").symlink_to(place / "nowhere")
    (place / "inside").symlink_to(place / "pictures")
    (place / "round").symlink_to(place / "round")
    return {
        "inside": (place / "pictures" / "rest", "is inside the picture folder"),
        "the folder itself": (place / "pictures", "is inside the picture folder"),
        "inside by a link": (place / "inside" / "rest", "is inside the picture folder"),
        "around": (place, "contains the picture folder"),
        "below a device": (Path("/dev/null/x"), "/dev/null is not a folder"),
        "a file": (place / "file.txt", "file.txt is not a folder"),
        "below a file": (place / "file.txt" / "a" / "b", "file.txt is not a folder"),
        "a link to nothing": (place / "gone", "gone is a link to nothing"),
        "a link to itself": (place / "round" / "a", "cannot be used"),
        "a long name": (place / ("n" * 300), "cannot be used (file name too long)"),
    }


CASES = (
    "inside",
    "the folder itself",
    "inside by a link",
    "around",
    "below a device",
    "a file",
    "below a file",
    "a link to nothing",
    "a link to itself",
    "a long name",
)


@pytest.mark.parametrize("case", CASES)
def test_it_is_said_what_is_wrong_and_what_to_do_and_the_move_says_the_same(
    root: Path, tmp_path: Path, case: str
) -> None:
    cases = refused(tmp_path)
    assert tuple(cases) == CASES
    folder, wrong = cases[case]
    before = sorted(os.listdir(tmp_path))
    problem = aside_folder_problem(folder, [root])
    assert problem is not None
    assert wrong in problem.message
    assert problem.hint
    with pytest.raises(UsageError) as caught:
        move_aside([], folder, roots=[root], journals=tmp_path / "moves")
    assert (caught.value.message, caught.value.hint) == (problem.message, problem.hint)
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("name", ["", "new", "new/and/deeper", "pictures-aside"])
def test_a_folder_there_or_new_will_do(root: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "there").mkdir()
    folder = tmp_path / "there" / name
    assert aside_folder_problem(folder, [root]) is None
    assert check_aside_folder(folder, [root]) == folder
    assert os.listdir(tmp_path / "there") == []


def test_a_folder_that_may_not_be_written_is_refused(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the tests are run by somebody who may do everything."""
    (tmp_path / "theirs").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode, **_: Path(path).name != "theirs")
    for folder in (tmp_path / "theirs", tmp_path / "theirs" / "a" / "b"):
        problem = aside_folder_problem(folder, [root])
        assert problem is not None
        assert problem.message == f"no permission to write in {tmp_path / 'theirs'}"
        assert "chmod" in problem.hint


@pytest.mark.parametrize(("mode", "inside"), [(0o600, "a"), (0o600, ""), (0o500, "a"), (0o500, "")])
def test_a_folder_that_may_not_be_searched_or_written_is_refused(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]], mode: int, inside: str
) -> None:
    locked = own_folder / "locked"
    with as_ordinary_user():
        locked.mkdir()
        locked.chmod(mode)
        problem = aside_folder_problem(locked / inside, [own_folder / "pictures"])
        assert problem is not None
        assert problem.message == f"no permission to write in {locked}"


def test_a_disk_that_does_not_answer_is_not_waited_for(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    real: Callable[..., None] = aside_target._check_apart

    def slow(target: Path, roots: list[Path]) -> None:
        answers.wait()
        real(target, roots)

    monkeypatch.setattr(aside_target, "_check_apart", slow)
    problem = aside_folder_problem(tmp_path / "net", [root], wait=0.01)
    answers.set()
    assert problem is not None
    assert "does not answer" in problem.message
    assert problem.hint
