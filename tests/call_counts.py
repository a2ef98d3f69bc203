"""Counts calls: what a hot path costs, the same on every machine and however busy it is."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any


def count_calls(work: Callable[[], object]) -> Counter[str]:
    """Every call of a function in this thread while ``work`` runs, by name: ``facts.py:slots``, ``Connection.execute``.

    Functions in C are counted too.
    """
    counts: Counter[str] = Counter()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            counts[f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_code.co_name}"] += 1
        elif event == "c_call":
            counts[getattr(argument, "__qualname__", str(argument))] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counts
