"""A coarse outline of a picture, invariant under mirroring and quarter turns, to find pairs to compare.

The picture is scaled to 16 x 16 pixels of luma. The eight symmetries of a square permute its pixels within 36 sets of
up to eight; the sorted values of each set are invariant (pooling over a group, as in Cohen and
Welling, "Group equivariant convolutional networks", ICML 2016). Sorting does not amplify noise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 16
DIM = SIDE * SIDE
# Cosine of the outlines of a rotated copy. Measured: see tests/benchmarks/copies_benchmark.py.
NEAR = 0.98

Rows = npt.NDArray[np.float32]


def outline(pixels: npt.NDArray[np.uint8]) -> Rows:
    """Shape (256,), float32, of length 1; zero for a blank picture.

    Args:
        pixels: shape (height, width, 3), uint8.
    """
    small = Image.fromarray(pixels).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    values = np.asarray(small, np.float32).reshape(-1)
    pooled = np.concatenate([np.sort(values[places]) for places in _SETS])
    pooled -= pooled.mean()
    length = float(np.linalg.norm(pooled))
    return np.asarray(pooled / length if length > SIDE else np.zeros(DIM), np.float32)


def _sets() -> list[npt.NDArray[np.int64]]:
    places = np.arange(DIM).reshape(SIDE, SIDE)
    images = np.stack([np.rot90(side, turns) for side in (places, places[:, ::-1]) for turns in range(4)])
    return [
        np.array(one) for one in sorted({tuple(sorted(set(column))) for column in images.reshape(8, -1).T.tolist()})
    ]


_SETS = _sets()
