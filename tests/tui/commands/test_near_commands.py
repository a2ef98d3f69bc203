"""Words that are no command: what was meant, and `help`."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.actions.registry import actions
from tui.cli import COMMANDS

NAMES = [*(command.name for command in COMMANDS), *(action.command for action in actions())]


@pytest.mark.parametrize("name", NAMES)
def test_a_command_without_one_of_its_letters_is_recognised(run: Run, tmp_path: Path, name: str) -> None:
    for place in range(len(name)):
        typed = name[:place] + name[place + 1 :]
        if len(name) > 4 and typed not in NAMES:
            assert refused(run, typed, "owl", code=2, says=f"no command or folder {typed}").endswith(f"`{_of(typed)}`?")


def _of(typed: str) -> str:
    from difflib import get_close_matches

    return f"pictoscope {get_close_matches(typed, [*NAMES, 'help'], n=1)[0]}"


def test_the_nearest_command_is_named_with_and_without_more_words(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (("serch", "owl"), ("serch",), ("serch", "--help"), ("--project", ".", "serch", "owl")):
        assert refused(run, *words, code=2, says="no command or folder serch") == "did you mean `pictoscope search`?"


def test_a_word_that_resembles_nothing_is_a_folder_or_no_command(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "help" in refused(run, "owls", "at", "night", code=2, says="no command owls")
    monkeypatch.setattr("tui.commands.app.has_terminal", lambda: True)
    refused(run, "holidays", code=2, says="no command or folder holidays")


def test_a_folder_and_a_path_are_never_taken_for_a_mistyped_command(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "serch").mkdir()
    refused(run, "serch", code=2, says="the app needs a terminal")
    refused(run, "./serchs", code=1, says="there is no folder")


@pytest.mark.parametrize(("words", "same"), [(("help",), ("--help",)), (("help", "search"), ("search", "--help"))])
def test_help_is_a_command(run: Run, words: tuple[str, ...], same: tuple[str, ...]) -> None:
    assert run(*words) == run(*same)
    assert run(*words).code == 0


def test_help_for_what_is_no_command_says_so_and_names_the_near_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "holidays").mkdir()
    assert refused(run, "help", "serch", code=2, says="no command serch") == "did you mean `pictoscope help search`?"
    for word in ("nosuch", "holidays", "./holidays"):
        hint = refused(run, "help", word, code=2, says=f"no command {word}")
        assert hint == "pictoscope --help lists the commands"
