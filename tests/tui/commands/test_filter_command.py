"""``pictoscope filter``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Run, refused

from core.filters.saved import SavedFilters
from core.labels.tags import Tags
from core.project import Project


@pytest.fixture(autouse=True)
def here(project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder: twelve pictures and a project."""
    monkeypatch.chdir(folder)


def test_filters_are_kept_listed_renamed_and_deleted(run: Run) -> None:
    assert run("filter", "list").err.startswith("no filters yet")
    assert run("filter", "save", "wide", "width>height and folder:birds").code == 2
    assert run("filter", "save", "wide", "width>2000").err == "saved as wide\n"
    assert run("filter", "save", "wide", "width>4000", "--replace", "--json").json == {
        "name": "wide",
        "line": "width>4000",
    }
    assert run("filter", "list").out.splitlines() == ["filter  line", "wide    width>4000"]
    assert run("filter", "rename", "wide", "large", "--json").json == {"name": "large", "line": "width>4000"}
    assert run("filter", "list", "--json").json == [{"name": "large", "line": "width>4000"}]
    assert run("filter", "delete", "large", "--json").json == {"deleted": "large"}
    run("undo")
    assert [one["name"] for one in run("filter", "list", "--json").json] == ["large"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["save", "x", "tag:one and width>>2"], "FILTER, at character 19: >2 is not a number"),
        (["save", "x", "tag:two"], "FILTER, at character 1: there is no tag two"),
        (["save", "x", "one and wdth>3"], "FILTER, at character 9: there is no property wdth"),
        (["save", "x", "covered:clip"], "FILTER, at character 1: there are no vectors clip"),
        (["save", "one", "untagged"], "there is a filter one already"),
        (["rename", "one", "two"], "there is a filter two already"),
        (["rename", "nosuch", "x"], "there is no filter nosuch"),
        (["delete", "nosuch"], "there is no filter nosuch"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    run: Run, project: Project, words: list[str], says: str
) -> None:
    filters = SavedFilters(project.catalog)
    Tags(project.catalog).create("one")
    filters.save("one", "tag:one")
    filters.save("two", "")
    refused(run, "filter", *words, code=2, says=says)
    assert filters.all() == {"one": "tag:one", "two": ""}


@pytest.mark.parametrize("name", ["[red]x[/]", "two\nlines", "قطة", "x" * 200, "\x1b[31m"])
def test_a_name_of_any_kind_does_no_harm(run: Run, name: str) -> None:
    assert run("filter", "save", name, "untagged").err.count("\n") == 1
    listed = run("filter", "list").out
    assert (listed.count("\n"), "\x1b" in listed) == (2, False)
