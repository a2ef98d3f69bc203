"""``pictoscope set``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.labels.properties import Properties
from core.labels.undo import History
from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def values(project: Project, path: str) -> dict[str, object]:
    picture = project.catalog.by_path(path)
    assert picture
    return dict(Properties(project.catalog).of(picture.id))


def test_properties_are_defined_set_and_cleared(run: Run, project: Project) -> None:
    said = run("set", "--define", "year:number", "--define", "place:choice:Paris,Rome", "--list")
    assert (said.code, said.out.splitlines()) == (
        0,
        ["property  type    choices", "place     choice  Paris, Rome", "year      number"],
    )
    said = run("set", "year=1931", "place=Rome", "fir.png", "elm.png")
    assert (said.code, said.err) == (0, "set year, place of 2 pictures\n")
    assert values(project, "fir.png") == {"place": "Rome", "year": 1931.0}
    assert run("set", "year=", "fir.png", "--json").json == {"pictures": 1}
    assert values(project, "fir.png") == {"place": "Rome"}
    assert run("set", "--list", "--json").json == [
        {"name": "place", "type": "choice", "choices": ["Paris", "Rome"]},
        {"name": "year", "type": "number", "choices": []},
    ]


def test_a_long_integer_is_kept_to_its_last_digit(run: Run, project: Project) -> None:
    run("set", "--define", "n:number", "n=9007199254740993", "fir.png")
    run("set", "n=9007199254740992", "elm.png")
    assert values(project, "fir.png") == {"n": 9007199254740993}
    assert run("export", "--where", "n=9007199254740993", "--as", "paths").out.endswith("fir.png\n")
    assert "9007199254740993" in run("export", "--where", "n=9007199254740993", "--as", "csv").out


def test_all_that_one_command_sets_is_one_step(run: Run, project: Project) -> None:
    run("set", "--define", "year:number", "--define", "note:text", "year=1931", "note=a = b", "--where", "folder:birds")
    assert values(project, "birds/owl.png") == {"year": 1931.0, "note": "a = b"}
    assert [step.name for step in History(project.catalog).steps()] == ["set year, note of 4 pictures"]
    run("undo")
    assert Properties(project.catalog).all() == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "nothing to set"),
        (["fir.png"], "nothing to set"),
        (["year=1931"], "no pictures are given"),
        (["nosuch=1", "fir.png"], "there is no property nosuch"),
        (["width=3", "fir.png"], "width comes from the file and cannot be changed"),
        (["year=1931", "place=Oslo", "fir.png"], "Oslo is not one of the choices"),
        (["year=old", "fir.png"], "old is not a number"),
        (["year=1_000", "fir.png"], "1_000 is not a number"),
        (["year=9223372036854775808", "fir.png"], "more digits than a number keeps exactly"),
        (["--define", "age:years"], "there is no type years"),
        (["--define", "age"], "the type is missing"),
        (["--define", "width:number"], "is a reserved word"),
        (["--define", "year:text"], "there is a property year already"),
        (["--define", "kind:choice"], "needs choices"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    run: Run, project: Project, words: list[str], says: str
) -> None:
    run("set", "--define", "year:number", "--define", "place:choice:Paris,Rome")
    refused(run, "set", *words, code=2, says=says)
    assert values(project, "fir.png") == {}
    assert len(Properties(project.catalog).all()) == 2
