"""The coarse comparison: it lets copies through, aligns what is shifted, and one against many is each against one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import demo
from core.images.coarse_match import SIDE, agreement, are_alike, coarse, glance, likeness
from core.images.read import read_picture
from core.images.same_picture import Verdict, compare
from tests.filled_projects import draw
from tests.planted_copies import COPIES, EDITED

PICTURES = sorted((Path(demo.__file__).parent / "pictures").rglob("*.jpg"))[::8]


def pixels(picture: Image.Image) -> np.ndarray:
    small = picture.convert("RGB")
    small.thumbnail((192, 192), Image.Resampling.LANCZOS)
    return np.asarray(small)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_what_the_full_comparison_calls_a_copy_passes(path: Path) -> None:
    picture = read_picture(path)
    original = pixels(picture)
    for way, make in COPIES.items():
        copy = pixels(make(picture))
        if compare(original, copy).verdict is Verdict.SAME:
            assert likeness(coarse(original), coarse(copy)[None])[0] > 0, way
            assert likeness(coarse(copy), coarse(original)[None])[0] > 0, way


@pytest.mark.parametrize("path", PICTURES[:4], ids=lambda path: path.stem)
def test_what_was_edited_is_alike(path: Path) -> None:
    original = read_picture(path)
    others = np.stack([coarse(pixels(make(original))) for make in EDITED.values()])
    assert are_alike(coarse(pixels(original)), others).all()


def test_other_pictures_do_not_pass() -> None:
    planes = np.stack([coarse(pixels(read_picture(path))) for path in PICTURES])
    for place, one in enumerate(planes):
        assert np.flatnonzero(likeness(one, planes)).tolist() == [place]


def test_a_picture_that_was_cut_is_laid_where_it_was() -> None:
    original = read_picture(PICTURES[0])
    width, height = original.size
    part = original.crop((round(width * 0.08), 0, width, height))
    before = glance(coarse(pixels(original))[None], coarse(pixels(part))[None])[0, 0]
    found = agreement(coarse(pixels(original)), coarse(pixels(part))[None])
    assert found.correlation[0] > max(0.97, before)
    assert found.shown[0] == pytest.approx(0.92, abs=0.05)


def test_one_against_many_is_each_against_one() -> None:
    planes = np.stack([coarse(np.asarray(draw(number))) for number in range(9)])
    together = agreement(planes[0], planes)
    for number in range(9):
        alone = agreement(planes[0], planes[number : number + 1])
        assert together.correlation[number] == pytest.approx(alone.correlation[0], abs=1e-3)
        assert together.shown[number] == pytest.approx(alone.shown[0], abs=1e-3)


def test_a_glance_is_the_correlation_of_each_pair() -> None:
    planes = np.stack([coarse(np.asarray(draw(number))) for number in range(6)])
    expected = np.corrcoef(planes.reshape(6, -1).astype(float))
    assert np.allclose(glance(planes[:2], planes), expected[:2], atol=1e-4)


def test_pictures_of_one_colour_agree_with_none_and_nothing_is_not_a_number() -> None:
    blank, drawn = np.full((SIDE, SIDE), 255, np.uint8), coarse(np.asarray(draw(1)))
    both = np.stack([blank, drawn])
    assert likeness(blank, both).tolist() == [0, 0]
    assert likeness(drawn, both)[0] == 0
    assert not are_alike(blank, both).any()
    assert np.isfinite(glance(both, both)).all()


def test_of_none_there_is_no_answer() -> None:
    none = np.zeros((0, SIDE, SIDE), np.uint8)
    one = np.zeros((SIDE, SIDE), np.uint8)
    assert likeness(one, none).shape == are_alike(one, none).shape == (0,)
