"""The colours of the pixels that are sent."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from tui.graphics.pixels import in_palette

RAMP = Image.linear_gradient("L")


@pytest.mark.parametrize("colours", [("black", "white"), ("#201408", "#f4e8d0"), ("white", "#004080")])
def test_shades_show_no_steps(colours: tuple[str, str]) -> None:
    """Of one hue, as in black and white photographs: at least 43 dB, where steps of 16 levels have 35."""
    picture = ImageOps.colorize(RAMP, *colours)
    error = np.asarray(picture, float) - np.asarray(in_palette(picture).convert("RGB"), float)
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 43


@pytest.mark.parametrize("number", [1, 2, 7, 40])
def test_few_colours_are_exact(number: int) -> None:
    picture = Image.new("RGB", (number, 5))
    picture.putdata([(5 * at, 255 - 6 * at, 3 * at) for at in range(number)] * 5)
    assert in_palette(picture).convert("RGB").tobytes() == picture.tobytes()


def test_a_colourful_picture_has_at_most_256_colours() -> None:
    picture = Image.effect_noise((90, 60), 90).convert("RGB")
    merged = Image.merge("RGB", [RAMP.resize((90, 60)), picture.getchannel(0), RAMP.rotate(90).resize((90, 60))])
    assert 64 <= len(in_palette(merged).getcolors() or ()) <= 256


def test_a_sky_shows_no_steps_from_afar() -> None:
    """Of slow changes in several hues, as skies, wood and skin have: steps of 16 levels have 35 dB after a blur."""
    across, down = RAMP.rotate(90), RAMP
    picture = Image.merge("RGB", [across.point(lambda x: 96 + x // 3), down.point(lambda x: 48 + x // 2), across])
    blur = ImageFilter.GaussianBlur(1.5)
    seen, wanted = (np.asarray(one.convert("RGB").filter(blur), float) for one in (in_palette(picture), picture))
    assert 10 * np.log10(255**2 / np.mean((seen - wanted) ** 2)) > 40
