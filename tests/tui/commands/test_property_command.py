"""``pictoscope property``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.catalog.property_types import PropertyType
from core.labels.properties import Properties
from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def test_properties_are_made_listed_changed_and_deleted(run: Run) -> None:
    assert run("property", "list").err.startswith("no properties yet")
    assert run("property", "define", "year", "number").err == "defined the property year (number)\n"
    made = run("property", "define", "place", "choice", "Paris", "Rome", "--json").json
    assert made == {"name": "place", "type": "choice", "choices": ["Paris", "Rome"]}
    assert run("set", "place=Rome", "fir.png", "elm.png").code == 0
    assert run("property", "choices", "place", "Rome", "Cairo, old town").err == "place now has 2 choices\n"
    assert run("property", "rename", "place", "city", "--json").json["name"] == "city"
    assert run("property", "list").out.splitlines() == [
        "property  type    pictures  choices",
        "city      choice         2  Rome, Cairo, old town",
        "year      number         0",
    ]
    assert run("property", "list", "--json").json == [
        {"name": "city", "type": "choice", "choices": ["Rome", "Cairo, old town"], "pictures": 2},
        {"name": "year", "type": "number", "choices": [], "pictures": 0},
    ]
    said = run("property", "delete", "city", "--json")
    assert said.json == {"deleted": "city", "pictures": 2}
    assert said.err == "deleted the property city (had values on 2 pictures)\n"
    run("undo")
    assert [one["pictures"] for one in run("property", "list", "--json").json] == [2, 0]


@pytest.mark.parametrize("name", ["[red]x[/]", "two\nlines", "قطة", "x" * 200, "\x1b[31m"])
def test_a_name_of_any_kind_does_no_harm(run: Run, name: str) -> None:
    said = run("property", "define", name, "choices", name)
    assert (said.code, said.err.count("\n"), "\x1b" in said.err) == (0, 1, False)
    listed = run("property", "list").out
    assert (listed.count("\n"), "\x1b" in listed) == (2, False)
    assert [one["name"] for one in run("property", "list", "--json").json] == [name.replace("\n", " ")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["define", "city", "text"], "there is a property city already"),
        (["define", "tag", "text"], "is a reserved word"),
        (["define", "x", "colours"], "colours"),
        (["define", "x", "choice"], "needs choices"),
        (["define", "x", "text", "Rome"], "has no choices"),
        (["define", "x" * 300, "text"], "at most 200"),
        (["choices", "city", "Paris"], "some pictures have city Rome"),
        (["choices", "nosuch", "Paris"], "there is no property nosuch"),
        (["choices", "n", "1"], "n is a number property: it has no choices"),
        (["rename", "nosuch", "x"], "there is no property nosuch"),
        (["rename", "city", "width"], "is a reserved word"),
        (["delete", "nosuch"], "there is no property nosuch"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    run: Run, project: Project, words: list[str], says: str
) -> None:
    properties = Properties(project.catalog)
    properties.define("city", PropertyType.CHOICE, ["Rome"])
    properties.set("city", [project.catalog.pictures([1])[0].key], "Rome")
    properties.define("n", PropertyType.NUMBER)
    properties.set("n", [project.catalog.pictures([1])[0].key], 1)
    before = properties.all()
    refused(run, "property", *words, code=2, says=says)
    assert properties.all() == before
