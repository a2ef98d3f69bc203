"""The program on a pseudo-terminal that answers as a real one would, and notes when it was sent what."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.tui.graphics.known_terminals import FOOT_ANSWERS, KITTY_ANSWERS, attributes
from tui.graphics.answers import ATTRIBUTES

PROGRAM = str(Path(sys.executable).with_name("pictoscope"))
COLUMNS, ROWS = 120, 32
_CELL = (10, 20)  # pixels
_LIMIT = 60.0  # seconds after which what is waited for counts as failed
_SYNC = b"\x1b[?2026$p"  # can you hold a frame back until it is whole?
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Where the program goes on writing: the beginning of a line of a frame, or of a picture.
_PLACED = re.compile(rb"\x1b\[(\d+);(\d+)H")


@dataclass(frozen=True)
class Kind:
    """A kind of terminal.

    Attributes:
        environ: what surrounds the program in it.
        answers: by what it is asked.
    """

    environ: Mapping[str, str]
    answers: Mapping[bytes, bytes]


KINDS = {
    "kitty": Kind({"TERM": "xterm-kitty"}, KITTY_ANSWERS),
    "sixel": Kind({"TERM": "foot"}, FOOT_ANSWERS),
    "symbols": Kind({"TERM": "alacritty"}, {ATTRIBUTES: attributes(6)}),
}


@dataclass(frozen=True)
class Part:
    """What was sent at once.

    Attributes:
        at: seconds of ``time.perf_counter``.
        data: the bytes.
    """

    at: float
    data: bytes

    def draws(self, columns: range, rows: range) -> bool:
        """Whether it draws within a part of the screen; rows and columns count from 1."""
        return any(int(row) in rows and int(column) in columns for row, column in _PLACED.findall(self.data))


class ProgramOnTerminal:
    """``pictoscope`` with some arguments in a terminal of 120 x 32 cells of 10 x 20 pixels.

    Args:
        kind: of terminal; see ``KINDS``.
        arguments: of the program.
        home: the folder of the user's data.
    """

    def __init__(self, kind: str, arguments: Sequence[str], home: Path) -> None:
        self._answers = {**KINDS[kind].answers, _SYNC: b"\x1b[?2026;2$y"}
        self._query = re.compile(b"|".join(map(re.escape, self._answers)))
        self._rest = b""
        self.parts: list[Part] = []
        self._terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, COLUMNS * _CELL[0], ROWS * _CELL[1]))
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd="/",
            env=environment(home) | KINDS[kind].environ,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        while self._read(0.5):  # a program that ends writes; nobody reading would hold it up
            pass
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def press(self, key: bytes) -> int:
        """Type a key. Returns the number of the next part that comes."""
        os.write(self._terminal, key)
        return len(self.parts)

    def until(self, wanted: Callable[[], bool]) -> float:
        """Read until something has come. Returns when the last part came.

        Raises:
            TimeoutError: it has not come.
        """
        end = time.perf_counter() + _LIMIT
        while not wanted():
            if not self._read(0.5) and time.perf_counter() > end:
                raise TimeoutError(
                    f"not there after {_LIMIT:.0f} s: {b''.join(p.data for p in self.parts[-3:])[-2000:]!r}"
                )
        return self.parts[-1].at

    def until_shown(self, text: bytes, since: int = 0) -> float:
        """Read until a text has come in one part after another. Returns when."""
        return self.until(lambda: text in b"".join(part.data for part in self.parts[since:]))

    def until_still(self, seconds: float, columns: range, rows: range) -> None:
        """Read until nothing has been drawn in a part of the screen for some time, nor pictures been sent."""
        last = time.perf_counter()
        while time.perf_counter() - last < seconds:
            before = len(self.parts)
            self._read(seconds / 4)
            if any(part.draws(columns, rows) or b"\x1b_G" in part.data for part in self.parts[before:]):
                last = time.perf_counter()

    def rest(self, seconds: float) -> int:
        """Let it be for some time. Returns the number of bytes that came."""
        before, end = len(self.parts), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)
        return sum(len(part.data) for part in self.parts[before:])

    @property
    def processor_seconds(self) -> float:
        """That it and its children have used, user and system; those of jobs, which outlive it, do not count."""
        return sum(_processor_seconds(process) for process in self._processes())

    @property
    def resident_bytes(self) -> int:
        """Memory of the program alone."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * _PAGE

    def _processes(self) -> list[int]:
        """It and what it started, in its session: jobs have one of their own."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getsid(int(entry)) == self._process.pid:
                    found.append(int(entry))
            except OSError:  # ended meanwhile
                pass
        return found

    def _read(self, seconds: float) -> bool:
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:  # the program has ended
            return False
        self.parts.append(Part(time.perf_counter(), data))
        self._rest = (self._rest + data)[-256:] if len(data) < 256 else data
        while query := self._query.search(self._rest):
            os.write(self._terminal, self._answers[query[0]])
            self._rest = self._rest[query.end() :]
        return True


def environment(home: Path) -> dict[str, str]:
    """Of a user with a home of his own, whose Python keeps what it has compiled, as an installed program is compiled.

    Compiling all modules at each start would take 0.15 s.
    """
    left_out = ("COLUMNS", "LINES", "NO_COLOR", "TMUX", "STY", "TERM_PROGRAM", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {
        "PICTOSCOPE_HOME": str(home),
        "COLORTERM": "truecolor",
        "HF_HUB_OFFLINE": "1",
        "PYTHONPYCACHEPREFIX": str(home / "compiled"),
    }


def _processor_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
