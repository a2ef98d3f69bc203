"""What was typed before the app could read it, and answers that come too late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from threading import Event

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from tui.graphics.probe import UNPROBED, Probed
from tui.typed_ahead import KeysGivenBack, KeysParser


def named(messages: Iterable[Message]) -> list[str]:
    """Keys by name, a paste by its text."""
    return [
        one.key if isinstance(one, events.Key) else one.text
        for one in messages
        if isinstance(one, (events.Key, events.Paste))
    ]


def ready() -> Event:
    event = Event()
    event.set()
    return event


def test_what_was_typed_comes_first_one_at_a_time_once_the_app_is_ready() -> None:
    event = Event()
    parser = KeysParser(Probed(typed="/é\x1b[A\r".encode()), event)
    assert named(parser.tick()) == []
    assert named(parser.feed("qj")) == []  # typed later: it waits
    event.set()
    assert [named(parser.tick()) for _ in range(4)] == [["slash"], ["é"], ["up"], ["enter", "q", "j"]]
    assert named(parser.feed("k")) == ["k"]
    assert named(parser.tick()) == []


def test_without_anything_typed_nothing_waits() -> None:
    parser = KeysParser(UNPROBED, Event())
    assert named(parser.feed("q\x1b[A")) == ["q", "up"]
    assert list(parser.feed("")) == []


def test_a_key_of_which_the_probe_read_only_the_beginning_is_whole() -> None:
    parser = KeysParser(Probed(typed=b"a", unfinished=b"\x1b["), ready())
    assert named(parser.feed("B")) == []
    assert named(parser.tick()) == ["a", "down"]


def test_bytes_that_are_no_text_do_no_harm() -> None:
    parser = KeysParser(Probed(typed=b"\xff\xfeq"), ready())
    assert named([*parser.tick(), *parser.tick(), *parser.tick()])[-1] == "q"


LATE = "\x1bP>|quit(1.0)q\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b]11;rgb:q/q/q\x07\x1b[>1;2;3c\x1b[?62;4c"


@given(st.lists(st.integers(1, 20), min_size=1))
def test_answers_that_come_late_are_no_keys(sizes: list[int]) -> None:
    parser = KeysParser(Probed(complete=False), ready())
    data, got, number = f"a{LATE}b", [], 0
    while data:
        size = sizes[number % len(sizes)]
        got += named(parser.feed(data[:size]))
        data, number = data[size:], number + 1
    assert got == ["a", "b"]


def test_the_beginning_of_an_answer_that_the_probe_has_read_belongs_to_its_rest() -> None:
    parser = KeysParser(Probed(typed=b"a", unfinished=b"\x1bP>|qu", complete=False), ready())
    assert named(parser.tick()) == ["a"]
    assert named(parser.feed("it\x1b\\q")) == ["q"]


def test_what_textual_asks_for_itself_comes_through() -> None:
    late, plain = KeysParser(Probed(complete=False), ready()), XTermParser()
    data = "\x1b[?2026;2$y\x1b[?2048;0$y\x1b[<0;10;20M\x1b[I\x1b[200~paste\x1b[201~"
    assert [type(one) for one in late.feed(data)] == [type(one) for one in plain.feed(data)]


def test_keys_are_given_back_once_and_textual_has_its_parser_again() -> None:
    given_back = KeysGivenBack(Probed(typed=b"q"))
    given_back.ready.set()
    before = linux_driver.XTermParser
    with given_back.in_use():
        first, second = linux_driver.XTermParser(False), linux_driver.XTermParser(False)  # type: ignore[attr-defined]
    assert linux_driver.XTermParser is before
    assert (named(first.tick()), named(second.tick())) == (["q"], [])  # the second comes after a suspension


def test_after_a_suspension_late_answers_are_still_no_keys() -> None:
    given_back = KeysGivenBack(replace(UNPROBED, complete=False))
    given_back.parser()
    assert named(given_back.parser().feed(LATE)) == []
