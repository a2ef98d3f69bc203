"""What the coarse comparison lets through: planted copies that the full one calls copies, and pairs of one series.

python -m tests.benchmarks.coarse_benchmark FOLDER [FOLDER ...] [--pictures 100] [--pairs 600]

Of each folder so many pictures are taken by chance, of each picture every planted copy is made.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from core.images.coarse_match import coarse, likeness
from core.images.same_picture import Verdict, compare
from tests.benchmarks.copies_benchmark import ENDINGS, opened, series_pairs, small
from tests.benchmarks.hardware import hardware
from tests.planted_copies import COPIES, EDITED, Make

# A watermark is an edit, and one that the full comparison calls a copy must pass all the same.
WAYS: dict[str, Make] = {**COPIES, "a faint watermark": EDITED["a faint watermark"]}


def judged(one: Image.Image, other: Image.Image) -> tuple[bool, bool]:
    """Whether a pair is a copy, and whether it passes."""
    first, second = small(one), small(other)
    passes = bool(likeness(coarse(first), coarse(second)[None])[0] > 0)
    return compare(first, second).verdict is Verdict.SAME, passes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=600)
    options = parser.parse_args()
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["pairs", "number", "copies", "copies_that_pass", "pass"])
    found: dict[str, list[tuple[bool, bool]]] = {}
    for folder in options.folders:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
        for path in random.Random(1).sample(paths, min(options.pictures, len(paths))):
            original = opened(path)
            for way, make in WAYS.items() if original else ():
                found.setdefault(way, []).append(judged(original, make(original)))
        for pair in series_pairs(paths, options.pairs):
            found.setdefault("other pictures of one series", []).append(judged(*pair))
    found["all copies"] = [one for way in WAYS for one in found.get(way, [])]
    for way, pairs in found.items():
        copies, passes = np.array(pairs).T
        recall = (copies & passes).sum() / max(1, copies.sum())
        table.writerow([way, len(pairs), int(copies.sum()), f"{recall:.4f}", f"{passes.mean():.4f}"])


if __name__ == "__main__":
    main()
