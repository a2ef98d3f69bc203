"""Which copy is kept, and what is said of each."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actions.best_copy import best_copy, verdicts
from core.catalog.copies import File
from core.images.richness import GREY, LOSSLESS, RGB, Richness
from core.removal.copy_comparison import kept_by_compression, more_facts

FACTS = {"JPEG": Richness(quality=90), "PNG": Richness(quality=LOSSLESS), "GIF": Richness(quality=LOSSLESS, palette=1)}
BASE = File(b"k" * 20, b"/p/a.jpg", 1_000_000, 1_600_000_000 * 10**9, 4_000, 3_000, "JPEG", FACTS["JPEG"])
_numbers = iter(range(10_000))


def copy(**changes: object) -> File:
    """A file with unique content, and the facts of its format."""
    facts = FACTS.get(str(changes.get("format", "JPEG")), Richness())
    return replace(BASE, **{"key": next(_numbers).to_bytes(20, "big"), "facts": facts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("best", "other", "why", "why_not"),
    [
        (copy(), copy(width=800, height=600), "kept: largest, 4,000 x 3,000", "smaller: 800 x 600 of 4,000 x 3,000"),
        (copy(format="PNG"), copy(), "kept: PNG is lossless", "recompressed: JPEG of PNG"),
        (copy(), copy(size=500_000), "kept: less compressed, 1.0 MB", "recompressed: 500 KB of 1.0 MB"),
        (copy(), copy(mtime_ns=1_700_000_000 * 10**9), "kept: oldest, 2020-09-13", "newer: 2023-11-14"),
        (copy(), copy(path=b"/p/b.jpg"), "kept: first by path", "the same, and a.jpg comes first"),
        (copy(), copy(path=b"/p/a/a.jpg"), "kept: fewest folders deep", "the same, in a deeper folder"),
        (
            copy(path=b"/p/z/a.jpg"),
            copy(path=b"/p/a/b/a.jpg"),
            "kept: fewest folders deep",
            "the same, in a deeper folder",
        ),
        (copy(sharpness=100), copy(sharpness=50), "kept: sharpest", "less sharp"),
        (
            copy(facts=Richness(quality=92), size=1_000_000),
            copy(facts=Richness(quality=94), size=500_000),
            "kept: less compressed",
            "recompressed: 500 KB of 1.0 MB",
        ),
        (
            copy(facts=Richness(quality=92)),
            copy(facts=Richness(quality=60)),
            "kept: less compressed",
            "recompressed: quality 60 of 92",
        ),
        (
            copy(format="WEBP", facts=Richness(quality=LOSSLESS)),
            copy(format="WEBP", facts=Richness(quality=80)),
            "kept: WEBP is lossless",
            "recompressed: lossy WEBP of lossless WEBP",
        ),
        (
            copy(facts=Richness(quality=90, icc=7)),
            copy(),
            "kept: has a colour profile that the other lacks",
            "has less: without a colour profile",
        ),
    ],
)
def test_what_decides_is_what_is_said(best: File, other: File, why: str, why_not: str) -> None:
    assert best_copy([other, best]) == (1, why)
    chosen, said = verdicts([other, best], [False, False], [0, 1])
    assert (chosen, said[0].keep, said[0].reason, said[1].keep, said[1].reason) == (1, False, why_not, True, why)


def test_where_each_holds_what_the_other_lacks_both_stay() -> None:
    best, said = verdicts([copy(format="GIF"), copy()], [False, False], [0, 1])
    assert (best, said[1].reason) == (1, "kept: JPEG keeps more colours")
    assert (said[0].keep, said[0].reason) == (True, "kept: has no loss by compression (GIF)")


def test_a_lossless_grey_copy_is_kept_beside_the_coloured_one_for_which_the_small_ones_go() -> None:
    lossless = copy(format="PNG", facts=Richness(quality=LOSSLESS, colour=GREY))
    small = copy(width=100, height=75)
    best, said = verdicts([lossless, copy(), small], [False] * 3, [0, 1, 2])
    assert (best, said[1].reason) == (1, "kept: largest, 4,000 x 3,000; JPEG keeps more colours")
    assert [verdict.keep for verdict in said] == [True, True, False]


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


def test_between_lossy_formats_bytes_count_by_what_they_are_worth() -> None:
    webp = copy(format="WEBP", size=700_000, mtime_ns=1)
    assert best_copy([copy(), webp])[0] == 1
    poor = copy(format="WEBP", size=300_000, mtime_ns=1)
    assert best_copy([copy(), poor]) == (0, "kept: less compressed")
    assert verdicts([poor, copy()], [True, False], [0, 1])[1][1].reason == "kept: has less compression (1.0 MB)"


def test_sharpness_decides_where_nothing_before_does() -> None:
    assert best_copy([copy(), copy(width=100, sharpness=900)])[0] == 0
    assert best_copy([BASE, replace(BASE, path=b"/p/b.jpg")])[0] == 0  # the same bytes are equally sharp
    files = [copy(sharpness=50), copy(path=b"/p/sharp.jpg", sharpness=100)]
    assert best_copy(files) == (1, "kept: sharpest")
    assert verdicts(files, [False, False], [0, 1])[1][0].reason == "less sharp"


def test_unknown_sharpness_counts_as_none() -> None:
    files = [copy(), copy(path=b"/p/sharp.jpg", sharpness=100)]
    assert best_copy(files) == (1, "kept: sharpest")


def test_what_is_not_known_is_never_given_up() -> None:
    best, said = verdicts([copy(facts=None, width=400), copy()], [False, False], [0, 1])
    assert (best, said[0].keep) == (1, True)
    assert "unknown content" in said[0].reason


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


@pytest.mark.parametrize(
    ("better", "why"),
    [
        (copy(width=8_000), "kept: has more pixels, 8,000 x 3,000"),
        (copy(format="PNG"), "kept: has no loss by compression (PNG)"),
    ],
)
def test_a_better_copy_than_that_of_the_reference_folder_is_kept_too(better: File, why: str) -> None:
    best, said = verdicts([better, copy()], [False, True], [0, 1])
    assert (best, said[0].keep, said[0].reason) == (1, True, why)


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


_facts = st.builds(
    Richness,
    colour=st.sampled_from([RGB, RGB, GREY]),
    palette=st.integers(0, 1),
    quality=st.sampled_from([0, 60, 90, 92, LOSSLESS]),
    icc=st.sampled_from([0, 0, 7]),
    place=st.sampled_from([0, 0, 5]),
)


def _keyed(file: File) -> File:
    """The same content has the same key, and no other."""
    content = (file.size, file.width, file.height, file.format, file.facts, file.sharpness)
    return replace(file, key=hashlib.sha1(repr(content).encode()).digest())


_told = st.builds(
    File,
    st.just(b""),
    st.sampled_from([b"/a", b"/b", b"/c/d", b"/c/e", b"/f/g/h"]),
    st.sampled_from([100, 60, 40, 10]),
    st.integers(0, 3).map(lambda day: day * 10**18),
    st.sampled_from([1_000, 995, 988, 500]),
    st.just(1_000),
    st.sampled_from(["PNG", "JPEG", "WEBP"]),
    _facts,
    st.sampled_from([None, 50, 56, 62, 100]),
).map(_keyed)


def _depth(file: File) -> int:
    return file.path.count(b"/")


def _less_compressed(one: File, other: File) -> bool:
    fewer_bytes = one.format == other.format and other.size < 0.65 * one.size
    return fewer_bytes or (kept_by_compression(one, other) and not kept_by_compression(other, one))


# By what a reason begins or ends with: whether it is true of two files, and which criterion it is, in their order.
_TRUE: list[tuple[str, str, Callable[[File, File], bool]]] = [
    ("has ", "has less: ", lambda one, other: bool(more_facts(one.facts or Richness(), other.facts or Richness()))),
    (r"larg(est|er), ", "smaller: ", lambda one, other: one.pixels * 0.99 > other.pixels),
    (r"\w+ keeps more", "fewer colours: ", lambda one, other: one.facts != other.facts),
    (r"\w+ is lossless|less compressed", "recompressed: ", _less_compressed),
    (r"sharp(est|er)", "less sharp", lambda one, other: (one.sharpness or 0) > (other.sharpness or 0)),
    (r"old(est|er), ", "newer: ", lambda one, other: one.mtime_ns < other.mtime_ns),
    (r"few(est|er) folders deep", "the same, in a deeper folder", lambda one, other: _depth(one) < _depth(other)),
    (r"(first|earlier) by path", "the same, and ", lambda one, other: one.path < other.path),
]
_SUPERLATIVE: dict[str, Callable[[File], Any]] = {
    "largest": lambda file: -file.pixels,
    "sharpest": lambda file: -(file.sharpness or 0),
    "oldest": lambda file: file.mtime_ns,
    "fewest": _depth,
    "first": lambda file: file.path,
}


def _criterion(reason: str, *, lost: bool) -> int:
    found = [at for at, words in enumerate(_TRUE) if re.match(words[1] if lost else words[0], reason)]
    assert len(found) == 1, reason
    return found[0]


_groups = st.lists(_told, min_size=2, max_size=6, unique_by=lambda file: file.path)


@given(files=_groups, data=st.data())
def test_every_reason_that_is_said_is_true_of_the_files(files: list[File], data: st.DataObject) -> None:
    references = data.draw(st.lists(st.booleans(), min_size=len(files), max_size=len(files)))
    best, said = verdicts(files, references, list(range(len(files))))
    kept, others = files[best], [file for file in files if file is not files[best]]
    for file, verdict in zip(files, said, strict=True):
        if file is kept and verdict.reason not in ("kept: in a reference folder", "kept: as good as the others"):
            for part in verdict.reason.removeprefix("kept: ").split("; "):
                true = _TRUE[_criterion(part, lost=False)][2]
                assert any(true(kept, other) for other in others), part
                word = re.match(r"\w+", part)
                if word and word[0] in _SUPERLATIVE:
                    assert _SUPERLATIVE[word[0]](kept) == min(map(_SUPERLATIVE[word[0]], files)), part
        elif verdict.reason == "same bytes":
            assert file.key == kept.key
        elif not verdict.keep and verdict.reason != "has nothing that the kept copy lacks":
            true = _TRUE[_criterion(verdict.reason, lost=True)][2]
            assert any(true(other, file) for other in files), verdict.reason


@given(files=st.lists(_told, min_size=2, max_size=2, unique_by=lambda file: file.path))
def test_of_two_files_the_first_criterion_that_tells_them_apart_is_said(files: list[File]) -> None:
    best, why = best_copy(files)
    kept, other = files[best], files[1 - best]
    reason = why.removeprefix("kept: ")
    at = _criterion(reason, lost=False)
    # A later criterion does not count: with all that comes after turned round, the same one is kept, for the same.
    turned: dict[int, Callable[[File, File], File]] = {
        4: lambda one, two: _keyed(replace(one, sharpness=two.sharpness)),
        5: lambda one, two: replace(one, mtime_ns=two.mtime_ns),
        6: lambda one, two: replace(one, path=two.path),
    }
    one, two = kept, other
    for later in range(at + 1, 7):
        one, two = (turned[later](one, two), turned[later](two, one)) if later in turned else (one, two)
    assert best_copy([one, two])[0] == 0
    assert _criterion(best_copy([one, two])[1].removeprefix("kept: "), lost=False) == at
    # It does count: where they are alike in it, something else is said.
    alike: dict[int, Callable[[], File]] = {
        0: lambda: replace(other, facts=kept.facts),
        1: lambda: replace(other, width=kept.width),
        2: lambda: replace(other, facts=kept.facts),
        3: lambda: replace(other, facts=kept.facts, size=kept.size, format=kept.format),
        4: lambda: replace(other, sharpness=kept.sharpness),
        5: lambda: replace(other, mtime_ns=kept.mtime_ns),
        6: lambda: replace(other, path=os.path.join(os.path.dirname(kept.path), b"other")),
    }
    if at in alike:
        again = best_copy([kept, _keyed(alike[at]())])[1]
        assert _criterion(again.removeprefix("kept: ").split("; ")[0], lost=False) != at, (why, again)
