"""Captions show what differs between the names that are seen together."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.captions import captions
from tui.widgets.cells import shorten_name

LETTERS = "abc_-.12 é世🙂"
NAMES = st.lists(st.text(LETTERS, min_size=1, max_size=40), max_size=12)
WIDTHS = st.integers(1, 40)


@given(NAMES, WIDTHS)
def test_every_name_has_a_caption_that_fits_and_what_fits_is_whole(names: list[str], width: int) -> None:
    found = captions(names, width)
    assert found.keys() == set(names)
    for name, caption in found.items():
        assert cell_len(caption) <= width
        assert caption == name or cell_len(name) > width


@given(NAMES, WIDTHS)
def test_captions_do_not_depend_on_the_order_or_on_repetitions(names: list[str], width: int) -> None:
    assert captions(names, width) == captions([*reversed(names), *names], width)


@given(
    st.text("photo_", min_size=0, max_size=30),
    st.lists(st.integers(0, 999), min_size=2, max_size=10, unique=True),
    st.text("_final", min_size=0, max_size=30),
    st.sampled_from(["", ".png", ".jpeg", ".thumbnail"]),
    st.integers(5, 40),
)
def test_numbers_in_names_alike_at_both_ends_are_always_seen(
    before: str, numbers: list[int], after: str, ending: str, width: int
) -> None:
    names = {number: f"{before}{number:03}{after}{ending}" for number in numbers}
    found = captions(names.values(), width)
    assert len(set(found.values())) == len(names)


@given(st.lists(st.text("abc", min_size=12, max_size=12), unique=True, max_size=10), st.integers(8, 11))
def test_names_that_are_cut_are_told_apart_or_were_different_before(names: list[str], width: int) -> None:
    found = captions(names, width)
    for one in names:
        for other in names:
            if one != other and shorten_name(one, width) == shorten_name(other, width):
                assert found[one] != found[other]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (24, ["photo_2023_001_final.png", "photo_2023_002_final.png"]),
        (20, ["photo_2023_001_final", "photo_2023_002_final"]),
        (16, ["photo_2023_001_…", "photo_2023_002_…"]),
        (15, ["photo_2023_001…", "photo_2023_002…"]),
        (14, ["…023_001_final", "…023_002_final"]),
        (10, ["…001_final", "…002_final"]),
        (8, ["…23_001…", "…23_002…"]),
        (5, ["…001…", "…002…"]),
        (3, ["…1…", "…2…"]),
    ],
)
def test_the_beginning_stays_where_it_reaches_to_the_difference(width: int, expected: list[str]) -> None:
    assert list(captions(["photo_2023_001_final.png", "photo_2023_002_final.png"], width).values()) == expected


def test_names_that_differ_at_an_end_are_cut_in_the_middle_as_ever() -> None:
    names = ["acoustic-guitar-on-a-chair.png", "bass-guitar-on-a-chair.png", "acoustic-guitar-on-a-table.png"]
    assert captions(names, 12) == {name: shorten_name(name, 12) for name in names}


def test_one_stranger_does_not_hide_what_differs() -> None:
    names = ["photo_2023_001_final.png", "photo_2023_002_final.png", "a zebra at the end of a long road.png"]
    found = captions(names, 12)
    assert found[names[0]] == "…3_001_final"
    assert found[names[2]] == shorten_name(names[2], 12)


def test_names_that_differ_in_two_places_and_have_room_for_none_are_told_apart() -> None:
    names = [os.fsdecode(b"x" * 20) + f"{a}{'m' * 20}{b}" + "y" * 20 for a in "12" for b in "34"]
    found = captions(names, 10)
    assert len(set(found.values())) == 4


def test_the_same_name_with_another_ending_is_told_apart() -> None:
    names = ["a very long name of a picture.png", "a very long name of a picture.jpg"]
    assert [captions(names, 12)[name][-3:] for name in names] == ["png", "jpg"]
