"""Names of colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.fields import COLOURS

# The end of each hue, in degrees of OKLCh: pure red is at 29, yellow at 110, green at 142, cyan at 195, blue at 264.
_HUES = {15: "pink", 45: "red", 85: "orange", 118: "yellow", 168: "green", 225: "cyan", 285: "blue", 330: "purple"}
_ALIKE = 0.1  # distance in OKLab within which people call colours the same

# Björn Ottosson, "A perceptual color space for image processing", 2020: https://bottosson.github.io/posts/oklab/
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)

Colours = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
# Linear light by encoded value (IEC 61966-2-1).
_ENCODED = np.arange(256) / 255
_LINEAR = np.where(_ENCODED <= 0.04045, _ENCODED / 12.92, ((_ENCODED + 0.055) / 1.055) ** 2.4).astype(np.float32)


def name_codes(colours: Colours) -> npt.NDArray[np.int64]:
    """For each colour ``0xRRGGBB``, shape (n,), the index of its name in ``COLOURS``."""
    light, a, b = oklab(colours).T
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    by_hue = np.array([COLOURS.index(name) for name in (*_HUES.values(), "pink")])
    codes = by_hue[np.searchsorted(list(_HUES), hue, "right")]
    warm = (hue >= 35) & (hue < 100)
    codes = np.where(warm & ((light < 0.65) | (chroma < 0.08)), COLOURS.index("brown"), codes)
    codes = np.where((codes == COLOURS.index("red")) & (light > 0.75), COLOURS.index("pink"), codes)
    grey = np.where(light < 0.25, COLOURS.index("black"), COLOURS.index("grey"))
    grey = np.where(light > 0.92, COLOURS.index("white"), grey)
    return np.where((chroma < 0.04) | (light < 0.15), grey, codes)


def name_of(colour: int) -> str:
    """The name of a colour ``0xRRGGBB``."""
    return COLOURS[int(name_codes(np.array([colour]))[0])]


def lightness(colours: Colours) -> Floats:
    """Perceived lightness, shape (n,): from 0 (black) to 1 (white)."""
    return oklab(colours)[:, 0]


def alike(colours: Colours, wanted: int) -> npt.NDArray[np.bool_]:
    """Shape (n,): which colours look similar to ``wanted``."""
    near: npt.NDArray[np.bool_] = np.linalg.norm(oklab(colours) - oklab(np.array([wanted])), axis=1) <= _ALIKE
    return near


def oklab(colours: Colours) -> Floats:
    """Colours ``0xRRGGBB``, shape (n,), in OKLab: lightness, green to red, blue to yellow. Shape (n, 3)."""
    parts = np.ascontiguousarray(colours, "<u4").view(np.uint8).reshape(-1, 4)[:, 2::-1]
    lab: Floats = np.cbrt(_LINEAR[parts] @ _TO_CONES.T) @ _TO_LAB.T
    return lab
