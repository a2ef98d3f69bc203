"""Filling by several models, each in a process of its own, against the limit of each: on a GPU, or without one.

python -m tests.benchmarks.fill_models_benchmark [MODEL...] [--count 2000] [--width 1600 --height 1200] [--keep FOLDER]

The pictures are the demo's, enlarged, as JPEG of quality 90. Weights are random where the real ones are not in the
cache: that changes what rows mean, not what they cost. With its defaults it takes ten minutes on a GPU with 16 cores.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.enlarged_pictures import make_pictures
from tests.benchmarks.hardware import graphics_card, hardware
from tests.benchmarks.model_benchmark import BUILT_IN

_DEFAULT = ("effnet-lite0", "mobilenet", "clip", "siglip-base", "dinov2")


def main() -> None:
    """Print a table for each model, as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=_DEFAULT)
    parser.add_argument("--count", type=int, default=2_000, help="pictures")
    parser.add_argument("--width", type=int, default=1_600)
    parser.add_argument("--height", type=int, default=1_200)
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--keep", type=Path, help="folder in which the pictures are made, or are there already")
    options = parser.parse_args()
    print(hardware(), "·", graphics_card() or "no GPU", "· load", " ".join(f"{one:.1f}" for one in os.getloadavg()))
    table = csv.writer(sys.stdout)
    table.writerow(
        ["model", "decoding_per_s", "model_per_s", "filling_per_s", "of_the_slower", "of_both_on_these_cores", "plain"]
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.keep or Path(temporary)) / f"{options.count}-{options.width}x{options.height}"
        make_pictures(folder, options.count, (options.width, options.height))
        for model in options.models:
            decoding, alone, filling, plain = _measure(model, folder, options.count, options.runtime)
            shared = 1 / (1 / decoding + 1 / alone)  # where a processor does both
            ratios = f"{filling / min(decoding, alone):.2f}", f"{filling / shared:.2f}"
            table.writerow([model, *(f"{rate:.1f}" for rate in (decoding, alone, filling)), *ratios, f"{plain:.1f}"])
            sys.stdout.flush()
    print("load", " ".join(f"{one:.1f}" for one in os.getloadavg()))


def _measure(model: str, folder: Path, count: int, runtime: str) -> list[float]:
    """Pictures a second: decoding alone, the model alone, filling, the plain way."""
    from tests.benchmarks.full_size import build

    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as temporary:
        if model not in BUILT_IN:
            build(model, Path(temporary) / "hub", Path(temporary))
            environment |= {"HF_HUB_CACHE": str(Path(temporary) / "hub"), "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-m", "tests.benchmarks.fill_benchmark", str(folder), "--model", model]
        command += ["--count", str(count), "--runtime", runtime]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    rates = {cells[0]: cells[1] for cells in csv.reader(done.stdout.splitlines()) if len(cells) == 3}
    return [float(rates[what]) for what in ("decode alone", "model alone", "filling", "the plain way")]


if __name__ == "__main__":
    main()
