"""Placeholders within the app, and what the terminal gets."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import MONOKAI
from textual.color import Color
from textual.filter import ANSIToTruecolor, DimFilter, LineFilter, Monochrome, NoColor
from textual.strip import Strip

from tests.tui.graphics.ghostty import Ghostty, PlaceholderCell
from tui.graphics.placeholders import MOST_CELLS, PICTURE, PLACEHOLDER, placeholder_rows, visible
from tui.graphics.upstream import DIACRITICS

IDS = st.builds(lambda low, high: high << 24 | low, st.integers(1, 255), st.integers(0, 255))


def test_the_exact_characters() -> None:
    """Row, column, high byte, low byte; then the low byte is a colour."""
    first, second = placeholder_rows(2 << 24 | 3, 2, 2)
    zero, one, two, three = "\u0305\u030d\u030e\u0310"
    assert first.text == f"{PLACEHOLDER}{zero}{zero}{two}{three}{PLACEHOLDER}{zero}{one}{two}{three}"
    assert visible(second.text) == (f"\x1b[38;5;3m{PLACEHOLDER}{one}{zero}{two}{PLACEHOLDER}{one}{one}{two}\x1b[39m")
    assert first.style is PICTURE


@given(IDS, st.integers(1, MOST_CELLS), st.integers(1, 4))
def test_every_cell_has_width_one_and_survives_cropping(image_id: int, columns: int, rows: int) -> None:
    for segment in placeholder_rows(image_id, columns, rows):
        assert cell_len(segment.text) == columns
        strip = Strip([segment], columns).crop(columns // 3, columns)
        assert len(strip.text) == 5 * (columns - columns // 3)


@given(IDS, IDS, st.integers(1, 12), st.text(max_size=5), st.text(max_size=5))
def test_other_text_stays_and_each_picture_has_its_colour(one: int, other: int, columns: int, a: str, b: str) -> None:
    a, b = a.replace(PLACEHOLDER, ""), b.replace(PLACEHOLDER, "")
    cells = placeholder_rows(one, columns, 1)[0].text + placeholder_rows(other, columns, 1)[0].text
    shown = visible(f"{a}|{cells}|{b}")
    assert shown.startswith(f"{a}|\x1b[38;5;{one & 255}m{PLACEHOLDER}")
    assert shown.endswith(f"\x1b[39m|{b}")
    assert shown.count(PLACEHOLDER) == 2 * columns
    assert set(re.findall(r"\x1b\[38;5;(\d+)m", shown)) >= {str(one & 255), str(other & 255)}
    assert len(re.sub(r"\x1b\[[0-9;]*m", "", shown[len(a) : len(shown) - len(b)])) == 2 + 2 * 4 * columns


@given(st.text(alphabet=[PLACEHOLDER, *DIACRITICS[:3], DIACRITICS[296], "a", " "], max_size=30))
def test_a_placeholder_that_is_not_ours_becomes_a_space(text: str) -> None:
    """Nor has one of ours an id that cannot be: no low byte of 0, none above 255."""
    shown = visible(text)
    any_one, byte, low_byte = ("".join(some) for some in (DIACRITICS, DIACRITICS[:256], DIACRITICS[1:256]))
    ours = re.findall(f"{PLACEHOLDER}[{any_one}]{{2}}[{byte}][{low_byte}]", text)
    assert shown.count(PLACEHOLDER) == len(ours)
    assert shown.count(PLACEHOLDER) + shown.count(" ") == text.count(PLACEHOLDER) + text.count(" ")


def test_text_without_placeholders_is_the_same_object() -> None:
    text = "\x1b[31mé" * 1000
    assert visible(text) is text


@pytest.mark.parametrize("system", ["standard", "256", "truecolor"])
@pytest.mark.parametrize("changes", [[], [ANSIToTruecolor(MONOKAI)], [DimFilter(0.5)], [Monochrome()], [NoColor()]])
def test_ids_survive_few_colours_and_tints(system: str, changes: list[LineFilter]) -> None:
    """Rich knows 16 colours for xterm-ghostty over SSH; Textual dims, greys and tints what is under a modal."""
    chosen = [high << 24 | low for high in (0, 1, 127, 128, 255) for low in (1, 8, 16, 20, 127, 128, 231, 255)]
    console = Console(color_system=system, force_terminal=True)  # type: ignore[arg-type]
    terminal = Ghostty(80, len(chosen))
    for row, image_id in enumerate(chosen):
        [segment] = placeholder_rows(image_id, 5, 1)
        strip = Strip([Segment("name "), segment, Segment(" rest")])
        strip = strip.apply_style(Style(color="#eeeeee", bgcolor="#202060", dim=True))
        for change in changes:
            strip = strip.apply_filter(change, Color(40, 40, 40))
        terminal.feed(f"\x1b[{row + 1};1H" + visible(strip.render(console)))
        read = [terminal.placeholder(column, row) for column in range(5, 10)]
        assert read == [PlaceholderCell(0, column, image_id) for column in range(5)]


def test_the_colour_of_an_id_ends_with_its_cells() -> None:
    """Also where Rich writes no reset, for a segment whose style has no colours."""
    terminal = Ghostty()
    [segment] = placeholder_rows(77, 2, 1)
    terminal.feed(visible(Strip([segment, Segment("text")]).render(Console(color_system="256", force_terminal=True))))
    assert terminal.placeholder(1, 0) == PlaceholderCell(0, 1, 77)
    assert terminal.terminal.style(2, 0)["fg"] is None
