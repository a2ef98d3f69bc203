"""What is said of a decision: what it did, or that nothing has changed, whatever others do at the same time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tui import label_actions

Work = Callable[[Project, list[bytes]], str]
WORKS: dict[str, Work] = {
    "tag": lambda project, keys: label_actions.tag(project, "tree", keys),
    "untag": lambda project, keys: label_actions.untag(project, "old", keys),
    "change": lambda project, keys: label_actions.change(
        project, "coloured it", lambda: Tags(project.catalog).set_colour("old", "#102030")
    ),
    "keep_parts": lambda project, keys: label_actions.keep_parts(project, "parts", {"a": keys[:2], "b": keys[2:]}),
    "stack": lambda project, keys: label_actions.stack(project, keys[:3]),
    "unstack": lambda project, keys: label_actions.unstack(project, keys[4:], []),
    "set_properties": lambda project, keys: label_actions.set_properties(
        project, {"year": 1998, "place": "Paris"}, keys
    ),
}


@pytest.mark.parametrize("name", WORKS)
def test_only_what_has_changed_something_is_said_to_be_undone_by_u(
    project: Project, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [key.ljust(20, b"\0") for key in project.catalog.keys().tolist()]
    Tags(project.catalog).add("old", keys)
    Properties(project.catalog).define("year", PropertyType.NUMBER)
    Properties(project.catalog).define("place", PropertyType.TEXT)
    label_actions.stack(project, keys[4:6])
    assert "u undoes" in WORKS[name](project, keys)
    with Catalog(project.catalog.path, project.path) as another:  # as another process would have it
        Tags(another).create("meanwhile")
        assert "u undoes" not in WORKS[name](project, keys)
    assert label_actions.undo(project).startswith("undone: create tag meanwhile")


def test_a_tag_that_all_have_is_said_to_be_there(project: Project) -> None:
    keys = [key.ljust(20, b"\0") for key in project.catalog.keys().tolist()[:3]]
    assert label_actions.tag(project, "old", keys) == "tagged 3 pictures as old · u undoes"
    assert label_actions.tag(project, "old", keys) == "these 3 pictures already had the tag old"
    assert label_actions.tag(project, "old", keys[:1]) == "the picture already had the tag old"
