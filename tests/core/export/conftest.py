"""A project with labels of every kind on its seven pictures, and vectors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog.property_types import PropertyType
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project
from tests.duplicates_project import make

ODD_TAG = '=SUM(1,2) "x" <b>; [red]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures lie."""
    return tmp_path / "pictures"


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """Seven pictures at eight paths."""
    with make(folder) as opened:
        yield opened


def key(project: Project, name: str) -> bytes:
    """The key of the picture at a path."""
    picture = project.catalog.by_path(project.folders[0] / name)
    assert picture
    return picture.key


@pytest.fixture
def labelled(project: Project) -> Project:
    """With tags and a property of each type; fox has none."""
    tags, properties = Tags(project.catalog), Properties(project.catalog)
    lion, owl, crab = (key(project, name) for name in ("masters/lion.png", "owl.png", "crab.png"))
    tags.add("animal", [lion, owl, crab])
    tags.add("Löwe", [lion])
    tags.add(ODD_TAG, [lion, crab])
    for kind in PropertyType:
        choices = ["Paris, France" if kind == PropertyType.CHOICE else "Paris", "Rome"]
        properties.define(f"a {kind}", kind, choices if kind in (PropertyType.CHOICE, PropertyType.CHOICES) else [])
    properties.define("score", PropertyType.NUMBER)
    for name, value in {
        "a text": 'two\nlines, "quoted"; =1+1',
        "a number": 1931.5,
        "a date": "1931-02",
        "a url": "https://example.org/?a=1,2",
        "a checkbox": False,
        "a colour": "#d04a02",
        "a choice": "Paris, France",
        "a choices": ("Paris", "Rome"),
        "score": 3.0,
    }.items():
        properties.set(name, [lion], value)
    properties.set("a checkbox", [owl], True)
    properties.set("a number", [owl], 1e22)
    return project


def labels(project: Project) -> dict[bytes, tuple[list[str], dict[str, object]]]:
    """Tags and properties of every picture, by key."""
    catalog = project.catalog
    pictures = catalog.pictures(catalog.picture_ids())
    tags = Tags(catalog).of_many([picture.id for picture in pictures])
    values = Properties(catalog).of_many([picture.id for picture in pictures])
    return {picture.key: (tags[picture.id], dict(values[picture.id])) for picture in pictures}
