"""Scores as a line of bars."""

from __future__ import annotations

from core.actions.answer import Distribution
from tui.widgets.histogram import histogram


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
