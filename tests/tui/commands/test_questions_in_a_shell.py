"""What is typed into a shell: phrases and negatives, pictures on stdin, and nothing to compute on."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_helpers import Run, refused

from core.actions.definition import Action
from core.actions.parameters import PicturesParameter, TextParameter
from core.actions.registry import actions

TWO = ("round/05.jpg", "square/00.jpg")
# Every command that takes pictures, with what stands before them and after.
TAKE_PICTURES = {
    "similar": (["similar"], ["--vec-type", "conse", "--json"]),
    "similar unlike": (["similar", "round/01.png", "--unlike"], ["--vec-type", "conse", "--json"]),
    "search like": (["search", "a cat", "--like"], ["--json"]),
    "search unlike": (["search", "a cat", "--unlike"], ["--json"]),
    "recommend like": (["recommend", "--like"], ["--vec-type", "conse", "--json"]),
    "recommend unlike": (["recommend", "--like", "round/01.png", "--unlike"], ["--vec-type", "conse", "--json"]),
    "tag add": (["tag", "add", "seen"], []),
    "tag remove": (["tag", "remove", "seen"], []),
    "set": (["set", "--define", "place:text", "place=here"], []),
    "group save": (["group", "save", "both"], []),
    "export": (["export", "--as", "paths"], []),
}


def type_in(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """What comes in on stdin."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content), isatty=lambda: False))


@pytest.mark.parametrize("end", [b"\n", b"\0"], ids=["lines", "nul"])
@pytest.mark.parametrize("command", TAKE_PICTURES)
def test_pictures_may_come_on_stdin(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch, command: str, end: bytes
) -> None:
    before, after = TAKE_PICTURES[command]
    if command == "tag remove":
        run("tag", "add", "seen", *TWO)
    type_in(monkeypatch, b"".join(os.fsencode(path) + end for path in TWO))
    piped = run(*before, "-", *after)
    assert piped.code == 0, piped.err
    if command in ("tag add", "tag remove", "set", "group save"):
        assert "2 pictures" in piped.out + piped.err
    else:
        assert piped.out == run(*before, *TWO, *after).out


def test_stdin_is_read_once_and_must_name_a_picture(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, b"round/05.jpg\n")
    refused(run, "similar", "-", "--unlike", "-", code=2, says="- (stdin) can be used only once")
    type_in(monkeypatch, b"\n")
    refused(run, "similar", "-", code=2, says="PICTURE: no pictures given")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["red car^2", "blue sky", "-truck"], '"red car"^2 "blue sky" -truck'),
        (["-truck", "red", "car", "--top", "3"], "-truck red car"),
        (["a cat", "--like", "round/05.jpg", "-truck"], '"a cat" -truck'),
        (["a cat", "--", "-truck"], '"a cat" -truck'),
        (["--top", "3", "sea", "-0cean"], "sea -0cean"),
    ],
)
def test_words_with_a_dash_push_away(run: Run, filled: Path, words: list[str], line: str) -> None:
    options = ["--like", "round/05.jpg"] if "--like" in words else ["--top", "3"] if "--top" in words else []
    said = run("search", "--json", *words)
    assert said.code == 0, said.err
    expected = run("search", line, *options, "--json").json
    assert said.json == expected | {"groups": said.json["groups"]}
    assert said.json["groups"][0]["pictures"] == expected["groups"][0]["pictures"]


def test_a_wrong_option_stays_wrong(run: Run, filled: Path) -> None:
    refused(run, "search", "a cat", "--tpo", "3", code=2, says="search has no option --tpo")
    refused(run, "similar", "round/05.jpg", "-truck", code=2, says="similar has no option -truck")
    refused(run, "search", "-truck", code=2, says="only says what is not wanted")
    assert run("search", "a cat", "-0", "--top", "2").out.count("\0") == 2


@pytest.mark.parametrize("number", ["-1", "-0.5", "-.5", "-5e-1"])
def test_a_negative_number_behind_an_option_is_its_value(run: Run, filled: Path, number: str) -> None:
    for command in (["similar", "round/05.jpg", "--at-least"], ["cluster-by", "--names", "cat, dog", "--minimum"]):
        said = run(*command, number)
        assert said.code == 0, said.err
        assert said.out == run(*command[:-1], f"{command[-1]}={number}").out
    refused(run, "cluster", "--seed", "-1", code=2, says="seed: -1 is out of range")


@pytest.mark.parametrize("action", actions(), ids=lambda action: action.name)
def test_parameters_are_options_by_the_names_that_the_readme_and_messages_use(
    run: Run, filled: Path, action: Action[object]
) -> None:
    told = run(action.command, "--help").out
    for field in action.fields():
        if not (field.required and isinstance(field, PicturesParameter | TextParameter)):
            assert f"--{field.title.replace(' ', '-').replace('_', '-')} " in told.replace(",", " ").replace("\n", " ")
    assert run("similar", "round/05.jpg", "--results", "2").out == run("similar", "round/05.jpg", "--top", "2").out


@pytest.mark.parametrize("words", [["similar"], ["similar", "round/05.jpg", "--unlike"], ["search", "a cat", "--like"]])
def test_a_folder_is_no_example_and_no_model_is_loaded_for_it(run: Run, filled: Path, words: list[str]) -> None:
    refused(run, *words, "round", code=2, says="round is a folder")


def test_lines_that_a_program_on_windows_wrote_name_the_same_pictures(
    run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, b"".join(os.fsencode(path) + b"\r\n" for path in TWO))
    assert run("tag", "add", "seen", "-").code == 0


def test_what_would_not_count_is_refused(run: Run, filled: Path) -> None:
    refused(run, "duplicates", "--undecided", code=2, says="--undecided: it applies only with --list rest")
    refused(
        run, "export", TWO[0], "--as", "csv", "--vec-type", "conse", code=2, says="--vec-type: it applies only with"
    )
    refused(run, "set", "--define", "n:number", "n=1", "n=2", TWO[0], code=2, says="n has two values")


@pytest.mark.parametrize("action", actions(), ids=lambda action: action.name)
def test_with_nothing_to_compute_on_restart_is_offered(run: Run, filled: Path, action: object) -> None:
    command = action.command  # type: ignore[attr-defined]
    first = filled / "round" / "05.jpg"
    for path in filled.rglob("*.*"):
        if path.is_file() and ".pictoscope" not in path.parts:
            with path.open("ab") as stream:
                stream.write(b"edited")
    assert run("add").code == 0
    words = {
        "similar": [first],
        "search": ["a cat"],
        "cluster-by": ["--names", "cat, dog"],
        "recommend": ["--like", first],
        "duplicates": ["--vec-type", "effnet-lite0"],
    }.get(command, [])
    hint = refused(run, command, *words, code=1, says="0 of 25 pictures have ")
    assert "Restart" in hint
