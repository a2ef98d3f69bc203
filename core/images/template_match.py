"""Find a part within a picture by normalised cross-correlation (Lewis, "Fast normalized cross-correlation", 1995)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.fft import irfft2, next_fast_len, rfft2

from core.images.planes import BLANK, WINDOW, Plane

_SCALES = tuple(0.92**step for step in range(14))  # of a part within the whole: 1 to 0.34


def find_within(whole: Plane, part: Plane) -> tuple[float, tuple[float, float, float, float]]:
    """Find a part, at scales from 1 to 0.34.

    Args:
        whole: luma, shape (height, width).
        part: luma, shape (height, width), about as large or twice as large: it is made smaller for each scale.

    Returns the best normalised cross-correlation, -1 to 1, and where it is: scale x, shift x, scale y, shift y,
    in coordinates from -1 to 1.
    """
    height, width = whole.shape
    best = (-1.0, (1.0, 0.0, 1.0, 0.0))
    for scale in _SCALES:
        across = round(width * scale)
        down = round(across * part.shape[0] / part.shape[1])
        if down > height or min(across, down) < WINDOW:
            continue
        template = np.asarray(Image.fromarray(part).resize((across, down), Image.Resampling.BOX))
        scores = _cross_correlation(whole, template)
        y, x = np.unravel_index(int(scores.argmax()), scores.shape)
        if scores[y, x] > best[0]:
            mapping = (
                across / width,
                (2 * int(x) + across) / width - 1,
                down / height,
                (2 * int(y) + down) / height - 1,
            )
            best = (float(scores[y, x]), mapping)
    return best


def _cross_correlation(whole: Plane, template: Plane) -> Plane:
    """Normalised cross-correlation for each position of the template: shape (H - h + 1, W - w + 1)."""
    height, width = template.shape
    centred = template - template.mean()
    size = [next_fast_len(length, real=True) for length in whole.shape]
    shape = (whole.shape[0] - height + 1, whole.shape[1] - width + 1)
    products = irfft2(rfft2(whole, size) * np.conj(rfft2(centred, size)), size)[: shape[0], : shape[1]]
    area = height * width
    sums, squares = _window_sums(whole, template.shape), _window_sums(whole.astype(np.float64) ** 2, template.shape)
    spread = np.sqrt(np.maximum(squares - sums**2 / area, area * BLANK**2) * max(float((centred**2).sum()), 1e-6))
    return np.asarray(products / spread, np.float32)


def _window_sums(plane: npt.NDArray[np.floating], window: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """The sum of each window, from cumulative sums."""
    total = np.pad(plane.astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    height, width = window
    sums: npt.NDArray[np.float64] = (
        total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
    )
    return sums
