"""A home folder, a folder of the system and the like are added after a question only."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.offered_folder import too_much
from core.project import Project
from core.project_location import FOLDER_NAME


class Terminal(io.StringIO):
    """What a person types on a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of somebody who has one picture there."""
    from PIL import Image

    folder = tmp_path / "homes" / "me"
    (folder / "pictures").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "pictures" / "a.png")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Answers questions as on a terminal."""

    def answer(text: str) -> None:
        monkeypatch.setattr("sys.stdin", Terminal(text))
        monkeypatch.setattr("tui.commands.large_folders.can_ask_on_terminal", lambda: True)

    return answer


@pytest.mark.parametrize("which", ["~", "..", "/"])
def test_without_a_terminal_it_is_refused_with_a_hint(run: Run, user: Path, monkeypatch, which: str) -> None:
    monkeypatch.chdir(user)
    hint = refused(run, "add", which, code=2, says="holds your home folder")
    assert "--yes" in hint
    assert not (user / FOLDER_NAME).exists()


def test_yes_answers_beforehand_and_what_is_there_is_not_asked_about_again(run: Run, user: Path) -> None:
    assert run("add", user, "--yes").code == 0
    assert run("add", user).code == 0
    assert run("add", user / "pictures", "--project", user / "other").code == 0, "a folder in it is as any other"


def test_on_a_terminal_it_is_asked(run: Run, user: Path, typed) -> None:
    typed("\n")
    said = run("add", user)
    assert (said.code, (user / FOLDER_NAME).exists()) == (1, False)
    assert "~ holds your home folder: every picture of every program there is read. Add it? [y/N]" in said.err
    assert "nothing was added" in said.err
    typed("y\n")
    assert run("add", user).code == 0
    with Project(user / FOLDER_NAME) as project:
        assert project.folders == [user]


def test_a_folder_that_is_added_to_a_project_is_asked_about_too(run: Run, user: Path, tmp_path: Path) -> None:
    assert run("add", user / "pictures", "--project", tmp_path / "project").code == 0
    refused(run, "folders", "add", user, "--project", tmp_path / "project", code=2, says="holds your home folder")


def test_folders_of_the_system_and_those_with_hardly_any_pictures_are_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.offered_folder._SAMPLE", 200)
    monkeypatch.setattr("core.offered_folder._OF_EACH", 100)
    (tmp_path / "one").mkdir()
    for number in range(300):
        (tmp_path / "one" / f"{number}.txt").touch()
    assert too_much(tmp_path) == "", "one folder says little of those below it"
    for number in range(300):
        (tmp_path / str(number % 3)).mkdir(exist_ok=True)
        (tmp_path / str(number % 3) / f"{number}.txt").touch()
    assert too_much(tmp_path) == "holds very many files, and none of the first 200 may be pictures"
    for number in range(300):
        (tmp_path / str(number % 3) / f"{number}.png").touch()
        (tmp_path / str(number % 3) / f"{number}.txt").unlink()
    assert too_much(tmp_path) == "", "pictures among others"
    assert too_much(Path("/usr")).startswith("belongs to the system")
    assert too_much(Path("/usr/share/nothing-of-the-kind")) == ""
