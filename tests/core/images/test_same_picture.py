"""The pixel check: planted copies are the same picture, other members of a series are not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from core import demo
from core.images.planes import Pixels
from core.images.read import read_picture
from core.images.same_picture import Verdict, compare
from core.images.turns import Also
from tests.planted_copies import COPIES, CUT, EDITED, FRAMED, TURNED, cropped

PICTURES = Path(demo.__file__).parent / "pictures"
PHOTOGRAPHS = ["photographs/cat.jpg", "photographs/leaning-tower.jpg", "photographs/red-fish.jpg"]
ALL = set(Also)


def pixels(picture: Image.Image, side: int = 192) -> Pixels:
    small = picture.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(small)


@cache
def photograph(name: str) -> Image.Image:
    """Read once: nobody changes it."""
    return read_picture(PICTURES / name)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("way", COPIES)
def test_a_planted_copy_is_the_same_picture(name: str, way: str) -> None:
    original = photograph(name)
    one, copy = pixels(original), pixels(COPIES[way](original))
    found = compare(one, copy)
    assert found.verdict is Verdict.SAME, found
    assert compare(copy, one).verdict is Verdict.SAME


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("way", EDITED)
def test_what_was_edited_is_alike(name: str, way: str) -> None:
    original = photograph(name)
    assert compare(pixels(original), pixels(EDITED[way](original))).verdict is not Verdict.DIFFERENT
    assert compare(pixels(original), pixels(EDITED["a watermark"](original))).verdict is Verdict.ALIKE


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("way", TURNED)
def test_turned_copies_are_found_where_they_are_asked_for(name: str, way: str) -> None:
    original = photograph(name)
    turned = pixels(TURNED[way](original))
    assert compare(pixels(original), turned).verdict is not Verdict.SAME
    found = compare(pixels(original), turned, {Also.MIRRORED, Also.ROTATED})
    assert (found.verdict, str(found.turn) != "") == (Verdict.SAME, True)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("way", CUT)
def test_parts_are_found_where_they_are_asked_for_and_which_one_has_all_is_said(name: str, way: str) -> None:
    original = photograph(name)
    part = pixels(CUT[way](original))
    assert compare(pixels(original), part).verdict is not Verdict.SAME
    found = compare(pixels(original), part, {Also.CROPPED})
    assert (found.verdict, found.first_has_all, found.second_has_all) == (Verdict.SAME, True, False)
    reverse = compare(part, pixels(original), {Also.CROPPED})
    assert (reverse.verdict, reverse.first_has_all, reverse.second_has_all) == (Verdict.SAME, False, True)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("way", FRAMED)
def test_a_border_makes_no_other_picture_where_parts_are_asked_for(name: str, way: str) -> None:
    original = photograph(name)
    found = compare(pixels(original), pixels(FRAMED[way](original)), {Also.CROPPED})
    assert (found.verdict, found.second_has_all) == (Verdict.SAME, True)


def sign(pictogram: str, frame: str = "red", ground: str = "white") -> Image.Image:
    """A road sign: one frame, one of several pictograms."""
    picture = Image.new("RGB", (200, 180), ground)
    brush = ImageDraw.Draw(picture)
    brush.polygon([(100, 8), (192, 168), (8, 168)], fill="white", outline=frame, width=14)
    shapes = {
        "man": lambda: (brush.ellipse((90, 60, 110, 80), "black"), brush.rectangle((92, 82, 108, 140), "black")),
        "horse": lambda: (brush.rectangle((70, 100, 130, 120), "black"), brush.rectangle((74, 120, 80, 142), "black")),
        "bend": lambda: brush.line([(90, 145), (90, 110), (115, 90)], "black", 8),
        "bend the other way": lambda: brush.line([(110, 145), (110, 110), (85, 90)], "black", 8),
        "a dot": lambda: brush.ellipse((96, 100, 104, 108), "black"),
        "nothing": lambda: None,
    }
    shapes[pictogram]()
    return picture


SIGNS = ["man", "horse", "bend", "bend the other way", "a dot", "nothing"]


@pytest.mark.parametrize("also", [set(), ALL], ids=["as it is", "all that may be asked for"])
def test_signs_that_differ_in_their_pictogram_are_not_the_same(also: set[Also]) -> None:
    signs = [pixels(sign(name)) for name in SIGNS]
    for first, second in [(0, 1), (1, 2), (4, 0), (5, 3), (5, 4)]:
        assert compare(signs[first], signs[second], also).verdict is not Verdict.SAME, (SIGNS[first], SIGNS[second])


def test_another_colour_of_one_thing_is_another_picture() -> None:
    bus = photograph("transport/road/tram.jpg")
    red, green, blue = bus.split()
    assert compare(pixels(bus), pixels(Image.merge("RGB", (green, red, blue)))).verdict is not Verdict.SAME
    assert compare(pixels(sign("man")), pixels(sign("man", frame="blue"))).verdict is not Verdict.SAME
    assert compare(pixels(sign("man")), pixels(sign("man", ground="yellow"))).verdict is not Verdict.SAME


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_two_frames_of_one_view_are_not_the_same_where_each_shows_more(name: str) -> None:
    whole = photograph(name)
    width, height = whole.size
    one, other = whole.crop((0, 0, width * 9 // 10, height)), whole.crop((width // 10, 0, width, height))
    assert compare(pixels(one), pixels(other)).verdict is Verdict.ALIKE
    assert compare(pixels(one), pixels(other), ALL).verdict is not Verdict.SAME


def test_something_that_moved_between_two_frames_makes_them_two() -> None:
    first = photograph("photographs/cat.jpg")
    second = first.copy()
    width, height = first.size
    box = (width // 3, height // 3, width // 2, height // 2)
    second.paste(ImageChops.offset(first.crop(box), 9, 4), box[:2])
    assert compare(pixels(first), pixels(second)).verdict is Verdict.ALIKE


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_different_photographs_are_different(name: str) -> None:
    others = [other for other in PHOTOGRAPHS if other != name]
    for other in others:
        assert compare(pixels(photograph(name)), pixels(photograph(other)), ALL).verdict is not Verdict.SAME


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2), (7, 200), (192, 192)])
@pytest.mark.parametrize("also", [set(), ALL], ids=["as it is", "all that may be asked for"])
def test_blank_and_tiny_pictures_are_the_same_as_nothing(size: tuple[int, int], also: set[Also]) -> None:
    blank = np.full((size[1], size[0], 3), 255, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    cat = pixels(photograph("photographs/cat.jpg"))
    for one, other in ((blank, blank), (blank, cat), (cat, blank), (cat, noise), (noise, cat), (noise, noise)):
        found = compare(one, other, also)
        assert found.verdict is not Verdict.SAME or (one is noise and other is noise and max(size) >= 24)


def test_a_small_copy_is_compared_at_its_size() -> None:
    original = photograph("photographs/cat.jpg")
    assert compare(pixels(original), pixels(original, 40)).verdict is Verdict.SAME
    assert compare(pixels(cropped(original, 0.05)), pixels(original, 40)).verdict is Verdict.SAME


def page(number: int) -> Image.Image:
    """A page of text: lines of words, which are strokes."""
    chance = np.random.default_rng(number)
    pixels = np.full((1100, 850), 255, np.uint8)
    for top in range(80, 1010, 24):
        left, end = 80, 700 - int(chance.integers(0, 60))
        while left < end:
            width = int(chance.integers(20, 90))
            strokes = np.where(chance.random((14, width // 2)) < 0.35, 0, 255).astype(np.uint8)
            pixels[top : top + 14, left : left + len(strokes[0]) * 2] = strokes.repeat(2, axis=1)
            left += width + 10
    return Image.fromarray(pixels).convert("RGB")


@pytest.mark.parametrize("side", [32, 40, 64, 128])
def test_pages_of_other_words_are_not_the_same_where_no_line_can_be_read(side: int) -> None:
    small = [pixels(page(number), side) for number in range(8)]
    for number in range(8):
        assert compare(pixels(page(number), 1024), small[number]).verdict is Verdict.SAME
        other = small[(number + 1) % 8]
        assert compare(pixels(page(number), 1024), other).verdict is not Verdict.SAME
