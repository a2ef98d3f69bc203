"""Each model of the catalogue in full size: seconds to load, pictures a second, peak memory.

python -m tests.benchmarks.model_benchmark [KEY...] [--seconds 20]

Weights are random where the real ones are not in the cache: that changes what rows mean, not what they cost.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.hardware import hardware, peak_gigabytes

BUILT_IN = ("effnet-lite0", "conse")


def main() -> None:
    """Print the table, a line as soon as it is known."""
    from tests.benchmarks.full_size import OPEN_CLIP, SIZES, build

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="*", default=[*BUILT_IN, *SIZES, *OPEN_CLIP])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--one", action="store_true", help="measure in this process")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.keys[0], options.seconds)))
        return
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["model", "runs_on", "load_s", "pictures_per_s", "batch", "peak_GB"])
    for key in options.keys:
        with tempfile.TemporaryDirectory() as temporary:
            cache = Path(temporary) / "hub"
            if key not in BUILT_IN:
                build(key, cache, Path(temporary))
            command = [sys.executable, "-m", __spec__.name, key, "--one", "--seconds", str(options.seconds)]
            environment = os.environ | {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        table.writerow([key, *found.values()])
        sys.stdout.flush()


def measure(key: str, seconds: float) -> dict[str, object]:
    """Load a model, feed it for a while."""
    from core.models.backend import load
    from core.models.catalogue import find
    from tests.filled_projects import draw

    start = time.perf_counter()
    model = load(find(key))
    loaded = time.perf_counter() - start
    batch = [model.prepare(draw(number)) for number in range(model.batch_size)]
    model.encode_pictures(batch)
    start, pictures = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        model.encode_pictures(batch)
        pictures += len(batch)
    rate = pictures / (time.perf_counter() - start)
    return {
        "runs_on": model.runs_on,
        "load_s": round(loaded, 1),
        "pictures_per_s": round(rate, 1),
        "batch": model.batch_size,
        "peak_GB": round(peak_gigabytes(), 2),
    }


if __name__ == "__main__":
    main()
