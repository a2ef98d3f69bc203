"""Styles as terminals read them that take no more than ten numbers."""

from __future__ import annotations

import pytest

from tui.driver import short_styles


@pytest.mark.parametrize(
    ("style", "sent"),
    [
        ("\x1b[1;38;2;1;2;3;48;2;4;5;6mA", "\x1b[1m\x1b[38;2;1;2;3m\x1b[48;2;4;5;6mA"),
        ("\x1b[1;3;38;2;1;2;3;48;2;4;5;6mA", "\x1b[1;3m\x1b[38;2;1;2;3m\x1b[48;2;4;5;6mA"),
        ("\x1b[38;2;1;2;3;48;2;4;5;6mA", "\x1b[38;2;1;2;3;48;2;4;5;6mA"),
        ("\x1b[1;48;2;4;5;6mA", "\x1b[1;48;2;4;5;6mA"),
    ],
)
def test_a_style_of_more_than_ten_numbers_is_sent_in_parts(style: str, sent: str) -> None:
    assert short_styles(style) == sent
