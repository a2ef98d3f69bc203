"""Which pictures are compared though their vectors are far apart: small with larger ones, grey with coloured ones."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.actions import distant_copies
from core.actions.distant_copies import SMALL, distant_pairs
from core.arrays import Rows, normalise
from core.catalog.appearances import measure
from core.catalog.measures import Measures, measures_of
from core.keys import KEY
from core.project import Project

RED, ROSY, GREEN, GREY = (120, 60, 60), (126, 55, 62), (60, 120, 60), (78, 78, 78)  # red and grey have one luma
UNKNOWN = (np.nan, np.nan, np.nan)
Known = tuple[tuple[int, int], tuple[float, float, float]]


def pairs(*known: Known, rows: Rows | None = None, colourless: Collection[int] = ()) -> dict[int, list[int]]:
    """By picture; the others in the order in which they are compared. ``colourless``: those whose files hold none."""
    sides, means = np.array([one[0] for one in known]), np.array([one[1] for one in known], np.float32)
    measures = Measures(sides, means, np.isin(np.arange(len(known)), list(colourless)))
    numbers = np.arange(len(known))
    rows = normalise(np.ones((len(known), 4), np.float32)) if rows is None else rows
    return dict(distant_pairs(rows, numbers, measures, lambda: None))


def test_a_small_picture_is_compared_with_larger_ones_of_its_proportions_and_colour() -> None:
    large, small = (640, 480), (80, 60)
    assert pairs((large, RED), (small, ROSY)) == {1: [0]}
    assert pairs((large, GREEN), (small, RED)) == {}
    assert pairs(((480, 640), RED), (small, RED)) == {}
    assert pairs(((100, 75), RED), (small, RED)) == {}  # both are as blurred: vectors find them
    assert pairs((large, RED), ((SMALL, SMALL * 3 // 4), RED)) == {}


def test_a_grey_picture_is_compared_with_coloured_ones_of_its_brightness() -> None:
    size = (640, 480)
    assert pairs((size, RED), (size, GREY)) == {1: [0]}
    assert pairs((size, RED), (size, (60, 60, 60))) == {}
    assert pairs((size, GREY), (size, GREY)) == {}
    assert pairs((size, RED), (size, RED)) == {}


def test_a_file_without_colours_is_compared_with_one_whose_colours_are_balanced() -> None:
    size = (640, 480)
    assert pairs((size, GREY), (size, GREY), colourless=[1]) == {1: [0]}
    assert pairs((size, GREY), (size, GREY), colourless=[0, 1]) == {}
    found = pairs((size, GREY), (size, RED), (size, GREY), colourless=[2])
    assert {one: set(others) for one, others in found.items()} == {0: {1}, 2: {0, 1}}


def test_what_is_not_measured_or_unreadable_is_left_out() -> None:
    assert pairs(((640, 480), UNKNOWN), ((80, 60), RED)) == {}
    assert pairs(((640, 480), RED), ((80, 60), UNKNOWN)) == {}
    assert pairs(((640, 480), RED), ((0, 0), RED)) == {}
    assert pairs(((0, 0), RED), ((80, 60), RED)) == {}


def test_the_nearest_by_their_vectors_come_first_and_few_are_compared() -> None:
    angles = np.linspace(0.1, 1.5, 30)
    rows = np.array([(1.0, 0.0), *zip(np.cos(angles), np.sin(angles), strict=True)], np.float32)
    found = pairs(((80, 60), RED), *[((640, 480), RED)] * 30, rows=rows)
    assert found == {0: list(range(1, 9))}


sides = st.tuples(st.integers(0, 900), st.integers(0, 900))
colours = st.one_of(
    st.just(UNKNOWN), st.integers(0, 255).map(lambda v: (v, v, v)), st.tuples(*[st.integers(0, 255)] * 3)
)


@given(st.lists(st.tuples(sides, colours), max_size=12))
def test_no_pair_is_one_that_vectors_tell(known: list[Known]) -> None:
    for one, others in pairs(*known).items() if known else ():
        for other in others:
            (mine, my_colour), (its, its_colour) = known[one], known[other]
            smaller = max(mine) < SMALL and max(its) > max(mine)
            greyer = np.ptp(my_colour) <= 3 < np.ptp(its_colour)
            assert smaller or greyer
            assert min(*mine, *its) > 0


def one_by_one(rows: Rows, measures: Measures) -> dict[int, list[int]]:
    """The same, each picture compared with each other one, as the module says it."""
    found = {}
    luma = measures.colours @ np.array([0.299, 0.587, 0.114], np.float32)
    longer, grey = measures.longer(), measures.grey()
    perhaps = ~grey | ~measures.colourless
    for one in range(len(rows)):
        may = []
        for other in range(len(rows)):
            smaller = longer[one] < SMALL and longer[other] >= 1.5 * longer[one]
            like = np.abs(measures.colours[other] - measures.colours[one]).max() <= 16
            greyer = grey[one] and (perhaps if measures.colourless[one] else ~grey)[other]
            greyer &= abs(luma[other] - luma[one]) <= 8
            (width, height), (its_width, its_height) = measures.sides[one].tolist(), measures.sides[other].tolist()
            slack = 0.03 + 1 / min(width, height)
            if ((smaller and like) or greyer) and abs(its_width / its_height * height / width - 1) <= slack:
                may.append(other)
        if may:
            order = np.argsort(-(rows[may] @ rows[one]), kind="stable")[:8]
            found[one] = [may[place] for place in order]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_many_are_compared_at_once_as_they_would_be_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distant_copies, "_BLOCK", 16)
    monkeypatch.setattr(distant_copies, "_CHUNK", 32)
    draw = np.random.default_rng(seed)
    count = 150
    sides = np.array([(120, 90), (90, 120), (16, 16), (17, 16), (640, 480), (480, 641), (1, 3), (3_000, 2_000)])
    sides = sides[draw.integers(len(sides), size=count)]
    light = draw.integers(60, 120, (count, 1))
    colours = np.where(draw.random((count, 1)) < 0.3, light, light + draw.integers(-12, 12, (count, 3)))
    measures = Measures(sides, colours.astype(np.float32), draw.random(count) < 0.2)
    rows = normalise(draw.standard_normal((count, 16), np.float32))
    assert dict(distant_pairs(rows, np.arange(count), measures, lambda: None)) == one_by_one(rows, measures)


def test_the_measures_are_those_of_the_catalog(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), (255, 128, 1)).save(tmp_path / "one.png")
    Image.new("L", (20, 50), 7).save(tmp_path / "two.png")
    with Project.open_or_create(tmp_path) as project:
        project.scan()
        keys = project.catalog.keys()
        before = measures_of(project.catalog, keys)
        assert np.isnan(before.colours).all()
        measure(project.catalog)
        asked = np.concatenate([keys[::-1], np.array([b"\xff" * 20], KEY)])
        found = measures_of(project.catalog, asked)
        table = zip(found.sides.tolist(), found.colours.tolist(), strict=True)
        known = {tuple(size): tuple(colour) for size, colour in table}
        assert known.pop((0, 0)) == pytest.approx(UNKNOWN, nan_ok=True)
        assert known == {(40, 30): (255, 128, 1), (20, 50): (7, 7, 7)}
        assert found.grey().sum() == found.colourless.sum() == 1


def test_an_empty_catalog_knows_nothing(tmp_path: Path) -> None:
    with Project.open_or_create(tmp_path) as project:
        assert np.isnan(measures_of(project.catalog, np.array([b"\x01" * 20], KEY)).colours).all()
