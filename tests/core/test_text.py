"""Words for people: nothing that a file name holds reaches the terminal as anything but visible characters."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import byte_size, count, display_path, duration, printable, rate

names = st.binary(min_size=1, max_size=40).map(lambda name: name.decode("utf-8", "surrogateescape"))


@given(st.text(st.characters(), max_size=40) | names)
def test_whatever_a_name_holds_what_is_shown_is_one_line_that_moves_no_cursor(name: str) -> None:
    shown = printable(name)
    shown.encode("utf-8")
    assert not any(unicodedata.category(character)[0] == "C" for character in shown)
    assert len(shown.splitlines()) <= 1


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs", "M")), max_size=40))
def test_what_is_harmless_is_shown_as_it_is(name: str) -> None:
    assert printable(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb\tc\r.jpg", r"a\nb\tc\r.jpg"),
        ("\x1b]0;owned\x07\x1b[2J", r"\x1b]0;owned\x07\x1b[2J"),
        ("\x9b31m", r"\x9b31m"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\u2028", r"\u2028"),
        ("\U000e0041", r"\U000e0041"),
        (b"caf\xe9.jpg", r"caf\xe9.jpg"),
        (b"caf\xc3\xa9.jpg", "café.jpg"),
        ("[bold red]not markup[/]", "[bold red]not markup[/]"),
        (Path("a/b\n"), r"a/b\n"),
        ("日本 🖼", "日本 🖼"),
        ("", ""),
    ],
)
def test_a_name_is_shown_with_what_is_hidden_in_it_spelt_out(name: str | bytes | Path, shown: str) -> None:
    assert printable(name) == shown


def test_a_path_in_the_home_folder_is_shown_with_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert display_path("/home/somebody/pictures/a\n.png") == r"~/pictures/a\n.png"
    assert display_path(b"/home/somebody") == "~"
    assert display_path("/home/somebody-else/a.png") == "/home/somebody-else/a.png"
    assert display_path("/data/home/somebody") == "/data/home/somebody"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (9_949, "9.9 KB"),
        (9_950, "10 KB"),
        (98_400_000, "98 MB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (999_999_999, "1.0 GB"),
        (1_234_000_000, "1.2 GB"),
        (5_600_000_000_000, "5.6 TB"),
        (12_000_000_000_000_000, "12000.0 TB"),
    ],
)
def test_a_size_is_said_in_the_unit_a_person_would_choose(size: int, words: str) -> None:
    assert byte_size(size) == words


@given(st.integers(0, 10**13 - 10**11))
def test_a_size_never_needs_more_than_three_digits(size: int) -> None:
    number = byte_size(size).split()[0]
    assert len(number) <= 3
    assert float(number) > 0 or size == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (480, "8 min"),
        (5399, "90 min"),
        (5400, "1 h 30"),
        (7500, "2 h 05"),
        (360_000, "100 h 00"),
    ],
)
def test_a_duration_is_as_precise_as_it_is_useful(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_counts_have_separators_and_the_right_noun() -> None:
    assert count(48210, "picture") == "48,210 pictures"
    assert count(1, "picture") == "1 picture"
    assert count(0, "picture") == "0 pictures"
    assert count(2, "copy", "copies") == "2 copies"
    assert count(1_000_000) == "1,000,000"


def test_a_rate_has_a_decimal_only_where_it_tells_something() -> None:
    assert [rate(speed) for speed in (0.04, 3.24, 41.2, 1234.5)] == ["0.04/s", "3.2/s", "41/s", "1,234/s"]
