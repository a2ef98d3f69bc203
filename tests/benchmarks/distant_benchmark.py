"""Which few larger or coloured pictures small and grey ones may be copies of: processor time, against one by one.

python -m tests.benchmarks.distant_benchmark [--pictures 20000 100000] [--dim 512] [--small 0.1] [--grey 0.05]

Random rows, six shapes, mean colours as those of photographs are spread. One by one is what a product of the rows of
those that are of one shape, size and colour with each picture takes; 100 of them are done, and taken as all.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time

import numpy as np

from core.actions.distant_copies import SMALL, distant_pairs
from core.arrays import Rows, normalise
from core.catalog.measures import Measures
from tests.benchmarks.hardware import hardware, peak_gigabytes

_SHAPES = {4 / 3: 0.35, 3 / 4: 0.15, 3 / 2: 0.2, 2 / 3: 0.1, 16 / 9: 0.1, 1.0: 0.1}  # and their share
_LARGE, _THUMBNAILS = (4_000, 3_000, 1_600, 1_024, 640), (80, 100, 120, 150)  # longer side
_ASKED = 100  # one by one


def collection(count: int, small: float, grey: float) -> Measures:
    """Sides and mean colours of so many pictures; such shares of them are small and grey."""
    draw = np.random.default_rng(0)
    ratios = draw.choice(list(_SHAPES), count, p=list(_SHAPES.values()))
    longer = np.where(draw.random(count) < small, draw.choice(_THUMBNAILS, count), draw.choice(_LARGE, count))
    sides = np.stack([longer * np.minimum(1, ratios), longer / np.maximum(1, ratios)], axis=1).astype(np.int64)
    light = np.clip(draw.normal(115, 35, (count, 1)), 0, 255)
    colourless = draw.random(count) < grey
    tint = np.where(colourless[:, None], 0, draw.normal(0, 14, (count, 3)))
    return Measures(sides, np.clip(light + tint, 0, 255).round().astype(np.float32), colourless)


def one_by_one(rows: Rows, measures: Measures, asked: int) -> float:
    """Seconds of the processor for so many small ones."""
    longer = measures.longer()
    ratios = measures.sides[:, 0] / measures.sides[:, 1]
    start = time.process_time()
    for one in np.flatnonzero(longer < SMALL)[:asked].tolist():
        near = np.abs(measures.colours - measures.colours[one]).max(axis=1) <= 16
        others = np.flatnonzero(near & (longer > longer[one]) & (np.abs(ratios / ratios[one] - 1) < 0.05))
        np.argsort(-(rows[others] @ rows[one]))[:8]
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--small", type=float, default=0.1)
    parser.add_argument("--grey", type=float, default=0.05)
    options = parser.parse_args()
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["pictures", "small or grey", "pairs", "seconds of the processor", "one by one", "peak GB"])
    for count in options.pictures:
        measures = collection(count, options.small, options.grey)
        rows = np.empty((count, options.dim), np.float32)
        draw = np.random.default_rng(1)
        for start in range(0, count, 50_000):
            part = rows[start : start + 50_000]
            part[:] = normalise(draw.standard_normal(part.shape, np.float32))
        start_time = time.process_time()
        found = [others for _, others in distant_pairs(rows, np.arange(count), measures, lambda: None)]
        seconds = time.process_time() - start_time
        asked = min(_ASKED, len(found))
        alone = one_by_one(rows, measures, asked) / max(1, asked) * len(found)
        pairs = sum(map(len, found))
        table.writerow([count, len(found), pairs, f"{seconds:.1f}", f"{alone:.0f}", f"{peak_gigabytes():.1f}"])


if __name__ == "__main__":
    main()
