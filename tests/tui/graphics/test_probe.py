"""The probe on real ptys: every terminal, however its answers come, and the keys that come between."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import Iterator
from itertools import count

import pytest
from known_terminals import CASES, KITTY_ANSWERS, MUTE, UNASKED, Case, FakeTerminal, attributes, version

from tests.patience import until
from tui.graphics.answers import ATTRIBUTES, VERSION
from tui.graphics.identify import identify
from tui.graphics.plan import Plan, plan
from tui.graphics.probe import Probed, probe, window_cell
from tui.graphics.terminal import CellSize, Terminal

SOON = 0.3  # seconds for a terminal that does not answer: nothing is measured
LATE = 30.0  # seconds for one that does, however busy the machine is


def asked(case: Case, piece: int = 1 << 16, typed: bytes = b"") -> tuple[Probed, Terminal]:
    """What the probe finds in a terminal."""
    asking = plan(case.environ, case.tmux)
    with FakeTerminal(case.answers, case.around, piece=piece, typed=typed) as terminal:
        probed = probe(terminal.ours, terminal.ours, asking, SOON if case.mute else LATE)
        assert termios.tcgetattr(terminal.ours) == terminal.before
    found = identify(probed.answers, case.environ, case.tmux, not_asked=asking.reason)
    return probed, found


def check(case: Case, found: Terminal) -> None:
    got = (found.protocol, found.name, found.glyphs, found.colours, found.passthrough)
    assert got == (case.protocol, case.said, case.glyphs, case.colours, case.passthrough)
    assert case.quirks is None or case.quirks == found.quirks
    assert case.advice in found.advice
    assert bool(case.advice) == bool(found.advice)


@pytest.mark.parametrize("case", [*CASES, *MUTE], ids=lambda case: case.name)
def test_every_terminal_is_recognised(case: Case) -> None:
    probed, found = asked(case)
    assert (probed.complete, probed.typed, probed.unfinished) == (not case.mute, b"", b"")
    check(case, found)


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answers_may_come_in_pieces(case: Case, piece: int) -> None:
    probed, found = asked(case, piece)
    assert (probed.complete, probed.typed) == (True, b"")
    check(case, found)


@pytest.mark.parametrize(
    "keys", [b"q", "é€😀".encode(), b"\x1b[A", b"\x1b[6~", b"\x1b[6;5~", b"\x1b", b"\x1bOP", b"\x03"]
)
@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: case.name)
def test_keys_typed_between_the_answers_are_given_back(case: Case, keys: bytes) -> None:
    probed, found = asked(case, typed=keys)
    check(case, found)
    given = probed.typed + probed.unfinished
    assert given and given == keys * (len(given) // len(keys))
    assert len(given) >= 2 * len(keys)


@pytest.mark.parametrize("case", UNASKED, ids=lambda case: case.name)
def test_some_terminals_are_not_asked(case: Case) -> None:
    asking = plan(case.environ, None)
    assert (asking.query, bool(asking.reason)) == (b"", True)
    check(case, identify(Probed().answers, case.environ, not_asked=asking.reason))


@pytest.mark.parametrize("case", [*CASES, *MUTE], ids=lambda case: case.name)
def test_no_terminal_shows_a_query(case: Case) -> None:
    """tmux and screen would make a title of the kitty query, Terminal.app would print it."""
    asking = plan(case.environ, case.tmux)
    with FakeTerminal(case.answers, case.around) as terminal:
        probe(terminal.ours, terminal.ours, asking, SOON if case.mute else LATE)
        until(lambda: len(terminal.asked) >= len(asking.query))
        sent = terminal.asked
    plain = sent.partition(b"\x1bPtmux;")[0]
    may = not case.environ.get("TERM", "").startswith(("tmux", "screen")) and case.name != "Terminal.app"
    assert (b"\x1b_G" in plain) is may
    assert sent.startswith((asking.query, b"\x1b"))


def test_what_was_typed_before_is_kept_and_enter_is_a_carriage_return() -> None:
    with FakeTerminal({ATTRIBUTES: attributes(6)}) as terminal:
        terminal.type(b"half a line\n")
        probed = probe(terminal.ours, terminal.ours, Plan(ATTRIBUTES), LATE)
    assert probed.typed == b"half a line\r"


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1bP>|" + b"x" * 100_000,
        b"\x1bP>|" + b"x" * 100_000 + b"\x1b\\",
        b"\x1b_G" + bytes(range(32, 127)) * 100,
        b"\x1b]11;" + b"\xff\xfe\x00" * 5_000,
        bytes(range(256)) * 100,
        b"\x1b" * 20_000,
        b"\x1b[?" + b"9;" * 10_000,
    ],
    ids=["endless name", "long name", "endless kitty", "binary colour", "binary", "escapes", "numbers"],
)
def test_a_hostile_answer_ends_the_probe_and_changes_nothing(answer: bytes) -> None:
    with FakeTerminal({VERSION: answer[:3_000]}) as terminal:
        probed = probe(terminal.ours, terminal.ours, Plan(VERSION), SOON)
        assert termios.tcgetattr(terminal.ours) == terminal.before
    found = identify(probed.answers, {"TERM": "xterm"})
    assert len(found.name) <= 64
    assert found.name.isascii() and (found.name.isprintable() or not found.name)
    assert b"xxx" not in probed.typed  # of a name nothing is taken for keys


def test_a_terminal_that_never_stops_is_not_listened_to_for_ever() -> None:
    """By a clock that moves on at every look: the time is over, though something could be read at any moment."""
    ticks: Iterator[int] = count()
    with FakeTerminal({}) as terminal:
        terminal.type(b"x" * 2_000)
        probed = probe(terminal.ours, terminal.ours, Plan(b"\x1b[c"), 3.5, lambda: float(next(ticks)))
    assert (probed.complete, set(probed.typed) <= {ord("x")}) == (False, True)


def test_the_longest_wait_is_two_seconds() -> None:
    moments = iter([0.0, 1.0, 2.0, 2.0])
    with FakeTerminal({}) as terminal:
        terminal.type(b"a\n")
        probed = probe(terminal.ours, terminal.ours, Plan(b"\x1b[c"), clock=lambda: next(moments))
    assert (probed.seconds, probed.complete) == (2.0, False)


class Interrupted(BaseException):
    """As a signal raises it."""


@pytest.mark.parametrize("when", ["before", "while reading"])
def test_whatever_happens_the_terminal_is_as_before(when: str) -> None:
    moments = count()

    def clock() -> float:
        if next(moments) == (1 if when == "before" else 2):
            raise Interrupted
        return 0.0

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with FakeTerminal(KITTY_ANSWERS, piece=1) as terminal:
        with pytest.raises(Interrupted):
            probe(terminal.ours, terminal.ours, Plan(VERSION + ATTRIBUTES), LATE, clock)
        assert termios.tcgetattr(terminal.ours) == terminal.before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask


def test_a_signal_that_ends_the_program_gives_the_terminal_back() -> None:
    def end(number: int, frame: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, end)
    try:
        with FakeTerminal({}) as terminal:
            told = iter([lambda: 0.0, lambda: 0.0, lambda: os.kill(os.getpid(), signal.SIGUSR1) or 0.0])
            with pytest.raises(Interrupted):
                probe(terminal.ours, terminal.ours, Plan(b"\x1b[c"), LATE, lambda: float(next(told)()))
            assert termios.tcgetattr(terminal.ours) == terminal.before
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_is_no_terminal_is_not_asked() -> None:
    reader, writer = os.pipe()
    try:
        probed = probe(reader, writer, Plan(b"\x1b[c"), LATE)
    finally:
        os.close(reader)
        os.close(writer)
    assert (probed.answers, probed.typed, probed.complete) == (Probed().answers, b"", True)


def test_a_terminal_that_is_closed_meanwhile_ends_the_wait() -> None:
    end, ours = pty.openpty()
    looks = count()

    def clock() -> float:
        if next(looks) == 2:
            os.close(end)
        return 0.0

    try:
        probed = probe(ours, ours, Plan(VERSION + ATTRIBUTES), LATE, clock)
    finally:
        os.close(ours)
    assert (probed.answers, probed.typed, next(looks) > 2) == (Probed().answers, b"", True)


def test_the_system_may_know_the_size_of_a_cell() -> None:
    with FakeTerminal({}) as terminal:
        assert window_cell(terminal.ours) is None
        fcntl.ioctl(terminal.ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 720, 432))
        assert window_cell(terminal.ours) == CellSize(9, 18)
    reader, writer = os.pipe()
    assert window_cell(reader) is None
    os.close(reader)
    os.close(writer)


def test_the_last_answer_counts_however_many_come() -> None:
    with FakeTerminal({VERSION: version("one 1") + version("two 2"), ATTRIBUTES: attributes(6)}) as terminal:
        probed = probe(terminal.ours, terminal.ours, Plan(VERSION + ATTRIBUTES), LATE)
    assert probed.answers.names == ("one 1", "two 2")
    assert identify(probed.answers, {"TERM": "xterm"}).name == "two 2"
