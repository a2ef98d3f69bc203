"""The whole program on ptys that answer, answer late, or never do."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from app_helpers import PATIENCE
from known_terminals import GHOSTTY_ANSWERS, KITTY_ANSWERS, FakeTerminal

from tui.graphics.answers import ATTRIBUTES, IN_ORDER, VERSION

PICTOSCOPE = f"{shlex.quote(sys.executable)} -m tui.cli"
QUERY = b"".join(IN_ORDER)
HOME = "Pictoscope"
CTRL_Q = b"\x11"


class Program:
    """A shell line in a terminal, in an empty folder."""

    def __init__(self, terminal: FakeTerminal, line: str, folder: Path, **environment: str) -> None:
        fcntl.ioctl(terminal.ours, termios.TIOCSWINSZ, struct.pack("HHHH", 32, 120, 0, 0))
        unset = ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TMUX", "STY", "TERM_PROGRAM", "PICTOSCOPE_GRAPHICS")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        self.terminal = terminal
        self._process = subprocess.Popen(
            ["sh", "-c", line],
            stdin=terminal.ours,
            stdout=terminal.ours,
            stderr=terminal.ours,
            cwd=folder,
            env=inherited | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"} | environment,
            start_new_session=True,
        )

    def shown(self, text: bytes, times: int = 1) -> None:
        """Wait until something was sent to the terminal so often."""
        end = time.monotonic() + PATIENCE
        while self.terminal.asked.count(text) < times:
            assert time.monotonic() < end and self._process.poll() is None, self.terminal.asked[-3_000:]
            time.sleep(0.02)

    def ended(self) -> int:
        """The exit code."""
        return self._process.wait(timeout=2 * PATIENCE)


SHOWS = b"\x1b[?1049h"  # the app begins to draw


def test_where_the_terminal_never_answers_the_app_starts_and_quits_and_the_next_start_does_not_ask(
    tmp_path: Path,
) -> None:
    with FakeTerminal({}) as terminal:
        program = Program(terminal, f"{PICTOSCOPE} && {PICTOSCOPE}", tmp_path)
        for times in (1, 2):
            program.shown(SHOWS, times)
            terminal.type(CTRL_Q)
        assert program.ended() == 0
        assert terminal.asked.count(QUERY) == 1
        assert termios.tcgetattr(terminal.ours) == terminal.before


def test_keys_typed_before_the_first_paint_reach_the_app(tmp_path: Path) -> None:
    """``q`` leaves Home. It is typed while the terminal is asked."""
    with FakeTerminal(GHOSTTY_ANSWERS, typed=b"q") as terminal:
        assert Program(terminal, PICTOSCOPE, tmp_path).ended() == 0


def test_answers_that_come_after_the_start_are_not_typed(tmp_path: Path) -> None:
    with FakeTerminal({}) as terminal:
        program = Program(terminal, PICTOSCOPE, tmp_path)
        program.shown(SHOWS)
        program.shown(b"Quit")
        terminal.type(b"".join(KITTY_ANSWERS.values()) + b"\x1bP>|qqqq\x1b\\")
        terminal.type(b"?")  # shows the keys: the app still runs
        program.shown(b"esc closes")
        terminal.type(CTRL_Q)
        assert program.ended() == 0


def test_ctrl_c_while_the_terminal_is_asked_ends_the_program(tmp_path: Path) -> None:
    with FakeTerminal(GHOSTTY_ANSWERS, typed=b"\x03") as terminal:
        assert Program(terminal, PICTOSCOPE, tmp_path).ended() == 130
        assert SHOWS not in terminal.asked
        assert termios.tcgetattr(terminal.ours) == terminal.before


@pytest.mark.parametrize(
    ("answers", "environment", "colours"),
    [
        (GHOSTTY_ANSWERS, {"TERM": "xterm-ghostty", "SSH_CONNECTION": "a 1 b 2"}, b"8;2;"),
        ({ATTRIBUTES: b"\x1b[?6c"}, {"TERM": "xterm-256color"}, b"8;5;"),
        ({VERSION: GHOSTTY_ANSWERS[VERSION]}, {"TERM": "linux", "COLORTERM": "truecolor"}, b""),
    ],
)
def test_the_app_draws_the_colours_that_the_terminal_has(
    tmp_path: Path, answers: dict[bytes, bytes], environment: dict[str, str], colours: bytes
) -> None:
    """SSH has dropped COLORTERM; by TERM alone Ghostty would get 16 colours."""
    with FakeTerminal(answers) as terminal:
        program = Program(terminal, PICTOSCOPE, tmp_path, **environment)
        program.shown(SHOWS)
        program.shown(b"Quit")
        terminal.type(CTRL_Q)
        assert program.ended() == 0
        assert set(re.findall(rb"[34](8;[25];)", terminal.asked)) == ({colours} if colours else set())


def test_doctor_says_what_was_found_and_how_to_change_it(tmp_path: Path) -> None:
    with FakeTerminal(GHOSTTY_ANSWERS) as terminal:
        assert Program(terminal, f"{PICTOSCOPE} doctor", tmp_path, TERM="xterm-ghostty").ended() == 0
        said = terminal.asked.decode()
    for line in (
        "name           Ghostty 1.2.0",
        "pictures       kitty: Ghostty 1.2.0 answered the kitty query and draws placeholders",
        "cell           10 x 20 pixels",
        "colours        16 million",
        "characters     octants",
        "background     #16171a",
        "--graphics auto|kitty|sixel|iterm|symbols|half|none, PICTOSCOPE_GRAPHICS, or Settings > Display",
    ):
        assert line in said


def test_a_choice_that_is_none_is_one_line(tmp_path: Path) -> None:
    with FakeTerminal(GHOSTTY_ANSWERS) as terminal:
        assert Program(terminal, PICTOSCOPE, tmp_path, PICTOSCOPE_GRAPHICS="sixels").ended() == 2
        assert b"pictoscope: PICTOSCOPE_GRAPHICS=sixels: no way to show pictures (one of: auto, kitty" in terminal.asked


def test_nothing_reads_textual_before_the_terminal_is_known() -> None:
    """Textual looks at the variable of colours when it is imported."""
    code = "import sys, tui.cli, tui.commands.app, tui.commands.demo; assert 'textual' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
