"""Labels read from what the collection has."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.catalog.property_types import PropertyType
from core.comparison.labelling import read_labels, sources
from core.errors import UsageError
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tests.core.comparison.compared_projects import keys_in_order


def make(folder: Path, *names: str) -> Project:
    """Five pictures in each sub-folder."""
    for place, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (8, 8), (40 * place, 40 * number, 9)).save(folder / name / f"{number}.png")
    project = Project.open_or_create(folder)
    project.scan()
    return project


def test_folders_are_labels(tmp_path: Path) -> None:
    with make(tmp_path / "p", "cats", "dogs") as project:
        found = read_labels(project, "folders", project.catalog.keys())
        assert [Path(name).name for name in found.names] == ["cats", "dogs"]
        assert found.labels.sum(axis=0).tolist() == [5, 5] and found.warnings == ()
        assert len(found.labelled) == 10


@pytest.mark.parametrize(
    ("names", "warning"),
    [
        (("2019-05", "2020-01"), "look like dates"),
        (("holiday 2019", "holiday 2020"), "look like dates"),
        (("scan 1", "scan 2"), "look like cameras, scanners"),
        (("100CANON", "101CANON"), "look like cameras, scanners"),
        (("cats", "dogs"), ""),
        (("route 66", "area 51"), ""),
    ],
)
def test_folders_that_say_when_or_with_what_are_named_as_a_bias(
    tmp_path: Path, names: tuple[str, ...], warning: str
) -> None:
    with make(tmp_path / "p", *names) as project:
        found = read_labels(project, "folders", project.catalog.keys())
        assert warning in "".join(found.warnings) and bool(found.warnings) == bool(warning)


def test_tags_groups_and_properties_are_labels(tmp_path: Path) -> None:
    with make(tmp_path / "p", "a", "b") as project:
        keys = keys_in_order(project)
        catalog = project.catalog
        Tags(catalog).add("both", keys)
        Tags(catalog).add("first", keys[:5])
        Groups(catalog).save("one", [(key, None) for key in keys[:5]])
        Groups(catalog).save("two", [(key, None) for key in keys[5:]])
        Properties(catalog).define("place", PropertyType.CHOICE, ["here", "there"])
        Properties(catalog).set("place", keys[:5], "here")
        Properties(catalog).set("place", keys[5:], "there")
        assert sources(project) == ["tags", "groups", "place", "folders"]
        for source, names in (("tags", ("both", "first")), ("groups", ("one", "two")), ("place", ("here", "there"))):
            found = read_labels(project, source, catalog.keys())
            assert found.names == names
        assert read_labels(project, "tags", catalog.keys()).labels.sum(axis=0).tolist() == [10, 5]


def test_one_label_is_not_enough(tmp_path: Path) -> None:
    with make(tmp_path / "p", "a", "b") as project:
        Tags(project.catalog).add("only", keys_in_order(project)[:6])
        with pytest.raises(UsageError, match="of 1 label of tags, 1 have 5 or more") as error:
            read_labels(project, "tags", project.catalog.keys())
        assert "folders" in error.value.hint


def test_labels_on_three_pictures_are_not_enough(tmp_path: Path) -> None:
    with make(tmp_path / "p", "a", "b") as project:
        for number, key in enumerate(keys_in_order(project)[:3]):
            Tags(project.catalog).add(f"tag {number}", [key])
        with pytest.raises(UsageError, match="of 3 labels of tags, 0 have 5 or more"):
            read_labels(project, "tags", project.catalog.keys())
