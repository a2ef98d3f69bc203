"""Whether one picture is a copy of another: align them, then compare them locally.

Vectors find similar pictures, but all signs of one series are similar. A copy differs from its original only by
processing: compression, another size, slight cropping, a border, slightly different brightness, removed
colour. So the pictures are aligned (a scale and a shift for each axis, one gain and one bias for all
channels), and every window must agree. One window that does not agree makes them different pictures.

See :mod:`core.images.alignment` for the alignment.

Measured by ``tests/benchmarks/copies_benchmark.py``: see :data:`WORST`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

from core.images.alignment import Levels, Taps, Warp, align, initial_alignments
from core.images.planes import BLANK, WINDOW, Pixels, Plane, correlation, is_grey, luma, scaled_down
from core.images.turns import Also, Turn, most_alike, turns

# The mean difference in the worst window, in levels of 255. Planted copies (150 photographs and drawings; JPEG at
# quality 30 to 95, 0.25 to 2 times the size, up to 10 % cut off) stay below 14 in 98 of 100; pairs of 250 from series
# of drawings begin at 22, road signs with other pictograms at 98. A visible watermark has 30 or more: a person decides.
WORST = 15.0
# At edges in both pictures, differences up to half the step are caused by resampling or compression.
_AT_EDGES = 0.5
# Thin lines are edges everywhere, so the areas between them must agree too: the minimum correlation of all windows that
# are not flat (the structure of SSIM: Wang et al., IEEE Trans. Image Processing 13, 2004). Copies reach 0.88 in 99
# of 100 (482 of drawings and demo pictures; 132 of photographs of up to 1,024 pixels 0.90, at JPEG 30 too). Of pairs
# from a series of 1,375 stars of thin lines half have less than 0.84; the others can hardly be distinguished by eye.
_STRUCTURE = 0.87
_STRUCTURE_WINDOW = 12
_SHOWS_SOMETHING = 8.0  # standard deviation of luma in a window
# Both measures above use smoothed pictures, in which a star of 55 lines and one of 56 are the same grey ring. So the
# fine detail (luma less its mean of 5 x 5 pixels) must agree as well, in every window of 24 pixels: its least
# correlation, where noise of 16 levels counts as agreement, for JPEG takes fine texture away. Of 363 planted copies
# (photographs, drawings, stars; quality 30 and 50, half size) 99 in 100 reach 0.76, the stars among them 0.78; of pairs
# of different stars that pass the other measures a sixth does not.
_DETAIL = 0.75
_DETAIL_WINDOW, _DETAIL_NOISE = 24, 16.0
# Pages of different text are the same grey block at 48 pixels, where lines have 5 to 7 levels of detail: less than that
# noise. So at less than 160 pixels the detail of the whole must agree too, with noise of 2 levels. All of 1,162 planted
# copies of 32 to 128 pixels (photographs and drawings, sharp or blurred; quality 50 to 90) reach 0.80, at quality 30 98
# in 100 reach 0.78; of 224 pairs of pages that pass the other measures 4 in 100 do, all of them of 24 or 32 pixels.
_SMALL, _SMALL_DETAIL, _SMALL_NOISE = 160, 0.78, 2.0
# Nor may a copy be paler than that: thin lines are too few for a percentile of brightness. Of 470 planted copies 99 in
# 100 stay below 1.23.
_GAIN = 1.25
_SMALLEST = 16  # pixels of the longer side: smaller pictures show too little
_STRETCHED = 0.03
_WHOLE = 0.97  # one of two copies shows all of the other, up to rounding
_CUT = 0.75  # and the other at least this fraction of it, unless cropping is allowed
_CUT_MUCH = 0.15
_BRIGHTNESS = 16.0  # levels by which the darkest and the lightest values may differ
_GREY_BRIGHTNESS = 6.0  # the same if one has no colour, so that only brightness is compared
_CORRELATED = 0.7


class Verdict(StrEnum):
    """The relation of two pictures."""

    SAME = "same"  # one is a copy of the other
    ALIKE = "alike"  # the same outline, but not the same everywhere
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of two aligned pictures.

    Attributes:
        verdict: their relation.
        difference: mean difference in the worst window, in levels of 255; infinite if they could not be aligned.
        first_shown: fraction of the first picture's area that the second shows, 0 to 1.
        second_shown: fraction of the second picture's area that the first shows.
        turn: applied to the second picture to match the first.
        first_is_grey: whether what both show has no colour in the first, whatever its file could hold.
        second_is_grey: the same of the second.
    """

    verdict: Verdict
    difference: float = float("inf")
    first_shown: float = 0.0
    second_shown: float = 0.0
    turn: Turn = field(default_factory=Turn)
    first_is_grey: bool = False
    second_is_grey: bool = False

    @property
    def first_has_all(self) -> bool:
        """Whether the first shows everything that the second shows."""
        return self.second_shown >= _WHOLE

    @property
    def second_has_all(self) -> bool:
        """Whether the second shows everything that the first shows."""
        return self.first_shown >= _WHOLE

    @property
    def first_has_colours(self) -> bool:
        """Whether the first has colours if the second has."""
        return self.second_is_grey or not self.first_is_grey


def is_blank(pixels: Pixels) -> bool:
    """Whether a picture is nearly uniform: such pictures cannot be compared."""
    return bool(luma(pixels).std() < BLANK)


def compare(first: Pixels, second: Pixels, also: Collection[Also] = ()) -> Comparison:
    """Compare two pictures at the size of the smaller one.

    Args:
        first: shape (height, width, 3), uint8, as displayed.
        second: like ``first``, of any size. Blank and very small pictures are never the same.
        also: additional changes to allow. More of them take longer and cause more false matches.
    """
    if min(first.shape[:2]) < WINDOW or min(second.shape[:2]) < WINDOW or is_blank(first) or is_blank(second):
        return Comparison(Verdict.DIFFERENT)
    best = Comparison(Verdict.DIFFERENT)
    side = min(max(first.shape), max(second.shape))
    one, other = (Levels(scaled_down(picture, side)) for picture in (first, second))
    for turn in most_alike(first, second, turns(also)):
        turned = other.turned(turn) if turn != Turn() else other
        result = replace(_compare_aligned(one, turned, Also.CROPPED in also), turn=turn)
        if result.verdict is Verdict.SAME:
            return result
        if (result.verdict is Verdict.ALIKE, -result.difference) > (best.verdict is Verdict.ALIKE, -best.difference):
            best = result
    return best


def _compare_aligned(first: Levels, second: Levels, cropped: bool) -> Comparison:
    """The best comparison over all initial alignments."""
    best = Comparison(Verdict.DIFFERENT)
    for start in initial_alignments(first, second, cropped):
        warp = align(first, second, start)
        cut = _CUT_MUCH if cropped else _CUT
        result = best if warp is None else _judge(*_at_same_resolution(first.pixels, second.pixels, warp), warp, cut)
        if result.verdict is Verdict.SAME:
            return result
        if (result.verdict is Verdict.ALIKE, -result.difference) > (best.verdict is Verdict.ALIKE, -best.difference):
            best = result
    return best


def _at_same_resolution(first: Pixels, second: Pixels, warp: Warp) -> tuple[Pixels, Pixels]:
    """Scale both to the resolution of the coarser one, according to the alignment."""
    scale = warp.scale_x * first.shape[1] / second.shape[1]
    if scale < 1:
        return first, scaled_down(second, max(1, round(max(second.shape) * scale)))
    return scaled_down(first, max(1, round(max(first.shape) / scale))), second


def _judge(first: Pixels, second: Pixels, warp: Warp, cut: float) -> Comparison:
    """The verdict on two pictures of about one size, aligned by ``warp``."""
    under, over, first_shown, second_shown = _overlap(first, second, warp)
    if min(under.shape[:2]) < WINDOW:
        return Comparison(Verdict.DIFFERENT)
    greys = is_grey(under), is_grey(over)
    grey = greys[0] != greys[1]
    if grey:
        under, over = luma(under)[..., None], luma(over)[..., None]
    expected = np.clip(warp.gain * under + warp.bias, 0, 255).astype(np.float32)
    difference = np.abs(expected - over).max(axis=2)
    lumas = luma(expected), luma(over)
    steps = np.minimum(_steps(lumas[0]), _steps(lumas[1]))
    window = min(WINDOW, max(3, max(first.shape) // 10))
    worst = float(uniform_filter(np.maximum(difference - _AT_EDGES * steps, 0), window, mode="nearest").max())
    same = (  # what costs least comes first
        worst <= WORST
        and max(first.shape) >= _SMALLEST
        and max(first_shown, second_shown) >= _WHOLE
        and min(first_shown, second_shown) >= cut
        and abs(_ratio(first, second, warp) - 1) <= _STRETCHED
        and 1 / _GAIN <= warp.gain <= _GAIN
        and _brightness(luma(under), steps, warp) <= (_GREY_BRIGHTNESS if grey else _BRIGHTNESS)
        and _structure(*lumas) >= _STRUCTURE
        and _details_agree(first, second, warp)
    )
    alike = min(first_shown, second_shown) >= 0.5 and correlation(luma(under), luma(over)) >= _CORRELATED
    verdict = Verdict.SAME if same else Verdict.ALIKE if alike else Verdict.DIFFERENT
    return Comparison(verdict, worst, first_shown, second_shown, first_is_grey=greys[0], second_is_grey=greys[1])


def _overlap(first: Pixels, second: Pixels, warp: Warp) -> tuple[Plane, Plane, float, float]:
    """The overlap of both on the second's grid, slightly smoothed; and which fraction of each it is."""
    smooth = [uniform_filter(picture.astype(np.float32), (3, 3, 1), mode="nearest") for picture in (first, second)]
    rows = Taps.of(first.shape[0], second.shape[0], warp.scale_y, warp.shift_y)
    columns = Taps.of(first.shape[1], second.shape[1], warp.scale_x, warp.shift_x)
    under, over = rows.sample(columns, smooth[0]), smooth[1][rows.inside][:, columns.inside]
    second_shown = float(rows.inside.mean() * columns.inside.mean())
    first_shown = min(1.0, second_shown * abs(warp.scale_x * warp.scale_y))
    return under[2:-2, 2:-2], over[2:-2, 2:-2], first_shown, second_shown


def _ratio(first: Pixels, second: Pixels, warp: Warp) -> float:
    """The ratio of the scales along the two axes."""
    across = warp.scale_x * first.shape[1] / second.shape[1]
    return float(across / (warp.scale_y * first.shape[0] / second.shape[0]))


def _brightness(luma: Plane, steps: Plane, warp: Warp) -> float:
    """The change of the darkest and lightest values, in levels: of all pixels, and of those at edges.

    Thin lines on a uniform background are too few to be among the darkest 2 % of all pixels.
    """
    ends = np.percentile(luma, (2, 98))
    at_edges = luma[steps > _SHOWS_SOMETHING]
    if at_edges.size:
        ends = np.concatenate([ends, np.percentile(at_edges, (10, 90))])
    return float(np.abs(np.clip(warp.gain * ends + warp.bias, 0, 255) - ends).max())


def _structure(first: Plane, second: Plane) -> float:
    """The minimum correlation of all windows in which either is not flat; 1 if there are none."""
    mean_first, mean_second = _mean(first), _mean(second)
    spread_first, spread_second = _mean(first * first) - mean_first**2, _mean(second * second) - mean_second**2
    shown = np.maximum(spread_first, spread_second) > _SHOWS_SOMETHING**2
    if not shown.any():
        return 1.0
    common = _mean(first * second) - mean_first * mean_second
    scale = np.sqrt(np.maximum(spread_first, 0) * np.maximum(spread_second, 0))
    return float(((common + 4) / (scale + 4))[shown].min())  # 4: rounding counts little


def _details_agree(first: Pixels, second: Pixels, warp: Warp) -> bool:
    """Whether fine detail agrees, without smoothing: in every window, and of small pictures on the whole."""
    rows = Taps.of(first.shape[0], second.shape[0], warp.scale_y, warp.shift_y)
    columns = Taps.of(first.shape[1], second.shape[1], warp.scale_x, warp.shift_x)
    under = warp.gain * rows.sample(columns, luma(first)[..., None])[..., 0] + np.float32(warp.bias)
    over = luma(second)[rows.inside][:, columns.inside]
    fine = [plane - uniform_filter(plane, 5) for plane in (under[2:-2, 2:-2], over[2:-2, 2:-2])]
    common, *energies = (one * other for one, other in ((fine[0], fine[1]), (fine[0], fine[0]), (fine[1], fine[1])))
    planes = np.stack((common, *energies))
    if max(first.shape) < _SMALL and _agreement(planes.mean(axis=(1, 2)), _SMALL_NOISE) < _SMALL_DETAIL:
        return False
    windows = np.stack([uniform_filter(plane, _DETAIL_WINDOW) for plane in planes])
    return bool(_agreement(windows, _DETAIL_NOISE).min() >= _DETAIL)


def _agreement(means: Plane, noise: float) -> Plane:
    """The correlation of two planes from means of their product and both squares; noise of so many levels agrees."""
    common, *energies = means
    scale = np.sqrt(np.maximum(energies[0], 0) * np.maximum(energies[1], 0))
    found: Plane = np.asarray((common + noise**2) / (scale + noise**2))
    return found


def _mean(plane: Plane) -> Plane:
    found: Plane = uniform_filter(plane, _STRUCTURE_WINDOW, mode="nearest")
    return found


def _steps(luma: Plane) -> Plane:
    """The range of values around each pixel; same shape."""
    found: Plane = maximum_filter(luma, 3) - minimum_filter(luma, 3)
    return found
