"""Clustering against scikit-learn and faiss (if it is installed): seconds, peak memory, and how good the clusters are.

Each runs in a process of its own, over rows mapped from a file. ``mean_cosine`` is that of all rows to the mean
direction of their cluster, ``ami`` the adjusted mutual information with the groups that were planted. Memory is what
the process took beyond its libraries; rows mapped from the file are not counted, copies of them are.

python -m tests.benchmarks.cluster_benchmark            all of them
python -m tests.benchmarks.cluster_benchmark k-means    those whose name begins so
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.search.assignment import Labels, assign, centres_of, scores_of
from core.search.cluster_count import SAMPLE, choose_k
from core.search.hdbscan import dense_clusters, principal_directions
from core.search.kmeans import spherical_kmeans
from tests.benchmarks.hardware import hardware

_GROUPS = 150
_A_CENTRE = 256  # as core.actions.cluster has it
Work = Callable[[np.ndarray, int], Labels]


def ours(rows: np.ndarray, k: int) -> Labels:
    """As the action does it: centres from a sample, then every row."""
    count = min(len(rows), max(_A_CENTRE * k, 16_384))
    sample = np.sort(np.random.default_rng(0).choice(len(rows), count, replace=False))
    return assign(rows, np.arange(len(rows)), spherical_kmeans(rows[sample], k, 0)).labels


def ours_automatic(rows: np.ndarray, k: int) -> Labels:
    """The number of clusters found first."""
    sample = np.sort(np.random.default_rng(0).choice(len(rows), SAMPLE, replace=False))
    return ours(rows, choose_k(rows[sample], len(rows), 0).k)


def sklearn_kmeans(rows: np.ndarray, k: int) -> Labels:
    """Over all rows; Euclidean, which for normalised rows differs from spherical in the length of the centres only."""
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=1, random_state=0).fit(rows).labels_


def sklearn_mini_batch(rows: np.ndarray, k: int) -> Labels:
    """In batches of 1,024."""
    from sklearn.cluster import MiniBatchKMeans

    return MiniBatchKMeans(k, n_init=1, random_state=0).fit(rows).labels_


def faiss_kmeans(rows: np.ndarray, k: int) -> Labels:
    """Spherical, 256 rows a centre, as faiss does by itself."""
    import faiss

    found = faiss.Kmeans(rows.shape[1], k, niter=25, spherical=True, seed=0)
    found.train(rows)
    return found.index.search(rows, 1)[1][:, 0].astype(np.int32)


def ours_dense(rows: np.ndarray, k: int) -> Labels:
    """Least 20."""
    return dense_clusters(rows, 20)


def sklearn_dense(rows: np.ndarray, k: int) -> Labels:
    """On the same 50 directions, all pairs."""
    from sklearn.cluster import HDBSCAN

    return HDBSCAN(min_cluster_size=20, min_samples=5, cluster_selection_method="leaf", copy=False).fit_predict(
        principal_directions(rows, 50)
    )


RUNS: dict[str, tuple[Work, int]] = {
    "k-means 100k": (ours, 100_000),
    "k-means 100k, scikit-learn KMeans": (sklearn_kmeans, 100_000),
    "k-means 100k, scikit-learn MiniBatchKMeans": (sklearn_mini_batch, 100_000),
    "k-means 100k, faiss": (faiss_kmeans, 100_000),
    "k-means 1M": (ours, 1_000_000),
    "automatic k 100k": (ours_automatic, 100_000),
    "hdbscan 10k": (ours_dense, 10_000),
    "hdbscan 10k, scikit-learn": (sklearn_dense, 10_000),
    "hdbscan 50k": (ours_dense, 50_000),
}


def write_rows(path: Path, count: int, dim: int) -> None:
    """Rows of length one around planted directions, some groups tight and some loose; and the groups beside them."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((_GROUPS, dim), np.float32)
    tightness = rng.uniform(0.3, 1.2, _GROUPS).astype(np.float32)
    groups = rng.integers(0, _GROUPS, count)
    with path.open("wb") as stream:
        for start in range(0, count, 50_000):
            chosen = groups[start : start + 50_000]
            block = centres[chosen] * tightness[chosen, None] + rng.standard_normal((len(chosen), dim), np.float32)
            stream.write((block / np.linalg.norm(block, axis=1, keepdims=True)).tobytes())
    np.save(path.with_suffix(".npy"), groups)


def measure(name: str, path: Path, dim: int, k: int) -> dict[str, float]:
    """One run, in this process."""
    from sklearn.metrics import adjusted_mutual_info_score

    work, count = RUNS[name]
    rows = np.memmap(path, np.float32, "r", shape=(count, dim))
    rows.max()  # the pages are in memory now
    if work is not ours_automatic:
        work(rows[:600], 5)  # what it imports is no part of it
    peak = _Peak()
    start = time.perf_counter()
    labels = work(rows, k)
    seconds = time.perf_counter() - start
    memory = peak.end()
    found = int(labels.max()) + 1
    numbers = np.flatnonzero(labels >= 0)
    centres = centres_of(rows, numbers, labels[numbers], found)
    cosine = float(scores_of(rows, numbers, labels[numbers], centres).mean())
    ami = adjusted_mutual_info_score(np.load(path.with_suffix(".npy"))[:count], labels)
    return {"seconds": seconds, "MB": memory / 1e6, "clusters": found, "mean_cosine": cosine, "ami": ami}


class _Peak:
    """The most anonymous memory that this process has, above what it had at first, looked at 50 times a second."""

    def __init__(self) -> None:
        self._first = self._most = _anonymous()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> int:
        """Bytes."""
        self._over.set()
        self._thread.join()
        return self._most - self._first

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self._most = max(self._most, _anonymous())


def _anonymous() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="beginnings of the runs' names; all if left out")
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where the rows are written; default: the temporary folder")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], Path(options.one[1]), options.dim, options.k)))
        return
    chosen = [name for name in RUNS if not options.names or name.startswith(tuple(options.names))]
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["what", "seconds", "MB", "clusters", "mean_cosine", "ami"])
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "rows.f32"
        write_rows(path, max(RUNS[name][1] for name in chosen), options.dim)
        for name in chosen:
            if "faiss" in name and not importlib.util.find_spec("faiss"):
                table.writerow([name, "not installed"])
                continue
            command = [sys.executable, "-m", "tests.benchmarks.cluster_benchmark", "--one", name, os.fspath(path)]
            command += ["--dim", str(options.dim), "--k", str(options.k)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            table.writerow(
                [name, f"{found['seconds']:.2f}", f"{found['MB']:.0f}", found["clusters"]]
                + [f"{found[column]:.3f}" for column in ("mean_cosine", "ami")]
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
