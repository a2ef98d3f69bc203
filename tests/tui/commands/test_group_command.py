"""``pictoscope group``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.catalog.groups import Groups
from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def test_a_group_keeps_its_order(run: Run, project: Project, folder: Path) -> None:
    said = run("group", "save", "mine", "fir.png", "alder.png", "birds/owl.png", "fir.png")
    assert (said.code, said.err) == (0, "3 pictures kept as mine\n")
    paths = [str(folder / name) for name in ("fir.png", "alder.png", "birds/owl.png")]
    assert run("group", "show", "mine").out.splitlines() == paths
    assert run("group", "show", "mine", "-0").out.split("\0") == [*paths, ""]
    shown = run("group", "show", "mine", "--json").json
    assert [(picture["path"], picture["score"]) for picture in shown["pictures"]] == [(path, None) for path in paths]
    assert run("group", "list").out.splitlines() == ["group  pictures  from", "mine          3  pictures"]
    assert run("group", "list", "--json").json == [{"name": "mine", "pictures": 3, "origin": "pictures"}]
    refused(run, "group", "save", "mine", "elm.png", code=2, says="there is a group mine already")
    assert run("group", "save", "mine", "elm.png", "--replace").code == 0
    assert run("group", "show", "mine").out == f"{folder}/elm.png\n"
    assert run("group", "delete", "mine", "--json").json == {"deleted": "mine"}
    assert run("group", "list").err.startswith("no groups yet")
    refused(run, "group", "show", "mine", code=2, says="there is no group mine")


def test_what_an_action_found_is_saved_with_its_scores(run: Run, filled: Path) -> None:
    said = run("similar", "round/05.jpg", "--vec-type", "effnet-lite0", "--top", "4", "--json")
    Path("found.json").write_text(said.out)
    assert run("group", "save", "like five", "--answer", "found.json").err == "4 pictures kept as like five\n"
    shown = run("group", "show", "like five", "--json").json["pictures"]
    found = said.json["groups"][0]["pictures"]
    assert [(one["key"], one["score"]) for one in shown] == [(one["key"], one["score"]) for one in found]
    lines = run("group", "show", "like five", "--scores").out.splitlines()
    assert lines[0] == f"{found[0]['score']:.4f}  {found[0]['path']}"


def test_pictures_that_lost_their_file_or_are_of_another_project_are_said(
    run: Run, project: Project, folder: Path
) -> None:
    Path("answer.json").write_text(
        '{"action": "similar", "groups": [{"name": "x", "pictures": [{"key": "%s", "score": 1}]}]}' % ("ab" * 20)
    )
    said = run("group", "save", "far", "--answer", "answer.json")
    assert said.err == "0 pictures kept as far\n1 are not in this project and were left out\n"
    run("group", "save", "mine", "fir.png", "elm.png")
    os.unlink("elm.png")
    project.scan()
    said = run("group", "show", "mine")
    assert (said.out, said.err) == (f"{folder}/fir.png\n", "1 picture of it have no file now\n")
    assert Groups(project.catalog).all()[1].pictures == 2
