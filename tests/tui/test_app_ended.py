"""Whatever ends the app, the terminal is as it was: the ordinary screen, no mouse reports, a cursor, plain keys."""

from __future__ import annotations

import errno
import io
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, cast

import pytest
from app_helpers import until
from PIL import Image
from test_terminal_safety import Terminal
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from core.project import Project
from tests.patience import PATIENCE
from tui.app import Pictoscope
from tui.driver import TerminalStream
from tui.graphics.painting import PaintingProcess

# Private modes that the app sets, by number: alternate screen, mouse, focus, paste, cursor, synchronised output.
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KEYS_ON, _KEYS_OFF = re.compile(rb"\x1b\[>[0-9]+u"), re.compile(rb"\x1b\[<[0-9]*u")


def left_on(shown: bytes) -> set[bytes]:
    """The modes that are not as at rest, where lines wrap (7), the cursor is seen (25), and no other is on."""
    on: set[bytes] = set()
    for found in _MODE.finditer(shown):
        for number in found[1].split(b";"):
            (on.add if (found[2] == b"h") != (number in (b"7", b"25")) else on.discard)(number)
    if len(_KEYS_ON.findall(shown)) > len(_KEYS_OFF.findall(shown)):
        on.add(b"the keyboard protocol")
    return on


@pytest.fixture
def terminal(project: Project, folder: Path) -> Iterator[Terminal]:
    running = Terminal([sys.executable, "-m", "tui.cli"], folder)
    running.until("12 pictures")
    yield running
    running.close()


@pytest.mark.parametrize(
    ("number", "keys", "then"),
    [(signal.SIGTERM, "", ""), (signal.SIGHUP, "?", "esc closes"), (signal.SIGTERM, "s", "Similar pictures")],
)
def test_a_signal_ends_the_app_and_gives_the_terminal_back(
    terminal: Terminal, number: signal.Signals, keys: str, then: str
) -> None:
    if keys:
        terminal.press(keys, then)
    assert {b"1049", b"25", b"1000"} <= left_on(terminal.shown)
    os.kill(terminal._process.pid, number)
    assert terminal.to_the_end() == 128 + number
    assert left_on(terminal.shown) == set()


async def test_quitting_ends_a_painting_process_that_hangs(project: Project) -> None:
    """Else the threads that wait for it keep the program for as long as it hangs."""
    with PaintingProcess() as process, ThreadPoolExecutor(1) as pool:
        app = Pictoscope(project)
        app.pictures.paint_in(process)
        async with app.run_test() as pilot:
            picture = Image.new("RGB", (1600, 1200))  # more than the system keeps for the process
            await until(pilot, lambda: process("palette_png", picture))
            assert process.pid
            os.kill(process.pid, signal.SIGSTOP)
            asked = pool.submit(process, "palette_png", picture)
            await pilot.press("q")
        assert process._is_closed
        assert asked.result(PATIENCE) is None


def test_a_terminal_that_is_closed_without_a_signal_ends_the_app(terminal: Terminal) -> None:
    """The app leads a session of which the terminal is not the controlling one: nobody sends it SIGHUP."""
    assert terminal.hang_up() == 128 + signal.SIGHUP


def test_a_terminal_that_is_gone_takes_all_that_is_written() -> None:
    """Else the queue of what is to be written fills up, and the app waits for ever."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.EIO, "the terminal is gone")

        def flush(self) -> None:
            raise OSError(errno.EIO, "the terminal is gone")

    writer = WriterThread(cast("IO[str]", TerminalStream(Gone())))
    writer.start()

    def write_and_end() -> None:
        for _ in range(3 * MAX_QUEUED_WRITES):
            writer.write("a frame")
        writer.stop()

    writing = threading.Thread(target=write_and_end, daemon=True)
    writing.start()
    writing.join(PATIENCE)
    assert not writing.is_alive() and not writer.is_alive()


def test_going_on_without_having_been_stopped_changes_nothing(terminal: Terminal) -> None:
    """A kernel sends SIGCONT with SIGHUP; anybody may send it alone."""
    for _ in range(3):
        os.kill(terminal._process.pid, signal.SIGCONT)
    terminal.press("?", "esc closes")
    os.kill(terminal._process.pid, signal.SIGTERM)
    assert terminal.to_the_end() == 128 + signal.SIGTERM
    assert left_on(terminal.shown) == set()


BROKEN = """
from tui.app import Pictoscope
from tui import cli

def broken(self):
    raise RuntimeError("out of cheese")

Pictoscope.action_jobs = broken
raise SystemExit(cli.main([]))
"""


def test_an_error_in_the_app_gives_the_terminal_back(project: Project, folder: Path) -> None:
    terminal = Terminal([sys.executable, "-c", BROKEN], folder)
    try:
        terminal.until("12 pictures")
        terminal.press("J", "out of cheese")
        assert terminal.to_the_end() == 1
        assert left_on(terminal.shown) == set()
    finally:
        terminal.close()
