"""What was freed goes back to the system, whichever thread held it."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

THREADS = 4

# How many of the blocks that each thread took and freed, one after the other, are still mapped: half of each and more,
# for something small may have been put where one was.
COUNT = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import numpy as np
from tui.memory import LARGE, return_what_is_freed

if sys.argv[1] == "fixed":
    return_what_is_freed()
together = Barrier({THREADS})

def work(_):
    blocks = []
    together.wait()  # each in a thread
    for size in (LARGE, 2 * LARGE, 3 * LARGE, LARGE, 2 * LARGE, 3 * LARGE):
        block = np.ones(size, np.uint8)
        blocks.append((block.ctypes.data, size))
        del block
    return blocks

with ThreadPoolExecutor({THREADS}) as pool:
    blocks = [block for found in pool.map(work, range({THREADS})) for block in found]
with open("/proc/self/maps") as maps:
    usable = [line.split()[0].split("-") for line in maps if line.split()[1].startswith("rw")]
ranges = [(int(first, 16), int(end, 16)) for first, end in usable]

def mapped(place, size):
    return sum(max(0, min(end, place + size) - max(first, place)) for first, end in ranges)

print(sum(mapped(place, size) > size // 2 for place, size in blocks))
"""


def kept(limits: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, limits], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library has no such limits"
)
def test_no_large_block_that_a_thread_freed_is_kept() -> None:
    assert kept("as they come") > 0  # else there is nothing to show
    assert kept("fixed") == 0
