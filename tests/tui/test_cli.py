"""The command line itself: help, wrong usage, exit codes, errors. What each command does: ``commands/``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cli_helpers import Run, command_line, refused

from core import __version__
from core.project import Project

LABELS = ["tag", "set", "group", "undo", "redo", "history"]
COMMANDS = ["demo", "add", "models", "vectors", "jobs", *LABELS, "similar", "search", "doctor"]
SUB_COMMANDS = [
    *(f"vectors {name}" for name in ("create", "list", "restart", "delete", "verify", "default")),
    *(f"tag {name}" for name in ("add", "remove", "list", "rename", "merge")),
    *(f"group {name}" for name in ("save", "list", "show", "delete")),
]


def test_help_lists_every_command_and_action(run: Run) -> None:
    said = run("--help")
    assert (said.code, said.err) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in said.out


@pytest.mark.parametrize("words", COMMANDS + SUB_COMMANDS)
def test_every_command_tells_of_itself_and_takes_project_and_json(run: Run, words: str) -> None:
    said = run(*words.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert f"usage: pictoscope {words}" in said.out
    assert "--project" in said.out
    assert "--json" in said.out


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").out == f"pictoscope {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "nosuchcommand",
        "vectors",
        "vectors nosuch",
        "vectors create",
        "vectors delete",
        "similar",
        "search",
        "jobs --nosuch",
        "tag",
        "tag add",
        "tag rename one",
        "group",
        "group save",
        "set",
        "undo 3",
        "jobs extra",
        "models extra",
        "doctor extra",
        "demo extra",
        "models --project",
        "similar a.jpg --top many",
        "similar a.jpg --top 0",
        "search a cat --top -3",
        "vectors create effnet-lite0 --grey",  # options are not abbreviated
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(run: Run, project: Project, words: str) -> None:
    said = run(*words.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("pictoscope: ")
    assert said.err.count("\n") == 1
    said = run("--json", *words.split())
    assert (said.code, said.out) == (2, "")
    assert set(said.error) == {"error", "hint"}


@pytest.mark.parametrize(
    "words", ["jobs", "vectors list", "similar x.jpg", "search a cat", "add", "vectors create conse"]
)
def test_where_there_is_no_project_the_way_to_one_is_said(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    hint = refused(run, *words.split(), code=1, says=f"no project at {tmp_path}")
    assert "pictoscope add FOLDER" in hint


@pytest.mark.parametrize(
    "words", [["add", ""], ["folders", "add", ""], ["tag", "list", "--project", ""], ["doctor", "--project", ""], [""]]
)
def test_an_empty_name_is_not_the_current_folder(
    run: Run, project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """As of a variable that is not set: what is done there would be done to another project."""
    monkeypatch.chdir(folder)
    said = run(*words)
    assert (said.code in (1, 2), said.out) == (True, "")
    assert "an empty path is not a folder" in said.err and "is a variable not set?" in said.err


@pytest.mark.parametrize("words", ["jobs", "vectors list", "add", "doctor"])
def test_a_project_that_is_named_but_not_there_is_not_looked_for_elsewhere(
    run: Run, project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir(folder)
    said = run(*words.split(), "--project", "typo", "--json")
    assert said.code == 1
    assert f"no project at {folder}/typo" in (said.json["project"]["problem"] if said.out else said.error["error"])


@pytest.mark.parametrize(
    "words", ["jobs --json", "--json jobs", "--project {0} --json jobs", "jobs --project={0} --json"]
)
def test_options_may_stand_before_and_after_the_command(
    run: Run, project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.chdir("/" if "--project" in words else folder)
    arguments = [word.format(folder) for word in words.split()]
    said = run(*arguments)
    assert (said.code, said.json, said.err) == (0, [], "")


def test_what_the_file_system_refuses_is_one_line(
    run: Run, project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder / ".pictoscope" / "vectors"))

    monkeypatch.chdir(folder)
    monkeypatch.setattr("tui.commands.vectors.create_vectors", refuse)
    says = f"{folder}/.pictoscope/vectors: permission denied"
    assert "permissions" in refused(run, "vectors", "create", "conse", code=1, says=says)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(command_line("models"), stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_that_cannot_be_written_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command_line("models"), stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"no space left" in done.stderr


def test_an_encoding_without_dashes_and_stars_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = subprocess.run(command_line("models"), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"effnet-lite0     1280  ?  " in done.stdout
