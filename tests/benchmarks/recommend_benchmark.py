"""How good recommending for a group is, on pictures whose folders say which belong together; and how long it takes.

python -m tests.benchmarks.recommend_benchmark --project PROJECT --vec-type effnet-lite0 --vec-type conse
python -m tests.benchmarks.recommend_benchmark --rows 1000000 --dim 512

An oracle that knows the folders accepts or refuses the first suggestion, again and again. Precision is the share of the
first 20 suggestions that belongs to the group; where less than 20 are still to be found, the share of those.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.arrays import Rows
from core.project import Project
from core.search.nearest import nearest
from core.search.ridge import fit_direction
from core.search.whitening import fit_whitening
from core.vectors.vec_type import VecType
from tests.benchmarks.hardware import hardware
from tests.benchmarks.nearest_benchmark import seconds, write_rows

DECISIONS = (0, 5, 20)
TOP, EXAMPLES, LEAST = 20, 3, 15

Numbers = npt.NDArray[np.int64]
# From the rows of examples and of refused pictures to a direction, shape (dim,).
Method = Callable[[Rows, Rows], Rows]


@dataclass(frozen=True)
class Labelled:
    """Rows, and the folder of each one's picture."""

    rows: Rows
    labels: npt.NDArray[np.object_]

    def groups(self) -> list[bytes]:
        """The folders with at least 15 pictures, but for the one of what has no subject."""
        names, counts = np.unique(self.labels, return_counts=True)
        return [name for name, count in zip(names, counts, strict=True) if count >= LEAST and b"unsorted" not in name]


def mean_vector(accepted: Rows, refused: Rows) -> Rows:
    """The baseline: nearest to the mean of the examples; refusing only takes pictures away."""
    return accepted.mean(axis=0)


def rocchio(accepted: Rows, refused: Rows) -> Rows:
    """The mean of the examples less half that of the refused (Rocchio, 1971)."""
    return accepted.mean(axis=0) - (0.5 * refused.mean(axis=0) if len(refused) else 0)


def logistic(rows: Rows, seed: int) -> Method:
    """Logistic regression against the refused and 1,000 pictures drawn from the collection."""
    from sklearn.linear_model import LogisticRegression

    drawn = rows[np.random.default_rng(seed).choice(len(rows), min(1_000, len(rows)), replace=False)]

    def method(accepted: Rows, refused: Rows) -> Rows:
        given = np.concatenate([accepted, refused, drawn])
        wanted = np.arange(len(given)) < len(accepted)
        weights = np.concatenate(
            [np.ones(len(accepted) + len(refused)), np.full(len(drawn), len(accepted) / len(drawn))]
        )
        return LogisticRegression(C=10.0, max_iter=200).fit(given, wanted, weights).coef_[0].astype(np.float32)

    return method


def methods(rows: Rows, seed: int, *, slow: bool) -> dict[str, Method]:
    """By name; ours last."""
    collection = fit_whitening(rows, np.arange(len(rows)))
    listed: dict[str, Method] = {"mean vector": mean_vector, "Rocchio": rocchio}
    if slow:
        listed["logistic regression"] = logistic(rows, seed)
    return {
        **listed,
        "whitened ridge (ours)": lambda accepted, refused: fit_direction(collection, accepted, refused).weights,
    }


def simulate(labelled: Labelled, group: bytes, method: Method, seed: int) -> list[float]:
    """Precision after 0, 5 and 20 decisions, and how many of the 20 were accepted."""
    rows, belongs = labelled.rows, labelled.labels == group
    started: Numbers = np.random.default_rng(seed).choice(np.flatnonzero(belongs), EXAMPLES, replace=False)
    accepted, refused = started.tolist(), list[int]()
    candidates = np.ones(len(rows), bool)
    candidates[accepted] = False
    measured = []
    for decisions in range(max(DECISIONS) + 1):
        found = nearest(rows, method(rows[accepted], rows[refused]), TOP, candidates).numbers
        left = int(np.count_nonzero(belongs & candidates))
        if decisions in DECISIONS:
            measured.append(float(np.count_nonzero(belongs[found])) / min(TOP, left) if left else 1.0)
        (accepted if belongs[found[0]] else refused).append(int(found[0]))
        candidates[found[0]] = False
    return [*measured, float(len(accepted) - EXAMPLES)]


def load(project: Path, vec_type: str) -> Labelled:
    """The rows of a project's pictures."""
    with Project(project) as opened:
        covered = opened.covered(VecType.parse(vec_type))
        keys = [key.ljust(20, b"\0") for key in covered.snapshot.keys[covered.present].tolist()]
        pictures = opened.catalog.by_keys(keys)
        folders = [os.path.dirname(pictures[key].path) for key in keys]
        return Labelled(np.array(covered.snapshot.rows[covered.present]), np.array(folders, object))


def quality(project: Path, vec_types: Sequence[str], seeds: int, *, slow: bool) -> None:
    """Print the table of precisions."""
    table = csv.writer(sys.stdout)
    table.writerow(["vec_type", "method", "groups", *(f"precision_{count}" for count in DECISIONS), "accepted_of_21"])
    for vec_type in vec_types:
        labelled = load(project, vec_type)
        groups = labelled.groups()
        for name, method in methods(labelled.rows, 0, slow=slow).items():
            runs = [simulate(labelled, group, method, seed) for group in groups for seed in range(seeds)]
            means = [statistics.mean(run[place] for run in runs) for place in range(len(DECISIONS) + 1)]
            table.writerow([vec_type, name, len(groups), *(f"{mean:.3f}" for mean in means)])
            sys.stdout.flush()


def speed(rows: int, dim: int, repeats: int) -> None:
    """Print what a collection of random rows costs: once, and at each decision with 50 examples and 50 refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.f32"
        write_rows(path, rows, dim)
        mapped = np.memmap(path, np.float32, "r", shape=(rows, dim))
        mapped.max()  # the pages are in memory now
        start = time.perf_counter()
        collection = fit_whitening(mapped, np.arange(rows))
        once = time.perf_counter() - start
        allowed = np.ones(rows, bool)
        learning = seconds(lambda: fit_direction(collection, mapped[:50], mapped[50:100]), repeats)
        direction = fit_direction(collection, mapped[:50], mapped[50:100]).weights
        ranking = seconds(lambda: nearest(mapped, direction, 100, allowed), repeats)
    table = csv.writer(sys.stdout)
    table.writerow(["rows", "dim", "once_seconds", "learn_seconds", "rank_seconds", "decision_seconds", "peak_MB"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = [f"{value:.4f}" for value in (once, learning, ranking, learning + ranking)]
    table.writerow([rows, dim, *row, f"{peak:.0f}"])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, help="its folders are the groups")
    parser.add_argument("--vec-type", action="append", help="again for each")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each group, with other examples to begin with")
    parser.add_argument("--slow", action="store_true", help="logistic regression too")
    parser.add_argument("--rows", type=int, help="measure the time with so many random rows")
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    print(hardware())
    if options.project:
        quality(options.project, options.vec_type or ["effnet-lite0"], options.seeds, slow=options.slow)
    if options.rows:
        speed(options.rows, options.dim, options.repeats)


if __name__ == "__main__":
    main()
