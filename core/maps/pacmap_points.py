"""PaCMAP (Wang, Huang, Rudin and Shaposhnik, JMLR 22, 2021): near pictures stay near. The extra ``pictoscope[map]``."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Callable

import numpy as np

from core.arrays import Rows
from core.errors import PictoscopeError
from core.maps.methods import check_method
from core.search.projection import Points

LEAST = 30  # pictures: of fewer, PaCMAP has too few pairs to hold them apart
_NEIGHBOURS, _MID_NEAR, _FURTHER = 10, 0.5, 2.0  # its own defaults, whatever later versions have
_STEPS = 450  # likewise, of its three phases together
# What a map was made with, stored with it: one that was made with something else is not taken for the same.
SETTINGS = f"neighbours {_NEIGHBOURS}, mid-near {_MID_NEAR}, further {_FURTHER}, steps {_STEPS}"
Reached = Callable[[int, int], None]  # steps done, and all of them


def pacmap_points(rows: Rows, seed: int, reached: Reached | None = None) -> Points:
    """Points whose neighbourhoods are those of the rows, shape (n, 2), float32, finite.

    Deterministic by ``seed`` on one machine. Some 7 s for 10,000 rows of 50 on two cores, and seconds to import it.

    Args:
        rows: shape (n, k), float32, at least ``LEAST``; principal components, in memory.
        seed: of its draws.
        reached: called every few steps; may raise to stop. While it is, what this process prints is swallowed.

    Raises:
        PictoscopeError: it is not installed, or gave points that are not finite.
    """
    check_method("pacmap")
    with warnings.catch_warnings(), contextlib.ExitStack() as context:
        warnings.simplefilter("ignore")  # of a seed that makes it slower, and of few rows
        import pacmap

        logging.getLogger("pacmap").setLevel(logging.ERROR)  # it warns of its seed, on stderr
        if reached:
            context.enter_context(contextlib.redirect_stdout(_Steps(reached)))
        reducer = pacmap.PaCMAP(
            n_components=2,
            n_neighbors=_NEIGHBOURS,
            MN_ratio=_MID_NEAR,
            FP_ratio=_FURTHER,
            random_state=seed,
            apply_pca=False,
            verbose=reached is not None,
        )
        points = np.asarray(reducer.fit_transform(np.ascontiguousarray(rows, np.float32), init="pca"), np.float32)
    if points.shape != (len(rows), 2) or not np.isfinite(points).all():
        raise PictoscopeError("PaCMAP found no positions for these vectors", "use --method pca")
    return points


class _Steps(io.TextIOBase):
    """Reads from what PaCMAP prints how far it is. It calls nothing back; if it prints otherwise, nothing is known."""

    def __init__(self, reached: Reached) -> None:
        self._reached = reached

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if match := re.match(r"\s*Iteration:\s*(\d+)", text):
            self._reached(min(int(match[1]), _STEPS), _STEPS)
        return len(text)
