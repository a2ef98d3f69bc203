"""``pictoscope tag``."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.labels.tags import Tags
from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def typed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """What comes on stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def names(project: Project, tag: str) -> list[str]:
    pictures = project.catalog.by_keys([bytes(key) for key in Tags(project.catalog).keys(tag)])
    return sorted(picture.name for picture in pictures.values())


def test_pictures_named_by_path_and_key_are_tagged(run: Run, project: Project) -> None:
    key = project.catalog.by_path("elm.png")
    assert key
    said = run("tag", "add", "tree", "alder.png", os.path.abspath("birch.png"), key.key.hex())
    assert (said.code, said.out, said.err) == (0, "", "tagged 3 pictures as tree\n")
    assert names(project, "tree") == ["alder.png", "birch.png", "elm.png"]
    said = run("tag", "add", "tree", "alder.png", "fir.png", "--json")
    assert said.json == {"tag": "tree", "pictures": 2, "changed": 1}
    assert said.err == "tagged 1 picture as tree; 1 already had it\n"


@pytest.mark.parametrize(("end", "options"), [(b"\n", []), (b"\0", ["-0"])])
def test_paths_come_on_stdin(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch, end: bytes, options: list[str]
) -> None:
    typed(monkeypatch, end.join([b"alder.png", b"birds/owl.png", b""]))
    assert run("tag", "add", "seen", *options, "-").code == 0
    assert names(project, "seen") == ["alder.png", "owl.png"]


def test_options_may_stand_between_the_words(run: Run, project: Project) -> None:
    assert run("tag", "add", "--json", "tree", "fir.png", "--project", ".", "elm.png").json["changed"] == 2
    assert names(project, "tree") == ["elm.png", "fir.png"]
    refused(run, "tag", "add", "tree", "fir.png", "--nosuch", "elm.png", code=2, says="--nosuch")


def test_a_filter_a_group_a_tag_and_an_answer_stand_for_pictures(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("tag", "add", "bird", "--where", "folder:birds").code == 0
    assert names(project, "bird") == ["crow.png", "gull.png", "owl.png", "tern.png"]
    assert run("group", "save", "two", "fir.png", "elm.png").code == 0
    assert run("tag", "add", "kept", "--group", "two").code == 0
    assert names(project, "kept") == ["elm.png", "fir.png"]
    assert run("tag", "remove", "bird", "--where", "folder:sea").err == "removed the tag bird from 2 pictures\n"
    assert run("tag", "add", "again", "--tag", "bird").code == 0
    assert names(project, "again") == ["crow.png", "owl.png"]
    typed(monkeypatch, run("group", "show", "two", "--json").out.encode())
    assert run("tag", "add", "answered", "--answer", "-").code == 0
    assert names(project, "answered") == ["elm.png", "fir.png"]


def test_tags_are_listed_renamed_and_merged(run: Run, project: Project) -> None:
    assert run("tag", "list").err.startswith("no tags yet")
    run("tag", "add", "b", "fir.png")
    run("tag", "add", "a", "fir.png", "elm.png")
    tags = Tags(project.catalog)
    tags.set_parent("b", "a")
    tags.set_colour("b", "#d04a02")
    assert run("tag", "list").out.splitlines() == [
        "tag  pictures  below  colour",
        "a           2",
        "b           1  a      #d04a02",
    ]
    assert run("tag", "list", "--json").json == [
        {"name": "a", "pictures": 2, "parent": None, "colour": None},
        {"name": "b", "pictures": 1, "parent": "a", "colour": "#d04a02"},
    ]
    assert run("tag", "rename", "b", "c").err == "b is now c\n"
    assert run("tag", "merge", "c", "a", "--json").json == {"tag": "a", "pictures": 2}
    assert [tag.name for tag in tags.all()] == ["a"]


def test_tags_are_made_coloured_nested_and_deleted(run: Run, project: Project) -> None:
    tags = Tags(project.catalog)
    assert run("tag", "create", "animal", "--colour", "#00AA00").err == "created the tag animal\n"
    assert run("tag", "create", "bird", "--parent", "animal", "--json").json == {"tag": "bird", "pictures": 0}
    run("tag", "add", "bird", "--where", "folder:birds")
    assert run("tag", "colour", "bird", "#d04a02").err == "bird now has the colour #d04a02\n"
    assert run("tag", "colour", "animal", "--json").json == {"tag": "animal", "pictures": 0}
    assert run("tag", "list").out.splitlines()[1:] == ["animal         0", "bird           4  animal  #d04a02"]
    assert run("tag", "parent", "bird").err == "bird is now at the top level\n"
    assert run("tag", "parent", "animal", "bird").err == "animal is now below bird\n"
    said = run("tag", "delete", "bird", "--json")
    assert (said.json, said.err) == (
        {"deleted": "bird", "pictures": 4},
        "deleted the tag bird (was on 4 pictures)\n",
    )
    assert run("undo").code == 0
    assert {tag.name: tag.pictures for tag in tags.all()} == {"animal": 0, "bird": 4}


@pytest.mark.parametrize("name", ["[red]x[/]", "two\nlines", "قطة", "x" * 200, "\x1b[31m"])
def test_a_name_of_any_kind_does_no_harm(run: Run, project: Project, name: str) -> None:
    said = run("tag", "add", name, "fir.png")
    assert (said.code, said.err.count("\n")) == (0, 1)
    listed = run("tag", "list").out
    assert (listed.count("\n"), "\x1b" in listed) == (2, False)
    assert [tag["name"] for tag in run("tag", "list", "--json").json] == [name.replace("\n", " ")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "x" * 300, "fir.png"], "at most 200 characters"),
        (["add", " ", "fir.png"], "a tag needs a name"),
        (["add", "tree"], "no pictures are given"),
        (["add", "tree", "fir.png", "--where", "folder:birds"], "pictures are given in several ways"),
        (["add", "tree", "nowhere.png", "fir.png", "gone.png"], "no picture nowhere.png, nor 1 other"),
        (["add", "tree", "birds"], "birds is a folder"),
        (["add", "tree", "--where", "tag:nosuch"], "there is no tag nosuch"),
        (["add", "tree", "--where", "tag:one and width>>2"], "at character 19: >2 is not a number"),
        (["remove", "nosuch", "fir.png"], "there is no tag nosuch"),
        (["rename", "nosuch", "x"], "there is no tag nosuch"),
        (["merge", "one", "one"], "cannot be merged with itself"),
        (["rename", "one", "two"], "there is a tag two already"),
        (["create", "two"], "there is a tag two already"),
        (["create", "three", "--parent", "nosuch"], "there is no tag nosuch"),
        (["colour", "one", "red"], "red is not a colour"),
        (["colour", "nosuch"], "there is no tag nosuch"),
        (["parent", "one", "one"], "tag one is one itself or is below it"),
        (["delete", "nosuch"], "there is no tag nosuch"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    run: Run, project: Project, words: list[str], says: str
) -> None:
    Tags(project.catalog).create("one")
    Tags(project.catalog).create("two")
    refused(run, "tag", *words, code=2, says=says)
    assert [(tag.name, tag.pictures) for tag in Tags(project.catalog).all()] == [("one", 0), ("two", 0)]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"groups": 3}', b'{"groups": [{"pictures": [{"key": "ab"}]}]}', b"3"]
)
def test_what_is_no_answer_of_an_action_is_one_line(run: Run, folder: Path, content: bytes) -> None:
    (folder / "answer.json").write_bytes(content)
    said = run("tag", "add", "x", "--answer", "answer.json", "--json")
    assert (said.code, said.out) == (2, "")
    assert "--json" in json.loads(said.err)["hint"]
