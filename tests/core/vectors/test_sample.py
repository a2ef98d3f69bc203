"""A sample stands for the whole collection."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.key_arrays import whole_keys
from core.project import Project
from core.vectors.sample import sample_keys, spread


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A hundred pictures: 60, 30 and 10 in three folders."""
    number = 0
    for folder, pictures in (("many", 60), ("some", 30), ("few", 10)):
        (tmp_path / "pictures" / folder).mkdir(parents=True)
        for _ in range(pictures):
            number += 1
            Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / "pictures" / folder / f"{number}.png")
    project = Project.open_or_create(tmp_path / "pictures")
    project.scan()
    return project


def test_each_folder_has_its_share(project: Project) -> None:
    chosen = sample_keys(project.catalog, 20)
    found = project.catalog.by_keys(whole_keys(chosen))
    folders = Counter(Path(picture.path.decode()).parent.name for picture in found.values())
    assert sum(folders.values()) == 20
    assert 9 <= folders["many"] <= 15
    assert 4 <= folders["some"] <= 8
    assert 1 <= folders["few"] <= 4


def test_a_larger_sample_holds_the_smaller_one_and_all_are_all(project: Project) -> None:
    before: set[bytes] = set()
    for size in (1, 7, 50, 99, 100):
        keys = whole_keys(sample_keys(project.catalog, size))
        assert keys == sorted(set(keys)) and len(keys) == size
        assert before < set(keys)
        before = set(keys)
    assert sample_keys(project.catalog, 1_000).tolist() == project.catalog.keys().tolist()


def test_an_empty_collection_has_an_empty_sample(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with Project.open_or_create(tmp_path / "none") as project:
        assert sample_keys(project.catalog, 5).tolist() == []


@given(st.integers(0, 3_000), st.data())
def test_every_beginning_is_spread_evenly(count: int, data: st.DataObject) -> None:
    order = spread(count)
    assert sorted(order.tolist()) == list(range(count))
    if count:
        size = data.draw(st.integers(1, count))
        gaps = np.diff(np.sort(order[:size]), prepend=-1, append=count)
        assert gaps.max() <= 2 * count / size + 2
