"""Stands in for the optional package: the first two columns as places, and the same words of its progress.

Half way it waits for the file that PACMAP_GATE names, if it names one.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np


class PaCMAP:
    def __init__(self, *, verbose: bool, **settings: Any) -> None:
        self._verbose = verbose

    def fit_transform(self, rows: np.ndarray, init: str) -> np.ndarray:
        for step in range(10, 460, 10):
            if self._verbose:
                print(f"Iteration: {step:4d}, Loss: 1.000000")
            if step == 220 and "PACMAP_GATE" in os.environ:
                gate = Path(os.environ["PACMAP_GATE"])
                gate.with_name(gate.name + ".waiting").touch()
                while not gate.exists():
                    time.sleep(0.01)
        return rows[:, :2] * 100
