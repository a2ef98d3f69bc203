"""Bars made of characters."""

from __future__ import annotations

import pytest

from core.charts.text_bars import interval_bar, text_bar


@pytest.mark.parametrize(
    ("share", "bar"), [(0, ""), (1, "████"), (0.5, "██"), (0.25 + 1 / 32, "█▏"), (1e-9, "▏"), (31 / 32, "███▉")]
)
def test_a_bar_is_exact_to_an_eighth_and_what_is_there_shows(share: float, bar: str) -> None:
    assert text_bar(share, 4) == bar


def test_a_bar_without_block_characters() -> None:
    assert (text_bar(0.5, 4, ascii_only=True), text_bar(1e-9, 4, ascii_only=True)) == ("##", "#")


@pytest.mark.parametrize(
    ("low", "value", "high", "bar"),
    [
        (0.4, 0.6, 0.8, "━━━━├─●─┤"),
        (0, 0, 0, "●"),
        (0.5, 0.5, 0.5, "━━━━━●"),
        (0, 1, 1, "├─────────●"),
        (2, 2, 2, None),
    ],
)
def test_an_interval_stands_around_its_figure(low: float, value: float, high: float, bar: str | None) -> None:
    assert interval_bar(low, value, high, 1.0, 11) == (bar or "━" * 10 + "●")


def test_an_interval_in_plain_characters() -> None:
    assert interval_bar(0.4, 0.6, 0.8, 1.0, 11, ascii_only=True) == "====[-o-]"
