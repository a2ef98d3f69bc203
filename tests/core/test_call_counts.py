"""What hot paths cost, in calls: arrays do the work, so that four times the pictures take no more steps in Python.

A time would depend on the machine. A step for each picture is what makes a million of them slow.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.arrays import normalise
from core.catalog.catalog import Catalog
from core.filters.arrange import group_ids, sort_ids
from core.filters.evaluation import ids_where
from core.labels.tags import Tags
from core.project import Project
from core.search.near_duplicates import near_groups
from core.search.nearest import nearest
from core.vectors import store
from tests.call_counts import count_calls
from tests.core.vectors.vector_helpers import manifest
from tests.large_catalog import fill_catalog

FEW, MANY = 300, 1_200
FILTERS = [
    *("tag:t001", "untagged", "year>1950", "place:Paris", "checked:yes", "printed<1935", "duplicates"),
    *("width>2000", "size>3MB", "format:png", "date>2019", "folder:0001", "name~market", "path~market", "sharpness>9"),
    "tag:t003 and not tag:t004 and (format:png or megapixels>=12)",
]
SORTED_BY = [
    "path",
    "name",
    "date",
    "size",
    "width",
    "tag",
    "year",
    "place",
    "checked",
    "colour",
    "sharpness",
    "format",
]
GROUPED_BY = ["size", "width", "tag", "year", "place", "checked", "colour", "format"]


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalog, Catalog]]:
    """One of few pictures, and one of four times as many."""
    folder = tmp_path_factory.mktemp("catalogs")
    with Catalog(folder / "few.sqlite", folder) as few, Catalog(folder / "many.sqlite", folder) as many:
        fill_catalog(few, FEW)
        fill_catalog(many, MANY)
        yield few, many


def costs_no_more(work: Callable[[Catalog], object], catalogs: tuple[Catalog, Catalog]) -> None:
    few, many = (count_calls(lambda: work(catalog)) for catalog in catalogs)  # noqa: B023  called at once
    more = Counter({name: times - few[name] for name, times in many.items() if times > few[name]})
    assert many.total() <= few.total() * 1.25 + 20, f"{few.total()} calls became {many.total()}: {more.most_common(5)}"


def test_a_step_for_each_picture_would_be_found(catalogs: tuple[Catalog, Catalog]) -> None:
    with pytest.raises(AssertionError, match="abs"):
        costs_no_more(lambda catalog: [abs(number) for number in catalog.facts().ids.tolist()], catalogs)


def test_reading_the_facts_of_pictures(catalogs: tuple[Catalog, Catalog]) -> None:
    def read(catalog: Catalog) -> None:
        catalog._facts = catalog._keys = None
        facts = catalog.facts()
        assert len(facts.ids) == len(facts.size) == len(facts.dimensions) == len(facts.keys) == len(catalog.keys())
        assert len(facts.name_ranks) == len(facts.formats[1])

    costs_no_more(read, catalogs)


@pytest.mark.parametrize("line", FILTERS)
def test_filtering(catalogs: tuple[Catalog, Catalog], line: str) -> None:
    for catalog in catalogs:
        ids_where(catalog, line)  # reads the columns
    costs_no_more(lambda catalog: ids_where(catalog, line), catalogs)


@pytest.mark.parametrize("by", SORTED_BY)
def test_sorting(catalogs: tuple[Catalog, Catalog], by: str) -> None:
    every = {id(catalog): ids_where(catalog, "") for catalog in catalogs}
    costs_no_more(lambda catalog: sort_ids(catalog, every[id(catalog)], by), catalogs)


@pytest.mark.parametrize("by", GROUPED_BY)
def test_grouping(catalogs: tuple[Catalog, Catalog], by: str) -> None:
    every = {id(catalog): ids_where(catalog, "") for catalog in catalogs}
    costs_no_more(lambda catalog: group_ids(catalog, every[id(catalog)], by), catalogs)


def test_listing_pictures(catalogs: tuple[Catalog, Catalog]) -> None:
    costs_no_more(lambda catalog: (catalog.picture_ids(), Tags(catalog).keys("t000")), catalogs)


def test_counting_tags(catalogs: tuple[Catalog, Catalog]) -> None:
    costs_no_more(lambda catalog: (Tags(catalog).all(), Tags(catalog).counts_with_descendants()), catalogs)


def test_tagging_takes_a_few_statements_however_many_pictures(catalogs: tuple[Catalog, Catalog]) -> None:
    few, many = (
        count_calls(lambda: Tags(catalog).add("new", catalog.facts().keys_of(catalog.facts().ids)))  # noqa: B023
        for catalog in catalogs
    )
    statements = [
        sum(calls for name, calls in counts.items() if name.endswith(("Connection.execute", "Connection.executemany")))
        for counts in (few, many)
    ]
    assert 0 < statements[1] <= statements[0] + 2


@pytest.mark.parametrize("search", ["nearest", "near duplicates"])
def test_searching_rows(search: str) -> None:
    few, many = (normalise(np.random.default_rng(1).standard_normal((count, 64))) for count in (500, 2_000))
    work = {
        "nearest": lambda rows: nearest(rows, rows[0], 10),
        "near duplicates": lambda rows: near_groups(rows, np.arange(len(rows)), 0.99),
    }[search]
    work(few)  # what is imported at the first call
    assert count_calls(lambda: work(many)).total() <= count_calls(lambda: work(few)).total() * 1.25 + 20


def test_a_commit_syncs_twice_and_takes_the_same_steps_for_any_number_of_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    store.create(tmp_path / "effnet-lite0", manifest(64))
    with store.Writer(tmp_path / "effnet-lite0") as writer:

        def commit(count: int) -> Counter[str]:
            keys, rows = [rng.bytes(20) for _ in range(count)], normalise(rng.standard_normal((count, 64)))
            return count_calls(lambda: writer.append(keys, rows))

        commit(10)
        few, many = commit(100), commit(400)
    assert few["fdatasync"] == many["fdatasync"] == 2
    assert many.total() <= few.total() + 3 * 300  # keys are checked one by one; nothing else is


def test_a_scan_reads_no_file_that_has_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(40):
        Image.new("RGB", (9, 9), (number, 9, 9)).save(tmp_path / f"{number}.png")
    with Project.open_or_create(tmp_path) as project:
        project.scan()
        os.utime(tmp_path / "7.png", ns=(1, 1))
        opened: list[bytes] = []
        before = os.open

        def noting(path: os.PathLike[bytes] | bytes | str, *rest: int, **options: int | None) -> int:
            if os.fsencode(path).endswith(b".png"):
                opened.append(os.path.basename(os.fsencode(path)))
            return before(path, *rest, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "open", noting)
        assert project.scan().files == 40
        assert set(opened) <= {b"7.png"} and opened
    shutil.rmtree(tmp_path / ".pictoscope", ignore_errors=True)
