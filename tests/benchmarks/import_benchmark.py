"""Import of a table of a million lines into a catalog of as many pictures: dry run, then done, then undone.

python -m tests.benchmarks.import_benchmark --pictures 1000000
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from core.catalog.catalog import Catalog
from core.importing.options import Options
from core.importing.plan import plan
from core.labels.undo import History
from core.project import Project
from tests.benchmarks.hardware import hardware, peak_gigabytes
from tests.large_catalog import fill_catalog

HEADINGS = ("path", "key", "tags", "year", "place", "checked", "remark", "colour of it")
_PLACES = ("Paris", "Rome", "Cairo", "Quito", "Oslo")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--forms", nargs="+", default=["csv", "jsonl", "parquet"])
    parser.add_argument("--by", nargs="+", default=["key", "path"])
    options = parser.parse_args()
    print(hardware())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "pictures").mkdir()
        with Project.create(folder / "project", [folder / "pictures"]) as project:
            fill_catalog(project.catalog, options.pictures)
            files = _write(project.catalog, folder)
            print(f"{options.pictures:,} lines, files of {', '.join(_size(file) for file in files)}")
            table = csv.writer(sys.stdout)
            table.writerow(["what", "seconds", "cpu_s", "peak_gb"])
            for file in (file for file in files if file.suffix[1:] in options.forms):
                for by in options.by:
                    _import(table, project, file, Options(by=by, new_properties=True))


def _import(table: object, project: Project, file: Path, options: Options) -> None:
    row = table.writerow  # type: ignore[attr-defined]
    name = f"{file.suffix[1:]} by {options.by}"
    start = _now()
    with plan(project, file, options) as planned:
        row([f"{name}: dry run", *_since(start)])
        assert planned.report.matched == planned.report.lines, planned.report.in_words()
        start = _now()
        planned.apply()
        row([f"{name}: done", *_since(start)])
        start = _now()
        assert planned.report.changes.any
    with plan(project, file, options) as again:
        row([f"{name}: again", *_since(start)])
        assert not again.report.changes.any
    start = _now()
    History(project.catalog).undo()
    row([f"{name}: undone", *_since(start)])


def _rows(catalog: Catalog) -> Iterator[tuple[str, ...]]:
    rows = catalog.query(
        """SELECT p.key, r.location, d.path, f.name FROM pictures p
           JOIN files f ON f.id = (SELECT min(id) FROM files WHERE picture = p.id)
           JOIN folders d ON d.id = f.folder JOIN roots r ON r.id = d.root"""
    )
    for number, (key, location, folder, name) in enumerate(rows):
        yield (
            os.fsdecode(os.path.join(location, folder, name)),
            key.hex(),
            f"t{number % 200:03d}, new {number % 50}",
            str(1800 + number % 200),
            _PLACES[number % 5],
            ("yes", "no", "")[number % 3],
            f"remark {number}",
            f"#{number % 2**24:06x}",
        )


def _write(catalog: Catalog, folder: Path) -> list[Path]:
    files = [folder / "labels.csv", folder / "labels.jsonl"]
    with files[0].open("w", newline="") as table, files[1].open("w") as lines:
        writer = csv.writer(table)
        writer.writerow(HEADINGS)
        for row in _rows(catalog):
            writer.writerow(row)
            values = dict(zip(HEADINGS, row, strict=True))
            own = {name: values.pop(name) for name in ("path", "key", "tags")}
            lines.write(json.dumps({**own, "properties": values}) + "\n")
    try:
        import pyarrow.csv
        import pyarrow.parquet
    except ImportError:
        return files
    files.append(folder / "labels.parquet")
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(files[0]), files[2])
    return files


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:,.0f} MB"


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(start: tuple[float, float]) -> list[str]:
    """By the clock, and of the processor: the two differ where the machine does other work too."""
    now = _now()
    return [f"{now[0] - start[0]:.1f}", f"{now[1] - start[1]:.1f}", f"{peak_gigabytes():.2f}"]


if __name__ == "__main__":
    main()
