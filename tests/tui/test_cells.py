"""Text that is measured in terminal cells."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from core.text import printable
from tui.widgets.cells import (
    centred_line,
    enumerated,
    first_that_fits,
    fit,
    header,
    header_room,
    in_lines,
    shorten,
    shorten_left,
    shorten_name,
    shorten_right,
    texts_in_lines,
    wrapped,
)

# What people see as one character: letters with accents of their own, emoji of one and more parts, wide and narrow.
CHARACTERS = ["a", "e\u0301", "o\u0302\u0323", "画", "ｱ", "🎉", "❤\ufe0f", "🏖\ufe0f", "1\ufe0f\u20e3", "👍🏽"]
JOINED = "👩\u200d👩\u200d👧"  # one picture, where nothing made it printable
TEXTS = st.text(max_size=40).map(printable) | st.lists(st.sampled_from([*CHARACTERS, JOINED]), max_size=30).map("".join)


def test_shorten_keeps_both_ends():
    assert shorten("0412_market_square.tif", 12) == "0412_m…e.tif"
    assert shorten("short.png", 12) == "short.png"


def test_shorten_counts_chinese_characters_twice():
    assert shorten("一二三四五六七八九十", 9) == "一二…九十"


def test_a_name_loses_its_ending_before_its_middle():
    assert shorten_name("cavalier.png", 12) == "cavalier.png"
    assert shorten_name("cavalier.png", 11) == "cavalier"
    assert shorten_name("cavalier.png", 7) == "cav…ier"
    assert shorten_name(".hidden-file-with-a-long-name", 9) == ".hid…name"
    assert shorten_name("no ending at all", 7) == "no …all"


def test_shorten_left_keeps_the_end():
    assert shorten_left("/home/somebody/pictures", 10) == "…/pictures"
    assert shorten_left("/画像/写真", 7) == "…/写真"


def test_shorten_right_keeps_the_beginning():
    assert shorten_right("truncated: the file ends", 10) == "truncated…"


@given(text=TEXTS, width=st.integers(0, 30))
def test_shortened_text_fits(text: str, width: int):
    assert cell_len(shorten(text, width)) <= width
    assert cell_len(shorten_left(text, width)) <= width
    assert cell_len(shorten_right(text, width)) <= width
    assert cell_len(fit(text, width)) == width


@pytest.mark.parametrize("cut", [shorten, shorten_left, shorten_right, shorten_name])
@pytest.mark.parametrize("character", [*CHARACTERS, JOINED])
def test_a_name_with_accents_and_emoji_is_cut_between_what_people_see_as_characters(
    cut: Callable[[str, int], str], character: str
) -> None:
    name = f"b{character}c{character}" * 4 + "d.png"
    for width in range(1, cell_len(name) + 1):
        shown = cut(name, width)
        assert cell_len(shown) <= width
        assert not shown.replace(character, "").strip("bcd….png"), shown
        assert cell_len(shown) >= min(width, cell_len("bc" * 4 + "d")) - 2 * cell_len(character)  # nothing is wasted
    assert fit(name, cell_len(name) + 3) == f"{name}   "


@given(text=TEXTS, width=st.integers(2, 30))
def test_wrapped_text_loses_nothing_and_fits(text: str, width: int):
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(cell_len, lines), default=0) <= width


@given(text=TEXTS, width=st.integers(1, 40), height=st.integers(1, 9))
def test_centred_lines_fill_the_box(text: str, width: int, height: int):
    assert {cell_len(centred_line(text, line, width, height)) for line in range(height)} == {width}


def test_centred_text_is_wrapped_around_the_middle():
    lines = [centred_line("no pictures here", line, 15, 4).rstrip() for line in range(4)]
    assert lines == ["", "  no pictures", "      here", ""]


@given(title=TEXTS, facts=TEXTS, width=st.integers(0, 120))
def test_header_puts_facts_at_the_right_end(title: str, facts: str, width: int):
    room = header_room(facts, width)
    line = header(Text(shorten(title, room)), facts, width)
    assert line.plain.endswith(facts)
    if room:
        assert line.cell_len == width - 1


@given(names=st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=12), room=st.integers(16, 200))
def test_an_enumeration_never_takes_more_room_than_it_has_and_says_how_many(names: list[str], room: int):
    shown = enumerated(names, room)
    assert cell_len(shown) <= room
    assert shown == ", ".join(names) or len(names) == 1 or shown.endswith(f" and {len(names) - 1} more")


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (40, "group 1 of 4 · 3 marked · all decided"),
        (36, "group 1/4 · all decided"),
        (23, "group 1/4 · all decided"),
        (5, "1/4"),
    ],
)
def test_the_first_line_that_fits_is_taken_and_empty_parts_are_left_out(width: int, line: str) -> None:
    lines = (("group 1 of 4", "", "3 marked", "all decided"), ("group 1/4", "", "all decided"), ("1/4", ""))
    assert first_that_fits(lines, width) == line


FACTS = ["300 x 232", "JPEG", "9.9 KB", "2026-11-28"]


@pytest.mark.parametrize("width", range(10, 60))
def test_parts_go_to_another_line_before_one_is_cut(width: int) -> None:
    lines = in_lines(FACTS, width)
    assert max(map(cell_len, lines)) <= width
    assert " · ".join(lines) == " · ".join(FACTS)


def test_no_line_is_begun_too_early_and_a_longer_part_is_cut() -> None:
    assert in_lines(FACTS, 37) == ["300 x 232 · JPEG · 9.9 KB", "2026-11-28"]
    assert in_lines(FACTS, 38) == ["300 x 232 · JPEG · 9.9 KB · 2026-11-28"]
    assert in_lines(["1,234,567 x 3", "PNG"], 9) == ["1,23… x 3", "PNG"]


def test_styled_parts_are_joined_as_plain_ones_and_keep_their_styles():
    parts = [Text("a" * 5), Text("red", "red"), Text("too long for a line"), Text("end")]
    lines = texts_in_lines(parts, 12)
    assert [line.plain for line in lines] == ["aaaaa · red", "too long fo…", "end"]
    assert [str(span.style) for span in lines[0].spans] == ["red"]
    assert parts[0].plain == "aaaaa"
