"""Maps side by side: which pictures both have, and one selection over both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.maps.together import Selection, Together

names = st.lists(st.binary(min_size=20, max_size=20).filter(lambda key: key[-1]), max_size=8, unique=True)


def keys(*letters: str) -> np.ndarray:
    """Keys of pictures that are called by a letter each."""
    return np.array(sorted(letter.encode() * 20 for letter in letters), "S20")


def letters(found: np.ndarray) -> str:
    return "".join(key[:1].decode() for key in found.tolist())


@given(names, names)
def test_every_picture_is_there_once_and_is_found_again(one: list[bytes], other: list[bytes]) -> None:
    maps = [np.array(sorted(each), "S20") for each in (one, other)]
    together = Together.of(maps)
    assert together.keys.tolist() == sorted({*one, *other})
    for side, here in enumerate(maps):
        assert (together.keys[together.places[side]] == here).all()
        assert together.lacks(side) == len({*one, *other}) - len(here)
        there = maps[1 - side].tolist()
        for number, key in enumerate(here.tolist()):
            seen = together.seen_on(1 - side, side, number)
            assert seen == (there.index(key) if key in there else None)


def test_one_selection_is_seen_on_both() -> None:
    together = Together.of([keys(*"abc"), keys(*"bcde")])
    selection = Selection(together)
    selection.add(0, np.array([True, True, False]))
    assert letters(selection.keys) == "ab" and len(selection) == 2
    assert selection.on(0).tolist() == [True, True, False] and selection.on(1).tolist() == [True, False, False, False]
    assert (selection.lacks(0), selection.lacks(1)) == (0, 1)
    selection.turn(1, 0)
    selection.turn(1, 3)
    assert letters(selection.keys) == "ae" and selection.lacks(0) == 1
    selection.clear()
    assert not len(selection) and not selection.on(1).any()


def test_a_selection_goes_along_to_other_maps() -> None:
    selection = Selection(Together.of([keys(*"abc")]))
    selection.add(0, np.array([True, False, True]))
    moved = selection.moved_to(Together.of([keys(*"bcd"), keys(*"cx")]))
    assert letters(moved.keys) == "c" and letters(selection.keys) == "ac"
    assert moved.on(1).tolist() == [True, False]


@pytest.mark.parametrize("maps", [[], [keys()], [keys(), keys(*"a")]])
def test_maps_without_pictures(maps: list[np.ndarray]) -> None:
    together = Together.of(maps)
    selection = Selection(together)
    assert not len(selection) and len(selection.keys) == 0
    assert len(selection.moved_to(together).keys) == 0
    assert [len(selection.on(side)) for side in range(len(maps))] == [len(one) for one in maps]
