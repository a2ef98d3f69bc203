"""Measuring pictures: each once, what cannot be read is left, what is done stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.catalog.appearances import measure, measured_keys, record, unmeasured
from core.images import decoders
from core.images.appearance import Appearance
from core.project import Project

COLOURS = {"red": (0xFF, 0, 0), "green": (0, 0x80, 0), "blue": (0, 0, 0xFF)}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three even pictures and one that is cut short."""
    for name, colour in COLOURS.items():
        Image.new("RGB", (40, 30), colour).save(tmp_path / f"{name}.png")
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:2_000])
    with Project.open_or_create(tmp_path) as project:
        project.scan()
        yield project


def named(project: Project) -> dict[str, tuple[str, int | None]]:
    pictures = project.catalog.pictures(project.catalog.picture_ids())
    return {picture.name.partition(".")[0]: (picture.colour, picture.sharpness) for picture in pictures}


def test_every_picture_is_measured_once(project: Project) -> None:
    said: list[tuple[int, int]] = []
    assert measure(project.catalog, lambda done, total: said.append((done, total))) == (3, 1)
    assert said[-1] == (4, 4)
    assert named(project) == {
        "red": ("#ff0000", 0),
        "green": ("#008000", 0),
        "blue": ("#0000ff", 0),
        "cut": ("", None),
    }
    assert len(measured_keys(project.catalog)) == 3
    assert measure(project.catalog) == (0, 1)  # the one that could not be read is tried again


def test_what_was_measured_by_a_job_is_not_measured_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = project.catalog.pictures(project.catalog.picture_ids())
    record(project.catalog, [(picture.key, Appearance(0x010203, 7.6)) for picture in pictures])
    record(project.catalog, [(b"x" * 20, Appearance(1, 1.0)), (pictures[0].key, Appearance(0, 0.0))])
    assert unmeasured(project.catalog) == []
    monkeypatch.setattr(decoders, "read_picture", None)
    assert measure(project.catalog) == (0, 0)
    assert set(named(project).values()) == {("#010203", 8)}


def test_a_picture_that_changed_since_the_scan_is_not_measured_under_its_old_key(project: Project) -> None:
    path = Path(project.folders[0]) / "red.png"
    Image.new("RGB", (41, 31), "white").save(path)
    assert measure(project.catalog) == (2, 2)
    assert named(project)["red"] == ("", None)
    project.scan()
    assert measure(project.catalog) == (1, 1)
    assert named(project)["red"] == ("#ffffff", 0)


def test_it_can_be_stopped(project: Project) -> None:
    stop = threading.Event()
    stop.set()
    assert measure(project.catalog, stop=stop) == (0, 0)
    assert len(unmeasured(project.catalog)) == 4


def test_filters_find_what_was_measured(project: Project) -> None:
    from core.filters.evaluation import ids_where

    def found(line: str) -> set[str]:
        ids = ids_where(project.catalog, line)
        return {picture.name.partition(".")[0] for picture in project.catalog.pictures(ids)}

    assert found("colour:red or sharpness>=0") == set()
    measure(project.catalog)
    assert found("colour:red") == {"red"}
    assert found("colour:#ee1010 or colour:green") == {"red", "green"}
    assert found("sharpness=0") == set(COLOURS)
    assert found("not sharpness>=0") == {"cut"}
