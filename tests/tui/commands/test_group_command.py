"""``pictoscope group``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.labels.groups import Groups
from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def test_a_group_keeps_its_order(run: Run, project: Project, folder: Path) -> None:
    said = run("group", "save", "mine", "fir.png", "alder.png", "birds/owl.png", "fir.png")
    assert (said.code, said.err) == (0, "saved 3 pictures as mine\n")
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


def test_a_group_is_saved_in_an_order(run: Run, project: Project, folder: Path) -> None:
    assert run("group", "save", "names", "--where", "folder:fish", "--sort", "name:desc").code == 0
    assert run("group", "show", "names").out.splitlines() == [
        f"{folder}/fish/{name}.png" for name in ("roach", "pike", "carp")
    ]
    assert run("group", "save", "again", "fish/pike.png", "fish/carp.png", "--sort", "name").code == 0
    assert [path.rpartition("/")[2] for path in run("group", "show", "again").out.splitlines()] == [
        "carp.png",
        "pike.png",
    ]
    refused(run, "group", "save", "x", "elm.png", "--sort", "nmae", code=2, says="there is no property nmae")


def test_what_an_action_found_is_saved_with_its_scores(run: Run, filled: Path) -> None:
    said = run("similar", "round/05.jpg", "--vec-type", "effnet-lite0", "--top", "4", "--json")
    Path("found.json").write_text(said.out)
    assert run("group", "save", "like five", "--answer", "found.json").err == "saved 4 pictures as like five\n"
    shown = run("group", "show", "like five", "--json").json["pictures"]
    found = said.json["groups"][0]["pictures"]
    assert [(one["key"], one["score"]) for one in shown] == [(one["key"], one["score"]) for one in found]
    lines = run("group", "show", "like five", "--scores").out.splitlines()
    assert lines[0] == f"{found[0]['score']:.4f}  {found[0]['path']}"


def test_groups_are_combined_ordered_and_renamed(run: Run, project: Project, folder: Path) -> None:
    run("group", "save", "a", "fir.png", "alder.png", "elm.png")
    run("group", "save", "b", "elm.png", "birds/owl.png")
    run("group", "save", "c", "fir.png")
    assert run("group", "combine", "d", "union", "a", "b").err == "saved 4 pictures as d\n"
    assert run("group", "combine", "d", "difference", "a", "b", "c", "--replace", "--json").json == {
        "group": "d",
        "pictures": 1,
    }
    assert run("group", "show", "d").out == f"{folder}/alder.png\n"
    assert run("group", "order", "a", "path").err == "a is now ordered by path\n"
    assert run("group", "show", "a").out.splitlines() == [f"{folder}/{name}.png" for name in ("alder", "elm", "fir")]
    answer = run("group", "order", "a", "path", "--reverse", "--json").json
    assert answer == {"group": "a", "by": "path", "reverse": True}
    assert [picture["path"] for picture in run("group", "show", "a", "--json").json["pictures"]] == [
        f"{folder}/{name}.png" for name in ("fir", "elm", "alder")
    ]
    assert run("group", "rename", "a", "trees", "--json").json == {"group": "trees"}
    assert [group.name for group in Groups(project.catalog).all()] == ["b", "c", "d", "trees"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["combine", "x", "union", "a"], "two groups or more"),
        (["combine", "x", "union", "a", "nosuch"], "there is no group nosuch"),
        (["combine", "x", "sum", "a", "b"], "sum"),
        (["combine", "b", "union", "a", "b"], "there is a group b already"),
        (["order", "nosuch", "path"], "there is no group nosuch"),
        (["order", "a", "nosuch"], "there is no property nosuch"),
        (["rename", "a", "b"], "there is a group b already"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    run: Run, project: Project, words: list[str], says: str
) -> None:
    groups = Groups(project.catalog)
    for name in ("a", "b"):
        groups.save(name, [])
    refused(run, "group", *words, code=2, says=says)
    assert [group.name for group in groups.all()] == ["a", "b"]


def test_pictures_that_lost_their_file_or_are_of_another_project_are_said(
    run: Run, project: Project, folder: Path
) -> None:
    Path("answer.json").write_text(
        '{"action": "similar", "groups": [{"name": "x", "pictures": [{"key": "%s", "score": 1}]}]}' % ("ab" * 20)
    )
    said = run("group", "save", "far", "--answer", "answer.json")
    assert said.err == "saved 0 pictures as far\nleft out 1 picture that is not in this project\n"
    run("group", "save", "mine", "fir.png", "elm.png")
    os.unlink("elm.png")
    project.scan()
    said = run("group", "show", "mine")
    assert (said.out, said.err) == (f"{folder}/fir.png\n", "1 picture of the group has no file\n")
    assert Groups(project.catalog).all()[1].pictures == 2
