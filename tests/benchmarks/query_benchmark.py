"""Similar pictures and text search over a million pictures, as an open project answers them: catalog, store, ranking.

python -m tests.benchmarks.query_benchmark --pictures 1000000

The model is left out (a text's row is drawn at random, as a phrase that was asked before has its row on disk); what is
measured is all that grows with the collection. The limit is one reading of the rows from memory.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.actions.definition import Context
from core.actions.registry import find
from core.arrays import Rows, normalise
from core.key_arrays import whole_keys
from core.project import Project
from core.vectors import store
from core.vectors.encoder import EncodingSpec, TextRows
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware, peak_gigabytes
from tests.large_catalog import fill_catalog

CLIP = VecType("clip")
_BATCH = 50_000


class _Drawn:
    """In the place of the model: a row for each text."""

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        rows = [np.random.default_rng(len(text)).standard_normal(512) for text in texts]
        return TextRows(normalise(rows), (0,) * len(texts), ((),) * len(texts))

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        raise AssertionError("every picture here has its row")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    print(hardware())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pictures").mkdir()
        project = Project.create(Path(folder) / "project", [Path(folder) / "pictures"])
        with project:
            fill_catalog(project.catalog, options.pictures)
            _fill_store(project)
            _measure(project, options.repeats)
    print(f"peak memory {peak_gigabytes():.2f} GB, the mapped rows that were read included")


def _fill_store(project: Project) -> None:
    keys = whole_keys(project.catalog.keys())
    rng = np.random.default_rng(0)
    folder = project.vectors_folder / CLIP.name
    created = datetime.now(UTC).isoformat(timespec="seconds")
    store.create(folder, Manifest(CLIP, "drawn", "1", {}, "none", 512, created, text=True))
    with store.Writer(folder) as writer:
        for start in range(0, len(keys), _BATCH):
            part = keys[start : start + _BATCH]
            writer.append(part, normalise(rng.standard_normal((len(part), 512), np.float32)))


def _measure(project: Project, repeats: int) -> None:
    context = Context(project, _Drawn())
    key = whole_keys(project.catalog.keys()[:1])[0].hex()
    questions: dict[str, Callable[[], object]] = {
        "similar, top 100": lambda: _found("similar", context, like=[key]),
        "similar within a tag": lambda: _found("similar", context, like=[key], where="tag:t000"),
        "text search, top 100": lambda: _found("text_search", context, text="a phrase asked before"),
    }
    rows = project.covered(CLIP).snapshot.rows
    reading = _median(lambda: rows.sum(dtype=np.float32), repeats)
    table = csv.writer(sys.stdout)
    table.writerow(["what", "first_s", "again_s", "times_one_reading"])
    table.writerow(["reading the rows once", "", f"{reading:.3f}", "1.00"])
    for name, question in questions.items():
        started = time.perf_counter()
        question()
        first = time.perf_counter() - started
        again = _median(question, repeats)
        table.writerow([name, f"{first:.3f}", f"{again:.3f}", f"{again / reading:.2f}"])


def _found(name: str, context: Context, **values: object) -> object:
    """What an action finds; nothing is remembered of it."""
    action = find(name)
    return action.run(context, action.check(values))


def _median(work: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    main()
