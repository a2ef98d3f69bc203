"""Mean colours and their names; sharpness is told apart in test_sharpness."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.fields import COLOURS
from core.images.appearance import SIDE, appearance
from core.images.colour_names import alike, lightness, name_codes, name_of, oklab
from tests.filled_projects import draw

# Some of CSS's names for colours (https://www.w3.org/TR/css-color-4/#named-colors), by what people call them.
CALLED = {
    "black": (0x000000, 0x0A0A14),
    "grey": (0x808080, 0xA9A9A9, 0xC0C0C0, 0x708090),
    "white": (0xFFFFFF, 0xF5F5F5, 0xFFFAFA),
    "brown": (0x8B4513, 0xD2691E, 0xA0522D, 0xD2B48C),
    "red": (0xFF0000, 0xDC143C, 0xB22222, 0x8B0000),
    "orange": (0xFFA500, 0xFF8C00),
    "yellow": (0xFFFF00, 0xFFD700, 0xF0E68C),
    "green": (0x008000, 0x00FF00, 0x228B22, 0x006400, 0x90EE90),
    "cyan": (0x00FFFF, 0x008B8B, 0x40E0D0),
    "blue": (0x0000FF, 0x000080, 0x4169E1, 0x87CEEB),
    "purple": (0x800080, 0x9932CC, 0x8A2BE2),
    "pink": (0xFFC0CB, 0xFF69B4, 0xFFB6C1),
}


def test_the_mean_is_that_of_all_pixels() -> None:
    half = Image.new("RGB", (400, 300), (200, 10, 0))
    half.paste((0, 30, 255), (0, 0, 200, 300))
    found = appearance(half).colour
    np.testing.assert_allclose([found >> 16, found >> 8 & 255, found & 255], [100, 20, 127.5], atol=1)
    assert appearance(Image.new("RGB", (7, 5), (1, 2, 3))).colour == 0x010203


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (10_000, 1), (SIDE, SIDE), (SIDE + 1, 3)])
def test_every_shape_is_measured_and_an_even_picture_is_not_sharp(size: tuple[int, int]) -> None:
    found = appearance(Image.new("RGB", size, (9, 8, 7)))
    assert (found.colour, found.sharpness) == (0x090807, 0)


def test_a_blurred_picture_has_its_colour_and_less_sharpness() -> None:
    sharp = draw(5).resize((300, 240))
    blurred = sharp.filter(ImageFilter.GaussianBlur(2))
    assert appearance(blurred).sharpness < 0.6 * appearance(sharp).sharpness
    assert alike(np.array([appearance(blurred).colour]), appearance(sharp).colour).all()


def test_colours_have_the_names_that_people_give_them() -> None:
    for name, colours in CALLED.items():
        found = [COLOURS[code] for code in name_codes(np.array(colours)).tolist()]
        assert found == [name] * len(colours)
    assert tuple(CALLED) == COLOURS
    assert name_of(0x228B22) == "green"


def test_every_colour_has_a_name() -> None:
    rng = np.random.default_rng(0)
    codes = name_codes(rng.integers(0, 1 << 24, 10_000))
    assert set(codes.tolist()) == set(range(len(COLOURS)))
    assert len(name_codes(np.zeros(0, np.int64))) == 0


def test_the_colour_space_is_the_published_one() -> None:
    # https://bottosson.github.io/posts/oklab/: white has lightness 1 and no hue; sRGB red is 0.628, 0.225, 0.126.
    np.testing.assert_allclose(
        oklab(np.array([0xFFFFFF, 0xFF0000, 0])), [[1, 0, 0], [0.628, 0.225, 0.126], [0, 0, 0]], atol=1e-3
    )
    assert lightness(np.array([0, 0x777777, 0xFFFFFF])).tolist() == sorted(
        lightness(np.array([0, 0x777777, 0xFFFFFF])).tolist()
    )


def test_what_differs_a_little_is_alike_and_what_has_another_name_is_not() -> None:
    near, far = np.array([0xFA0505, 0xE81020]), np.array([0x00FF00, 0xFFFFFF, 0x800000, 0xFFA500])
    assert alike(near, 0xFF0000).all()
    assert not alike(far, 0xFF0000).any()
