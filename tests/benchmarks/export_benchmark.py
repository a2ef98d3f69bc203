"""Exports of a catalog of a million pictures with 200 tags and 5 properties.

python -m tests.benchmarks.export_benchmark --pictures 1000000
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path

from core.export import listing
from core.export.export import export
from core.export.forms import Form
from core.project import Project
from tests.benchmarks.hardware import hardware, peak_gigabytes
from tests.large_catalog import fill_catalog

FORMS: tuple[Form, ...] = ("parquet", "csv", "jsonl", "paths")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the project is, or is made and kept")
    options = parser.parse_args()
    print(hardware())
    with (
        tempfile.TemporaryDirectory() as temporary,
        _project(options.folder or Path(temporary), options.pictures) as project,
    ):
        _measure(project, Path(temporary))


def _project(folder: Path, pictures: int) -> Project:
    path = folder / "project"
    if path.exists():
        return Project(path)
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    project = Project.create(path, [folder / "pictures"])
    fill_catalog(project.catalog, pictures)
    return project


def _measure(project: Project, folder: Path) -> None:
    table = csv.writer(sys.stdout)
    table.writerow(["form", "pictures", "list_s", "export_s", "export_cpu_s", "MB", "peak_GB"])
    for form in FORMS:
        start = time.perf_counter()
        listed = listing.of_filter(project, "")
        ready, ready_cpu = time.perf_counter(), time.process_time()
        exported = export(project, listed, form, folder / form)
        done, done_cpu = time.perf_counter(), time.process_time()
        size = (folder / form).stat().st_size / 1e6
        times = [f"{seconds:.2f}" for seconds in (ready - start, done - ready, done_cpu - ready_cpu)]
        table.writerow([form, exported.pictures, *times, f"{size:.0f}", f"{peak_gigabytes():.2f}"])


if __name__ == "__main__":
    main()
