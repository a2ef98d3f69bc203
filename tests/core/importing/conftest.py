"""A project with twelve pictures in two picture folders, and tables written beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from core.importing.options import Options
from core.importing.plan import plan
from core.importing.report import Report
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.project import Project

NAMES = ("one/a.png", "one/b.png", "one/sub/c.png", "one/same.png", "two/d.png", "two/e.png", "two/same.png")
Plan = Callable[..., Report]


def paint(path: Path, number: int) -> None:
    """A picture of one colour, another one for each number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (number * 30 % 256, number, 90)).save(path, "PNG")


def open_project(folder: Path, names: Sequence[str] = NAMES) -> Project:
    """The pictures in the picture folders ``one`` and ``two``, scanned; the project lies beside them."""
    for number, name in enumerate(names):
        paint(folder / name, number)
    project = Project.create(folder / "project", sorted({folder / name.partition("/")[0] for name in names}))
    project.scan()
    return project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Seven pictures; two files are called ``same.png``."""
    with open_project(tmp_path) as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write a table beside the picture folders."""

    def write(content: str | bytes, name: str = "labels.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def look(project: Project, table: Callable[..., Path]) -> Plan:
    """What importing a table would do."""

    def report(content: str | bytes | Path, **options: object) -> Report:
        path = content if isinstance(content, Path) else table(content)
        with plan(project, path, Options(**options)) as planned:  # type: ignore[arg-type]
            return planned.report

    return report


@pytest.fixture
def done(project: Project, table: Callable[..., Path]) -> Plan:
    """Import a table."""

    def report(content: str | bytes | Path, **options: object) -> Report:
        path = content if isinstance(content, Path) else table(content)
        with plan(project, path, Options(**options)) as planned:  # type: ignore[arg-type]
            planned.apply()
            return planned.report

    return report


def key(project: Project, name: str) -> bytes:
    """The key of a picture, by its name below the folder that holds the picture folders."""
    picture = project.catalog.by_path(project.folders[0].parent / name)
    assert picture
    return picture.key


def labels_of(project: Project) -> dict[str, tuple[list[str], dict[str, object]]]:
    """Tags and properties of every picture that has some, by name below the folder that holds the picture folders."""
    catalog, base = project.catalog, len(str(project.folders[0].parent)) + 1
    pictures = catalog.pictures(catalog.picture_ids())
    tags = Tags(catalog).of_many([picture.id for picture in pictures])
    values = Properties(catalog).of_many([picture.id for picture in pictures])
    found = {picture.path.decode()[base:]: (tags[picture.id], dict(values[picture.id])) for picture in pictures}
    return {name: had for name, had in found.items() if had != ([], {})}
