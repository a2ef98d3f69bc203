"""Sharpness: what blurs a picture lowers it, what is no picture has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.images.sharpness import sharpness


@pytest.fixture
def picture() -> Image.Image:
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((360, 240), Image.Resampling.NEAREST)


def measured(picture: Image.Image, path: Path, **options: int) -> float:
    picture.save(path, **options)
    return sharpness(path)


def test_a_blurred_or_enlarged_copy_is_less_sharp_and_a_recompressed_one_nearly_as_sharp(
    picture: Image.Image, tmp_path: Path
) -> None:
    sharp = measured(picture, tmp_path / "a.png")
    assert measured(picture.filter(ImageFilter.GaussianBlur(2)), tmp_path / "b.png") < 0.7 * sharp
    assert measured(picture.resize((90, 60)).resize((360, 240)), tmp_path / "c.png") < 0.7 * sharp
    assert measured(picture, tmp_path / "d.jpg", quality=80) == pytest.approx(sharp, rel=0.1)


def test_what_cannot_be_measured_is_not_sharp(tmp_path: Path) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"no picture")
    assert sharpness(tmp_path / "torn.jpg") == 0.0
    assert sharpness(tmp_path / "gone.jpg") == 0.0
    assert measured(Image.new("RGB", (2, 2)), tmp_path / "tiny.png") == 0.0
