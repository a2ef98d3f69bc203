"""``pictoscope stack``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def test_pictures_are_stacked_listed_and_taken_out(run: Run, folder: Path) -> None:
    assert run("stack", "list").err.startswith("no stacks yet: pictoscope stack add")
    assert run("stack", "list", "--json").json == []
    said = run("stack", "add", "fir.png", "birds/owl.png", "alder.png")
    assert (said.code, said.out, said.err) == (0, "", "stacked 3 pictures\n")
    assert run("stack", "add", "--where", "folder:fish", "--sort", "name:desc", "--json").json == {"pictures": 3}
    first = [str(folder / name) for name in ("fir.png", "birds/owl.png", "alder.png")]
    second = [str(folder / "fish" / name) for name in ("roach.png", "pike.png", "carp.png")]
    assert run("stack", "list").out == "\n".join([*first, "", *second, ""])
    assert run("stack", "list", "-0").out == "\0".join([*first, "", *second, ""])
    listed = run("stack", "list", "--json").json
    assert [[picture["path"] for picture in stack] for stack in listed] == [first, second]
    assert run("export", "--where", "stacked", "--as", "paths", "--to", "-").out.splitlines() == sorted(
        first + second, key=lambda path: (path.count("/"), path)
    )
    assert run("stack", "add", "birds/owl.png").code == 0  # on top of its stack
    assert run("stack", "list").out.splitlines()[:3] == [first[1], first[0], first[2]]
    assert run("stack", "remove", "fir.png", "elm.png").err == "removed 1 picture from stacks\n"
    assert run("stack", "remove", "--where", "folder:fish", "--json").json == {"pictures": 3}
    assert run("stack", "list").out.splitlines() == [first[1], first[2]]
    for _ in range(5):
        assert run("undo").code == 0
    assert run("stack", "list").out == ""


def test_what_makes_no_stack_is_refused(run: Run) -> None:
    refused(run, "stack", "add", "fir.png", code=2, says="a stack needs two pictures or more")
    refused(run, "stack", "add", "fir.png", "fir.png", code=2, says="a stack needs two pictures or more")
    refused(run, "stack", "add", code=2, says="no pictures are given")
    refused(run, "stack", "add", "fir.png", "no such.png", code=2, says="no such.png")
    refused(run, "stack", code=2, says="COMMAND")
    assert run("stack", "list").out == ""
