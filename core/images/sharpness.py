"""How sharp a picture is, for choosing between copies of it."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image

from core.errors import UnreadablePicture
from core.images.read import read_picture

# At 192 pixels compressing again changes the measure by up to 6 % either way, a slight blur or an enlargement takes
# away 25 to 80 %. At 384 pixels the blocks of JPEG pass for sharpness: 35 % either way.
_SIDE = 192


def sharpness(path: str | bytes | os.PathLike[str]) -> float:
    """Variance of the Laplacian of the luma, the longer side brought to 192 pixels; 0 where it cannot be read.

    After Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    try:
        picture = read_picture(path, at_least=_SIDE).convert("L")
    except UnreadablePicture:
        return 0.0
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    luma = np.asarray(picture, np.float32)
    if min(luma.shape) < 3:
        return 0.0
    around = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:]
    return float((around - 4 * luma[1:-1, 1:-1]).var())
