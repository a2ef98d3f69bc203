"""Which path lies in which."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.paths import is_inside

NAMES = st.lists(st.sampled_from([b"a", b"b", b"ab", b"a b", b"\xff", b"a."]), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("path", "folder", "lies"),
    [
        (b"/a/b", b"/a", True),
        (b"/a/b", b"/a/", True),
        (b"/a", b"/a", True),
        (b"/ab", b"/a", False),
        (b"/a", b"/a/b", False),
        (b"/a", b"/", True),
        (b"/", b"/", True),
        (b"a/b", b"", True),
        (b"", b"", True),
        (b"", b"a", False),
    ],
)
def test_a_folder_holds_itself_and_what_is_below_it(path: bytes, folder: bytes, lies: bool) -> None:
    assert is_inside(path, folder) == lies


@given(NAMES, NAMES)
def test_names_count_as_a_whole(names: list[bytes], others: list[bytes]) -> None:
    path, folder = (b"/" + b"/".join(parts) for parts in (names, others))
    assert is_inside(path, folder) == (os.path.commonpath([path, folder]) == folder)
