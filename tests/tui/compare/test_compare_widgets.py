"""What Compare draws in cells: bars with intervals, columns that fit, names above columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from core.metrics.macro import Estimate
from tui.widgets.compare_bar import interval_bar
from tui.widgets.compare_table import Bars, Column, fitting

shares = st.floats(0, 1)


@given(st.tuples(shares, shares, shares), st.floats(0.01, 1), st.integers(1, 60))
def test_a_bar_is_as_wide_as_asked_and_in_order(ends: tuple[float, float, float], whole: float, width: int) -> None:
    low, value, high = sorted(ends)
    bar = interval_bar(Estimate(value, low, high, 10), whole, width)
    assert len(bar) == width and bar.count("┃") == 1
    rest = bar.replace("┃", "")
    assert rest == "".join(sorted(rest, key="█▒·".index))


@pytest.mark.parametrize(
    ("figure", "bar"),
    [
        (Estimate(0.5, 0.3, 0.7, 9), "███▒▒┃▒···"),
        (Estimate(0.5, 0.5, 0.5, 9), "█████┃····"),
        (Estimate(0.0, 0.0, 0.0, 9), "┃·········"),
        (Estimate(1.0, 1.0, 1.0, 9), "█████████┃"),
    ],
)
def test_bars_show_the_interval_and_the_figure(figure: Estimate, bar: str) -> None:
    assert interval_bar(figure, 1.0, 10) == bar


def test_a_bar_without_room_or_scale_is_empty() -> None:
    assert interval_bar(Estimate(0.5, 0.4, 0.6, 9), 1.0, 0) == ""
    assert interval_bar(Estimate(0.0, 0.0, 0.0, 9), 0.0, 4) == "····"


def columns() -> list[Column]:
    """Four columns whose importance is not their order."""
    return [
        Column("vec type", lambda name: name, 0),
        Column("MAP@R", lambda name: "0.71", 1),
        Column("vote", lambda name: "0.80", 3),
        Column("against the best", lambda name: "worse by 0.10: sure", 2),
    ]


def test_columns_are_whole_or_left_out_the_less_important_first() -> None:
    names = ["clip", "effnet-lite0+grey"]
    bars = Bars("MAP@R", {}, 1.0)
    wide = [(width, fitting(columns(), names, width, bars)) for width in range(20, 120)]
    for width, (chosen, drawn) in wide:
        used = sum(column.width(names) for column in chosen) + (drawn.width + 2 if drawn else 0)
        assert used <= max(width, chosen[0].width(names))
    assert [len(chosen) for _, (chosen, _) in wide] == sorted(len(chosen) for _, (chosen, _) in wide)
    titles = [[column.title for column in chosen] for _, (chosen, _) in wide]
    assert titles[0] == ["vec type"] and titles[-1] == ["vec type", "MAP@R", "vote", "against the best"]
    assert ["vec type", "MAP@R", "against the best"] in titles and ["vec type", "MAP@R", "vote"] not in titles


def test_a_column_is_as_wide_as_its_longest_word() -> None:
    assert Column("dim", lambda name: "1,280", 0).width(["a"]) == cell_len("1,280") + 2
