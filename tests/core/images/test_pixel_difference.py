"""The difference of two pictures, in words and as a picture, whatever their sizes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.images.pixel_difference import PixelDifference, Scaling, pixel_difference
from core.images.planes import Pixels


def gradient(width: int = 80, height: int = 60) -> Pixels:
    """Values that change slowly: scaling keeps them nearly."""
    across = np.linspace(0, 200, width)[None, :, None] + np.linspace(0, 50, height)[:, None, None]
    return np.broadcast_to(across, (height, width, 3)).astype(np.uint8)


def changed(pixels: Pixels, count: int, by: int) -> Pixels:
    """The first ``count`` pixels changed in one channel."""
    other = pixels.copy()
    other.reshape(-1, 3)[:count, 1] += np.uint8(by)
    return other


@pytest.mark.parametrize(
    ("count", "by", "words"),
    [
        (0, 0, "identical pixels"),
        (1, 5, "1 of 4,800 pixels differs, most by 5 of 255"),
        (4, 5, "4 of 4,800 pixels differ, most by 5 of 255"),
        (154, 12, "3.2 % of pixels differ, most by 12 of 255"),
        (4_799, 1, "99.9 % of pixels differ, most by 1 of 255"),
        (4_800, 5, "100.0 % of pixels differ, most by 5 of 255"),
    ],
)
def test_the_difference_is_said_in_words(count: int, by: int, words: str) -> None:
    first = gradient()
    assert pixel_difference(first, changed(first, count, by)).sentence == words
    assert pixel_difference(changed(first, count, by), first).sentence == words


def test_black_and_white_differ_by_all_there_is_and_nothing_wraps_round() -> None:
    black, white = np.zeros((3, 4, 3), np.uint8), np.full((3, 4, 3), 255, np.uint8)
    found = pixel_difference(black, white)
    assert (found.largest, found.gain, found.differing) == (255, 1, 12)
    assert (found.amplified(4) == 255).all()


@pytest.mark.parametrize(("by", "gain"), [(0, 1), (1, 64), (3, 64), (4, 32), (12, 16), (100, 2), (128, 1)])
def test_it_is_amplified_as_far_as_little_is_clipped(by: int, gain: int) -> None:
    first = np.full((8, 8, 3), 50, np.uint8)
    found = pixel_difference(first, changed(first, 2, by))
    assert found.gain == gain
    assert found.amplified(8).max() == by * gain


def test_a_few_large_differences_do_not_hide_the_small_ones() -> None:
    first = np.full((20, 20, 3), 50, np.uint8)
    second = changed(first, 400, 4)
    second[0, :4] = 250
    found = pixel_difference(first, second)
    assert (found.largest, found.gain) == (200, 32)
    shown = found.amplified(20)
    assert shown[0, 0].tolist() == [224] * 3  # clipped, and not wrapped round
    assert shown[5, 5].tolist() == [0, 128, 0]
    second[1, :10] = 250
    assert pixel_difference(first, second).gain == 1


def test_a_single_pixel_stays_visible_in_a_smaller_picture() -> None:
    first = np.zeros((603, 801, 3), np.uint8)
    second = first.copy()
    second[602, 800] = 40
    small = pixel_difference(first, second).amplified(100)
    assert 100 <= max(small.shape[:2]) < 200
    assert small[-1, -1].tolist() == [160, 160, 160]
    assert np.count_nonzero(small.max(axis=2)) == 1


def test_the_larger_one_is_scaled_to_the_smaller_one_and_it_is_said() -> None:
    large, small = gradient(160, 120), gradient()
    for found in (pixel_difference(large, small), pixel_difference(small, large)):
        assert found.levels.shape == (60, 80, 3)
        assert found.largest <= 3
        assert found.sentence.endswith(", at 80 x 60 (the larger one scaled)")


def test_other_proportions_are_stretched_and_it_is_said() -> None:
    found = pixel_difference(gradient(160, 100), gradient())
    assert found.sentence.endswith(", at 80 x 60 (the larger one stretched)")


def test_sizes_that_were_rounded_have_the_same_proportions() -> None:
    picture = Image.fromarray(gradient(1000, 667))
    small = np.asarray(picture.resize((333, 222), Image.Resampling.LANCZOS))
    assert pixel_difference(np.asarray(picture), small).scaling is Scaling.LARGER


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 4), (4, 4, 4)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a picture of shape"):
        pixel_difference(np.zeros(shape, np.uint8), gradient())


def test_a_difference_of_nothing_is_black() -> None:
    assert not PixelDifference.of(np.zeros((5, 5, 3), np.uint8)).amplified(5).any()
