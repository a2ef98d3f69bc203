"""Which copy is kept, and what is said of each."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actions.best_copy import best_copy, verdicts
from core.catalog.copies import File

BASE = File(b"k" * 20, b"/p/a.jpg", 1_000_000, 1_600_000_000 * 10**9, 4_000, 3_000, "JPEG")
_numbers = iter(range(10_000))


def copy(**changes: object) -> File:
    """A file of its own content."""
    return replace(BASE, **{"key": next(_numbers).to_bytes(20, "big"), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("best", "other", "why", "why_not"),
    [
        (copy(), copy(width=800, height=600), "kept: largest, 4,000 x 3,000", "smaller: 800 x 600 of 4,000 x 3,000"),
        (copy(format="PNG"), copy(), "kept: PNG loses nothing", "recompressed: JPEG of PNG"),
        (copy(), copy(format="GIF"), "kept: JPEG keeps more", "recompressed: GIF of JPEG"),
        (copy(), copy(size=500_000), "kept: less compressed, 1.0 MB", "recompressed: 500 KB of 1.0 MB"),
        (copy(), copy(mtime_ns=1_700_000_000 * 10**9), "kept: oldest, 2020-09-13", "newer: 2023-11-14"),
        (copy(), copy(path=b"/p/b.jpg"), "kept: first by its path", "the same, and a.jpg comes first"),
        (copy(), copy(path=b"/p/a/a.jpg"), "kept: first by its path", "the same, and a.jpg comes first"),
    ],
)
def test_what_decides_is_what_is_said(best: File, other: File, why: str, why_not: str) -> None:
    assert best_copy([other, best]) == (1, why)
    chosen, said = verdicts([other, best], [False, False], [0, 1])
    assert (chosen, said[0].keep, said[0].reason, said[1].keep, said[1].reason) == (1, False, why_not, True, why)


def test_what_comes_first_decides_whatever_comes_after() -> None:
    files = [
        copy(width=8_000, size=1, mtime_ns=2 * 10**18),
        copy(format="PNG"),
        copy(size=10**9),
        copy(mtime_ns=1),
    ]
    assert best_copy(files)[0] == 0
    assert best_copy(files[1:])[0] == 0


def test_small_differences_do_not_decide() -> None:
    older = copy(mtime_ns=1, size=800_000, height=2_980)
    assert best_copy([copy(), older]) == (1, "kept: oldest, 1970-01-01")


def test_sizes_in_bytes_are_compared_within_a_format() -> None:
    webp = copy(format="WEBP", size=300_000, mtime_ns=1)
    assert best_copy([copy(), webp])[0] == 1


def test_sharpness_is_asked_only_where_nothing_before_decides() -> None:
    asked: list[File] = []

    def sharpness(file: File) -> float:
        asked.append(file)
        return 100.0 if file.path == b"/p/sharp.jpg" else 50.0

    assert best_copy([copy(), copy(width=100)], sharpness)[0] == 0
    assert best_copy([BASE, replace(BASE, path=b"/p/b.jpg")], sharpness)[0] == 0  # the same bytes are equally sharp
    assert asked == []
    files = [copy(), copy(path=b"/p/sharp.jpg")]
    assert best_copy(files, sharpness) == (1, "kept: sharpest")
    assert verdicts(files, [False, False], [0, 1], sharpness)[1][0].reason == "less sharp"
    assert {file.path for file in asked} == {b"/p/a.jpg", b"/p/sharp.jpg"}


def test_the_same_bytes_are_called_so_whatever_else_differs() -> None:
    later = replace(BASE, path=b"/p/z.jpg", mtime_ns=2 * 10**18)
    best, said = verdicts([later, BASE], [False, False], [0, 1])
    assert (best, said[0].reason) == (1, "same bytes")


def test_references_are_kept_and_the_rest_goes_for_them() -> None:
    files = [copy(mtime_ns=1), copy(path=b"/ref/a.jpg"), copy(path=b"/ref/b.jpg"), copy(width=100)]
    best, said = verdicts(files, [False, True, True, False], [0, 1, 2, 3])
    assert best == 1
    assert [verdict.keep for verdict in said] == [False, True, True, False]
    assert said[2].reason == "kept: in a reference folder"


@pytest.mark.parametrize("better", [copy(width=8_000), copy(format="PNG")])
def test_a_better_copy_than_that_of_the_reference_folder_is_kept_too(better: File) -> None:
    best, said = verdicts([better, copy()], [False, True], [0, 1])
    assert (best, said[0].keep, said[0].reason) == (1, True, "kept: better than the one in the reference folder")


def test_names_are_shown_harmlessly() -> None:
    files = [copy(path=b"/p/a\x1b[31m\xff.jpg"), copy(path=b"/p/b.jpg")]
    _, said = verdicts(files, [False, False], [0, 1])
    assert said[1].reason == "the same, and a\\x1b[31m\\xff.jpg comes first"


_files = st.builds(
    File,
    st.binary(min_size=20, max_size=20),
    st.sampled_from([b"/a", b"/b", b"/c/d", b"/c/e", b"/f", b"/g"]),
    st.integers(0, 10),
    st.integers(0, 3).map(lambda day: day * 10**18),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["", "PNG", "JPEG", "GIF", "WEBP"]),
)


@given(files=st.lists(_files, min_size=1, max_size=6, unique_by=lambda file: file.path), data=st.data())
def test_one_is_always_kept_and_it_does_not_depend_on_the_order(files: list[File], data: st.DataObject) -> None:
    references = data.draw(st.lists(st.booleans(), min_size=len(files), max_size=len(files)))
    best, said = verdicts(files, references, list(range(len(files))))
    assert said[best].keep
    assert all(verdict.keep for verdict, reference in zip(said, references, strict=True) if reference)
    assert all(verdict.reason for verdict in said)
    assert all(
        file.pixels <= 1.02 * files[best].pixels for file, verdict in zip(files, said, strict=True) if not verdict.keep
    )
    chosen = files[best_copy(files)[0]]
    turned = list(reversed(files))
    assert turned[best_copy(turned)[0]] == chosen
