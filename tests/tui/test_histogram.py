"""Scores as a line of bars."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from core.actions.answer import Distribution
from tui.widgets.histogram import beside, between, cut_in_words, histogram


def spread(*counts: int) -> Distribution:
    return Distribution(0.0, 1.0, counts, 0.3, 0.1, 0.6)


def test_bars_are_as_high_as_there_are_pictures_and_the_cut_parts_them():
    assert histogram(spread(1, 100, 10_000, 0, 0, 0, 0, 1), 0.5, 9).plain == "▂▅█ │   ▂"


def test_it_has_the_width_there_is_and_the_cut_stays_within():
    for width in (2, 9, 34, 80):
        for cut in (-5.0, 0.0, 0.99, 1.0, 5.0):
            line = histogram(spread(*range(48)), cut, width).plain
            assert (len(line), line.count("│")) == (width, 1)


def test_one_score_for_all_is_one_bar():
    flat = Distribution(0.5, 0.5, (7, 0, 0), 0.5, 0.0, 0.5)
    assert histogram(flat, 0.5, 4).plain == "│█  "


def test_taller_bars_have_all_lines_and_the_cut_in_each():
    for height in (2, 3):
        lines = histogram(spread(1, 100, 10_000, 0, 0, 0, 0, 1), 0.5, 9, height).plain.split("\n")
        assert len(lines) == height
        assert all((len(line), line[4]) == (9, "│") for line in lines)
        assert [line[2] for line in lines] == ["█"] * height
        assert lines[0][0] == " " and lines[-1][0] != " "  # a single picture is seen


def test_the_cut_is_said_in_words():
    def said(cut: float, above: int, *, more: bool = False, far: bool = False) -> str:
        return cut_in_words(spread(1, 2), cut, above, more=more, far=far, accent=Style()).plain

    assert [said(0.67, above) for above in (1, 12)] == ["1 stands out, score ≥ 0.67", "12 stand out, score ≥ 0.67"]
    assert said(0.67, 9, more=True).startswith("9+ stand out")
    assert said(0.67, 12, far=True) == "12 stand out, score ≥ 0.67, 3.7 σ above the median"
    assert said(0.25, 12, far=True).endswith(", 0.5 σ below the median")


def test_the_ends_of_the_scale_stand_beside_the_lowest_line():
    lines = between(Text("abc\ndef"), "-0.10", "0.9").plain.split("\n")
    assert lines == ["      abc    ", "-0.10 def 0.9"]


def test_words_stand_at_the_right_of_the_last_lines():
    lines = beside(Text("abc\ndef\nghi"), [Text("one"), Text("two")]).plain.split("\n")
    assert lines == [" abc", " def  one", " ghi  two"]
