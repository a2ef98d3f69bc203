"""Sharpness: what blurs a picture lowers it. What is flat shows nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.images.appearance import SIDE, appearance
from core.images.flatness import is_flat
from core.images.read import read_picture


@pytest.fixture
def picture() -> Image.Image:
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((360, 240), Image.Resampling.NEAREST)


def measured(picture: Image.Image, path: Path, **options: int) -> float:
    picture.save(path, **options)
    return appearance(read_picture(path, at_least=SIDE)).sharpness


def test_a_blurred_or_enlarged_copy_is_less_sharp_and_a_recompressed_one_nearly_as_sharp(
    picture: Image.Image, tmp_path: Path
) -> None:
    sharp = measured(picture, tmp_path / "a.png")
    assert measured(picture.filter(ImageFilter.GaussianBlur(2)), tmp_path / "b.png") < 0.7 * sharp
    assert measured(picture.resize((90, 60)).resize((360, 240)), tmp_path / "c.png") < 0.7 * sharp
    assert measured(picture, tmp_path / "d.jpg", quality=80) == pytest.approx(sharp, rel=0.1)


def test_what_cannot_be_measured_is_not_sharp(tmp_path: Path) -> None:
    assert measured(Image.new("RGB", (2, 2)), tmp_path / "tiny.png") == 0.0


def test_flat_is_what_has_one_colour_however_it_was_saved(picture: Image.Image, tmp_path: Path) -> None:
    clear = Image.new("RGBA", (300, 200), (255, 255, 255, 0))
    clear.paste((255, 255, 255, 255), (50, 50, 100, 100))  # a white drawing on transparency
    clear.save(tmp_path / "icon.png")
    assert is_flat(read_picture(tmp_path / "icon.png"))
    for colour in ((255, 255, 255), (20, 90, 200)):
        for name in ("flat.jpg", "flat.png", "flat.webp"):
            Image.new("RGB", (300, 200), colour).save(tmp_path / name)
            assert is_flat(read_picture(tmp_path / name))
    assert not is_flat(picture)
    line = Image.new("RGB", (300, 200), "white")
    line.paste((0, 0, 0), (10, 10, 290, 12))
    assert not is_flat(line)
    ramp = Image.linear_gradient("L").convert("RGB")  # perfectly smooth: its Laplacian is 0 all over
    assert not is_flat(ramp)
