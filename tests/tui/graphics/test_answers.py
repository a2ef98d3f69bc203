"""Answers are taken apart from keys, whatever comes and however it is cut. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.graphics.answers import NOTHING, Answers, parse
from tui.graphics.terminal import CellSize
from tui.typed_ahead import LateAnswers

ANSWERS = [
    (b"\x1bP>|kitty(0.42.1)\x1b\\", Answers(names=("kitty(0.42.1)",))),
    (b"\x1bP>|tmux 3.3a\x07", Answers(names=("tmux 3.3a",))),
    (b"\x1bP>|a\x00\xff\x07", Answers(names=("a",))),
    (b"\x1bP>|" + b"n" * 500 + b"\x1b\\", Answers(names=("n" * 64,))),
    (b"\x1bP>|\x1b\\", NOTHING),
    (b"\x1b_Gi=31;OK\x1b\\", Answers(kitty=True)),
    (b"\x1b_Gi=31,p=1;OK\x1b\\", Answers(kitty=True)),
    (b"\x1b_Gi=32;OK\x1b\\", NOTHING),
    (b"\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\", NOTHING),
    (b"\x1b[6;20;10t", Answers(cell=CellSize(10, 20))),
    (b"\x1b[6;0;0t", NOTHING),
    (b"\x1b[6;99999999;1t", NOTHING),
    (b"\x1b]11;rgb:ffff/8080/0000\x1b\\", Answers(background=(255, 128, 0))),
    (b"\x1b]11;rgb:f/8/0\x07", Answers(background=(255, 136, 0))),
    (b"\x1b]11;rgba:ff/80/00/ff\x07", Answers(background=(255, 128, 0))),
    (b"\x1b]11;white\x07", NOTHING),
    (b"\x1b]11;rgb:/\x07", NOTHING),
    (b"\x1b[>1;4000;42c", Answers(secondary=((1, 4000, 42),))),
    (b"\x1b[?62;4c", Answers(attributes=((62, 4),))),
    (b"\x1b[?c", Answers(attributes=((),))),
    (b"\x1b[?;;99999999999;6c", Answers(attributes=((6,),))),
]
# Of Textual's own queries, keys of the kitty protocol, pastes, the mouse: none of it is ours.
KEYS = [
    b"q", b" ", b"\r", b"\x03", b"\x1a", "é€😀".encode(), b"\x1b[A", b"\x1bOP", b"\x1b[6~", b"\x1b[6;5~", b"\x1b[97;5u",
    b"\x1b[200~rm -rf\x1b[201~", b"\x1b[<0;10;20M", b"\x1b[?2026;2$y", b"\x1b[?1u", b"\x1b[I", b"\x1b[5;7R",
    b"\x1b[48;24;80;480;800t", b"\x1bx", b"\x1b[1;3P",
]  # fmt: skip


@pytest.mark.parametrize(("data", "answers"), ANSWERS)
def test_every_answer_is_read(data: bytes, answers: Answers) -> None:
    received = parse(data)
    assert (received.answers, received.typed, received.unfinished) == (answers, b"", b"")


@pytest.mark.parametrize("keys", KEYS)
def test_keys_are_no_answers(keys: bytes) -> None:
    received = parse(keys)
    assert (received.answers, received.typed + received.unfinished) == (NOTHING, keys)


@pytest.mark.parametrize("data", [answer for answer, _ in ANSWERS])
def test_of_an_answer_that_has_only_begun_nothing_is_taken_for_keys(data: bytes) -> None:
    for end in range(1, len(data)):
        received = parse(b"q" + data[:end])
        assert (received.answers, received.typed) == (NOTHING, b"q")
        assert received.unfinished == data[:end]


def test_an_answer_that_another_one_cuts_short_is_no_key() -> None:
    received = parse(b"\x1bP>|kit\x1b[?62c\x1b_Gi=31;O\x1b[Aq")
    assert (received.answers.attributes, received.answers.kitty, received.typed) == (((62,),), False, b"\x1b[Aq")


parts = st.lists(st.one_of(st.sampled_from([answer for answer, _ in ANSWERS]), st.sampled_from(KEYS)), max_size=12)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_taken_apart(data: bytes) -> None:
    received = parse(data)
    assert len(received.typed) + len(received.unfinished) <= len(data)
    assert data.endswith(received.unfinished)
    assert all(name.isprintable() and len(name) <= 64 for name in received.answers.names)


@given(parts)
def test_of_answers_and_keys_in_any_order_the_keys_are_left(mixed: list[bytes]) -> None:
    received = parse(b"".join(mixed))
    keys = b"".join(part for part in mixed if part in KEYS)
    assert received.typed + received.unfinished == keys
    assert len(received.answers.attributes) == sum(b"\x1b[?" in part and part[-1:] == b"c" for part in mixed)


@given(parts, st.lists(st.integers(1, 9), min_size=1, max_size=40))
def test_answers_that_come_late_and_in_pieces_are_no_keys(mixed: list[bytes], sizes: list[int]) -> None:
    """However what comes is cut, the keys in it come through whole and in order."""
    data = b"".join(mixed).decode("latin-1")
    late = LateAnswers(clock=lambda: 0.0)
    keys, at, number = "", 0, 0
    while at < len(data):
        size = sizes[number % len(sizes)]
        keys += late.sift(data[at : at + size])
        at, number = at + size, number + 1
    received = parse(data.encode("latin-1"))
    assert keys.encode("latin-1") == received.typed


def test_what_only_looked_like_an_answer_is_a_key_after_a_moment() -> None:
    now = 0.0
    late = LateAnswers(clock=lambda: now)
    for keys in ("\x1b", "\x1b[", "\x1bP", "\x1b[6", "\x1b]"):
        assert (late.sift(keys), late.waited()) == ("", "")
        now += 0.2
        assert late.waited() == keys
    assert late.sift("\x1bP>|kit") == ""
    now += 0.5
    assert (late.waited(), late.sift("ty\x1b\\q")) == ("", "q")
    assert late.sift("\x1bP>|never ends") == ""
    now += 2.0
    assert (late.waited(), late.sift("q")) == ("", "q")


def test_the_rest_of_an_answer_that_had_begun_is_no_key() -> None:
    assert LateAnswers("\x1bP>|kit", lambda: 0.0).sift("ty(0.42)\x1b\\q") == "q"
