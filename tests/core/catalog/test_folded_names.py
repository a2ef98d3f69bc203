"""File names that are searched and sorted without regard to case."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from core.catalog.folded_names import FoldedNames, fold

NAMES = st.lists(
    st.one_of(
        st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=40),
        st.builds("{}{}".format, st.sampled_from(["IMG_2024", "image of the harbour ", "ÄÖ"]), st.integers(0, 30)),
        st.binary(min_size=1, max_size=20).map(lambda raw: os.fsdecode(raw.translate(None, b"/\0") or b"x")),
    ),
    max_size=40,
)


def folded(names: list[str]) -> FoldedNames:
    return FoldedNames(os.fsencode("/".join(names)) if names else None)


@given(NAMES)
def test_ranks_are_those_of_pythons_order(names: list[str]) -> None:
    found = folded(names)
    texts = [found.text(number) for number in range(len(found))]
    assert found.ranks.tolist() == [sum(other < text for other in texts) for text in texts]


@given(NAMES)
def test_each_name_is_folded(names: list[str]) -> None:
    found = folded(names)
    assert [found.text(number) for number in range(len(found))] == [fold(name) for name in names]


def test_names_that_are_equal_for_many_bytes_and_equal_ones_end() -> None:
    found = folded(["a" * 200, "a" * 199 + "b", "a" * 200, "A" * 8, "a" * 16, "a" * 8])
    assert found.ranks.tolist() == [3, 5, 3, 0, 2, 0]


def test_none_have_no_ranks() -> None:
    assert len(folded([])) == 0 and folded([]).ranks.tolist() == []
