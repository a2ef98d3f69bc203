"""Filters, bulk tags and undo in a catalog of a million pictures with 200 tags and 5 properties.

python -m tests.benchmarks.labels_benchmark --pictures 1000000
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.catalog.catalog import Catalog
from core.filters.arrange import group_ids, sort_ids
from core.filters.evaluation import ids_where
from core.filters.parser import parse
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History
from tests.benchmarks.hardware import hardware, peak_gigabytes
from tests.large_catalog import fill_catalog

BULK = 100_000
FILTERS = (
    "tag:t000 and width>2000",
    "tag:t150",
    "width>2000",
    "tag:t003 and not tag:t004 and (format:png or megapixels>=12)",
    "tag:t001 year>=1931 year<1935",
    "place:Paris or place:Rome",
    "checked:yes",
    "printed>=1931-02 printed<1935",
    "note~press",
    "folder:0042",
    "path~market",
    "name~7.jpg",
    "date>=2019-03 date<2021",
    "orientation:portrait size>3MB",
    "colour:green sharpness>500",
    "colour:#d04a02",
    "untagged",
    "duplicates",
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the catalog is, or is made and kept")
    options = parser.parse_args()
    print(hardware())
    with tempfile.TemporaryDirectory() as temporary:
        path = (options.folder or Path(temporary)) / "catalog.sqlite"
        if not path.exists():
            with Catalog(path, path.parent) as catalog:
                fill_catalog(catalog, options.pictures)
        print(f"{options.pictures:,} pictures, catalog of {path.stat().st_size / 1e6:,.0f} MB")
        with Catalog(path, path.parent) as catalog:
            _filters(catalog, options.repeats)
            _arranged(catalog)
            _changes(catalog)
    print(f"peak memory {peak_gigabytes():.2f} GB")


def _filters(catalog: Catalog, repeats: int) -> None:
    table = csv.writer(sys.stdout)
    table.writerow(["filter", "found", "first_s", "first_cpu_s", "again_s", "again_cpu_s"])
    for line in FILTERS:
        parsed = parse(line)
        found: list[int] = []

        def run() -> None:
            found[:] = [len(ids_where(catalog, parsed))]  # noqa: B023  called at once

        first = _seconds(run)
        again = sorted(_seconds(run) for _ in range(repeats))[repeats // 2]
        table.writerow([line, found[0], *_shown(first), *_shown(again)])


def _arranged(catalog: Catalog) -> None:
    everything = ids_where(catalog, "")
    table = csv.writer(sys.stdout)
    table.writerow(["all pictures", "first_s", "first_cpu_s", "again_s", "again_cpu_s"])
    works: dict[str, Callable[[], object]] = {
        "sort by size": lambda: sort_ids(catalog, everything, "size", descending=True),
        "sort by year": lambda: sort_ids(catalog, everything, "year"),
        "sort by name": lambda: sort_ids(catalog, everything, "name"),
        "group by tag": lambda: group_ids(catalog, everything, "tag"),
        "group by decade": lambda: group_ids(catalog, everything, "date", "decade"),
        "sort by colour": lambda: sort_ids(catalog, everything, "colour"),
        "group by colour": lambda: group_ids(catalog, everything, "colour"),
        "group by place": lambda: group_ids(catalog, everything, "place"),
    }
    for name, work in works.items():
        table.writerow([name, *_shown(_seconds(work)), *_shown(_seconds(work))])


def _changes(catalog: Catalog) -> None:
    tags, history = Tags(catalog), History(catalog)
    keys = catalog.keys()
    some = [bytes(key) for key in np.random.default_rng(1).choice(keys, min(BULK, len(keys)), replace=False)]
    table = csv.writer(sys.stdout)
    table.writerow(["change", "seconds", "cpu_s"])
    changes: dict[str, Callable[[], object]] = {
        f"tag {len(some):,} pictures": lambda: tags.add("bulk", some),
        "undo": history.undo,
        "redo": history.redo,
        "merge it into another tag": lambda: tags.merge("bulk", "t003"),
        "undo the merge": history.undo,
        "take it off again": lambda: tags.remove("bulk", some),
        "list of tags with counts": tags.all,
        "set a property": lambda: Properties(catalog).set("checked", some, "yes"),
        "undo it": history.undo,
    }
    for name, change in changes.items():
        table.writerow([name, *_shown(_seconds(change))])


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of the processor: the two differ where the machine does other work too."""
    start, start_cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - start_cpu


def _shown(seconds: tuple[float, float]) -> list[str]:
    return [f"{one:.3f}" for one in seconds]


if __name__ == "__main__":
    main()
