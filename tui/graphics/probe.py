"""Asks the terminal, and waits for its answers: no longer than it must, and never more than two seconds."""

from __future__ import annotations

import codecs
import fcntl
import os
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tui.graphics.answers import NOTHING, Answers, Received, cell_size, parse
from tui.graphics.plan import Plan
from tui.graphics.terminal import CellSize

LONGEST = 2.0  # seconds
_REST = 0.05  # seconds for the rest of a key of which the first bytes came with the last answer
_MOST = 1 << 14  # bytes; answers are a few hundred
_PIECE = 4096
_INPUT, _LOCAL, _CHARACTERS = 0, 3, 6  # in what tcgetattr returns


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of asking.

    Attributes:
        answers: what the terminal said.
        typed: the keys that were typed meanwhile, as bytes.
        unfinished: the beginning of an answer whose rest has not come.
        complete: whether the terminal said all; if not, answers may still come.
        seconds: that it took.
    """

    answers: Answers = NOTHING
    typed: bytes = b""
    unfinished: bytes = b""
    complete: bool = True
    seconds: float = 0.0


UNPROBED = Probed()


def probe(
    reader: int, writer: int, plan: Plan, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic
) -> Probed:
    """Ask the terminal as planned.

    Args:
        reader: descriptor of the terminal, from which keys and answers come.
        writer: descriptor of the same terminal, onto which the app draws.
        plan: what to ask.
        longest: the seconds after which nothing more is waited for.
        clock: seconds, of any origin.

    Whatever happens, the terminal has the settings that it had before.
    """
    began = clock()
    try:
        with _raw(reader):
            received, complete = _ask(reader, writer, plan, began + longest, clock)
    except termios.error:  # no terminal, or one that was closed
        return Probed(seconds=clock() - began)
    typed = received.typed.replace(b"\n", b"\r")  # enter, from the time before the terminal was raw
    return Probed(received.answers, typed, received.unfinished, complete, clock() - began)


def window_cell(descriptor: int) -> CellSize | None:
    """The size of a cell as the system knows it; None where the terminal did not tell the system its pixels."""
    try:
        answer = fcntl.ioctl(descriptor, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return None
    rows, columns, width, height = struct.unpack("HHHH", answer)
    return cell_size(width // columns, height // rows) if rows and columns else None


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """Every key is a byte, none is shown, and none is a signal; the stop signal waits until the terminal is as before.

    What was typed before is kept: the settings change without flushing.
    """
    before = termios.tcgetattr(descriptor)
    raw = termios.tcgetattr(descriptor)
    raw[_INPUT] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.IXOFF | termios.ISTRIP)
    raw[_LOCAL] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    raw[_CHARACTERS] = list(raw[_CHARACTERS])
    raw[_CHARACTERS][termios.VMIN], raw[_CHARACTERS][termios.VTIME] = 1, 0
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTSTP])
    try:
        termios.tcsetattr(descriptor, termios.TCSANOW, raw)
        yield
    finally:
        try:
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _ask(reader: int, writer: int, plan: Plan, deadline: float, clock: Callable[[], float]) -> tuple[Received, bool]:
    """What came until all was said or the time was over, and whether all was said."""
    received, data, wanted = parse(b""), b"", plan.answers
    complete = False
    to_send = plan.query
    afterwards = plan.afterwards
    while len(data) < _MOST:
        if to_send and not _send(writer, to_send, deadline - clock()):
            break
        to_send = b""
        left = deadline - clock()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            break
        piece = _read(reader)
        if not piece:
            break
        data += piece
        received = parse(data)
        if afterwards and any(name.startswith("tmux") for name in received.answers.names):
            to_send, afterwards, wanted = afterwards, b"", wanted + 1
        if not complete and len(received.answers.attributes) >= wanted:
            complete = True
            deadline = min(deadline, clock() + _REST)
        if complete and not received.unfinished and _is_whole(received.typed):
            break
    return received, complete


def _send(writer: int, query: bytes, seconds: float) -> bool:
    """Write, unless the terminal takes nothing: it may have been stopped by ctrl+s."""
    if not select.select([], [writer], [], max(0.0, seconds))[1]:
        return False
    try:
        os.write(writer, query)
    except OSError:
        return False
    return True


def _read(reader: int) -> bytes:
    """What has come; nothing at the end of the terminal."""
    try:
        return os.read(reader, _PIECE)
    except OSError:
        return b""


def _is_whole(typed: bytes) -> bool:
    """Whether the last character is complete."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(typed)
    return not decoder.getstate()[0]
