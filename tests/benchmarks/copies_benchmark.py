"""Planted copies against different pictures of one series: what vectors, perceptual hashes and the pixel check say.

python -m tests.benchmarks.copies_benchmark FOLDER [--pictures 40] [--pairs 200]

FOLDER holds pictures, some of them in series (``horse_01.png``, ``horse_02.png``). Without it the demo's are taken.
Columns of the first table: of each way to make a copy, the share that the method calls a copy. The last lines are
pairs of one series, of which none should be called so. Files of the same pixels are left out of them.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from core import demo
from core.errors import UnreadablePicture
from core.images.outline import NEAR, outline
from core.images.planes import Pixels
from core.images.read import read_picture
from core.images.same_picture import WORST, Verdict, compare, is_blank
from core.models.backend import load
from core.models.catalogue import find
from core.vectors.local_engine import encode
from tests.benchmarks.hardware import hardware
from tests.planted_copies import COPIES, CUT, EDITED, FRAMED, TURNED

SIDE = 192
ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
THRESHOLDS = (0.80, 0.85, 0.90, 0.95, 0.98)
Pair = tuple[Image.Image, Image.Image]


def small(picture: Image.Image) -> Pixels:
    """As a thumbnail, before it is compressed."""
    picture = picture.convert("RGB")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def difference_hash(picture: Image.Image) -> np.ndarray:
    """64 bits: which of two neighbours is lighter (Krawetz, "Kind of like that", 2013), as ImageHash's ``dhash``."""
    values = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS), np.int16)
    return (values[:, 1:] > values[:, :-1]).reshape(-1)


def frequency_hash(picture: Image.Image) -> np.ndarray:
    """64 bits: the low frequencies above their median, as ImageHash's ``phash``."""
    from scipy.fft import dctn

    values = np.asarray(picture.convert("L").resize((32, 32), Image.Resampling.LANCZOS), np.float32)
    low = dctn(values)[:8, :8]
    return (low > np.median(low)).reshape(-1)


def opened(path: Path) -> Image.Image | None:
    """A picture with something to see, of at most 1,200 pixels."""
    try:
        picture = read_picture(path)
    except UnreadablePicture:
        return None
    picture.thumbnail((1_200, 1_200))
    return None if is_blank(small(picture)) else picture


def series_pairs(paths: Sequence[Path], most: int) -> Iterable[Pair]:
    """Pairs of different pictures whose names differ in their number only."""
    series: dict[str, list[Path]] = {}
    for path in paths:
        if not path.is_symlink():
            series.setdefault(re.sub(r"_?\d+$", "", os.fspath(path.with_suffix(""))), []).append(path)
    chance = random.Random(2)
    pairs = [
        pair
        for members in series.values()
        for pair in chance.sample(
            list(itertools.combinations(members, 2)), min(3, len(members) * (len(members) - 1) // 2)
        )
    ]
    for one, other in chance.sample(pairs, min(most, len(pairs))):
        first, second = opened(one), opened(other)
        if first and second and not np.array_equal(small(first), small(second)):
            yield first, second


def methods() -> dict[str, Callable[[Sequence[Pair]], np.ndarray]]:
    """Each takes pairs and says of each whether it is a copy. Shape (n,), bool."""
    found: dict[str, Callable[[Sequence[Pair]], np.ndarray]] = {
        f"pixels (worst window {WORST:g})": lambda pairs: np.array(
            [compare(small(one), small(other)).verdict is Verdict.SAME for one, other in pairs]
        ),
        f"outline {NEAR:g}": lambda pairs: np.array(
            [outline(small(one)) @ outline(small(other)) >= NEAR for one, other in pairs]
        ),
    }
    for name, make in (("dhash", difference_hash), ("phash", frequency_hash)):
        for bits in (4, 10):
            found[f"{name} <= {bits}"] = lambda pairs, make=make, bits=bits: np.array(
                [np.count_nonzero(make(one) != make(other)) <= bits for one, other in pairs]
            )
    for key in ("effnet-lite0", "conse"):
        model = load(find(key))
        cache: dict[int, np.ndarray] = {}

        def cosines(pairs: Sequence[Pair], model=model, cache=cache) -> np.ndarray:  # type: ignore[no-untyped-def]
            if cache.get(id(pairs)) is None:
                firsts = encode(model, [model.prepare(one) for one, _ in pairs])
                seconds = encode(model, [model.prepare(other) for _, other in pairs])
                cache[id(pairs)] = np.einsum("ij,ij->i", firsts, seconds)
            return cache[id(pairs)]

        for threshold in THRESHOLDS:
            found[f"{key} {threshold:g}"] = lambda pairs, ask=cosines, threshold=threshold: ask(pairs) >= threshold
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(demo.__file__).parent / "pictures")
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--pairs", type=int, default=200)
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in ENDINGS)
    chosen = random.Random(1).sample(paths, min(options.pictures, len(paths)))
    originals = [picture for picture in map(opened, chosen) if picture]
    ways = {**COPIES, **EDITED, **FRAMED, **CUT, **TURNED}
    sets: dict[str, list[Pair]] = {
        way: [(picture, make(picture)) for picture in originals] for way, make in ways.items()
    }
    sets["other pictures of one series"] = list(series_pairs(paths, options.pairs))
    sets["other pictures"] = list(itertools.pairwise(originals))
    asked = methods()
    print(hardware())
    print(f"{len(originals)} pictures, {len(sets['other pictures of one series'])} pairs of a series")
    table = csv.writer(sys.stdout)
    table.writerow(["pairs", *asked])
    for name, pairs in sets.items():
        if pairs:
            table.writerow([name, *(f"{method(pairs).mean():.3f}" for method in asked.values())])
            sys.stdout.flush()
    pairs = [(small(one), small(other)) for one, other in sets["JPEG at quality 50"]]
    began = time.process_time()
    for one, other in pairs:
        compare(one, other)
    milliseconds = 1e3 * (time.process_time() - began) / len(pairs)
    print(f"pixel check of a pair of {SIDE} pixels: {milliseconds:.1f} ms of processor")


if __name__ == "__main__":
    main()
