"""The app through thousands of actions: memory, and what lives on, after each so many of them.

python -m tests.benchmarks.long_use_benchmark --actions 2000

A round is 24 actions on the demo (its vectors are created first, if they are not there): move, open, select, search,
similar, rank again, by other vectors, cluster, duplicates, recommend, tag, undo, filter, settings, jobs, labels,
history.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import sys
import time
from pathlib import Path

from core.demo import open_demo
from core.vectors import vec_types
from tests.benchmarks.hardware import hardware
from tests.tui.long_use import living, round_of_actions
from tui.app import Pictoscope
from tui.memory import return_what_is_freed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=2000)
    parser.add_argument("--trace", action="store_true", help="say by line what was allocated since the warm-up")
    options = parser.parse_args()
    print(hardware())
    return_what_is_freed()  # as the app does where it begins
    asyncio.run(_measure(options.actions, options.trace))


async def _measure(actions: int, trace: bool) -> None:
    out = csv.writer(sys.stdout)
    out.writerow(["actions", "seconds", "resident MB", "widgets", "threads", "open files", "living"])
    with open_demo() as project:
        if not vec_types.names(project.vectors_folder):
            sys.exit("first: pictoscope demo")
        app = Pictoscope(project)
        async with app.run_test(size=(108, 28), notifications=True) as pilot:
            done, began, snapshot = 0, time.monotonic(), None
            while done < actions:
                done += await round_of_actions(app, pilot)
                found = living(app)
                row = [done, round(time.monotonic() - began), _resident(), found.pop("Widget"), found.pop("threads")]
                out.writerow([*row, len(os.listdir("/proc/self/fd")), " ".join(f"{k}={v}" for k, v in found.items())])
                sys.stdout.flush()
                snapshot = _trace(snapshot, done) if trace else None
        app.encoder.close()


def _resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1000


def _trace(before: object, done: int) -> object:
    import gc
    import tracemalloc

    if not tracemalloc.is_tracing():
        if done >= 72:
            tracemalloc.start(12)
            gc.collect()
            return tracemalloc.take_snapshot()
        return None
    if done % 240 == 0 and isinstance(before, tracemalloc.Snapshot):
        gc.collect()
        now = tracemalloc.take_snapshot()
        for line in now.compare_to(before, "traceback")[:12]:
            print(line.size_diff // 1000, "KB", line.count_diff)
            print("\n".join(line.traceback.format()[-8:]))
    return before


if __name__ == "__main__":
    main()
