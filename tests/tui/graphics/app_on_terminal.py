"""The real app on a terminal that holds pictures: what it writes is counted, and fed to Ghostty's engine."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE, is_at_work
from tests.tui.graphics.ghostty import CELL, Ghostty
from tests.warm_start import also_warm

_BLINK = 1_000  # bytes: the cursor of a line of text blinks for ever
_LONG_QUIET = 10.0  # though it may seem at work: it looks at files twice a second
QUIET = 0.6  # seconds without a byte: longer than the app waits before it draws pixels
COLUMNS, ROWS = 140, 36
_APP = "tests.tui.graphics.app_program"
# What a scan and the first pictures import; tui.graphics.upstream is left to the app, since it must hide its terminal.
_SHOWN = (
    *("core.catalog.scan", "core.catalog.scan_writes", "core.images.read", "core.images.thumbnails"),
    *("core.vectors.coverage", "core.vectors.vec_types", "textual.scrollbar", "tui.keys_file"),
    *("tui.graphics.half_blocks", "tui.graphics.kitty", "tui.graphics.symbols"),
)


class ScreenReader:
    """Reads what comes from a pty, and feeds it to a terminal that holds pictures."""

    _ours: int

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new terminal, which holds nothing."""
        self.screen = Ghostty(COLUMNS, ROWS)
        self.written = b""
        self.screen.terminal.on_reply(lambda answer: os.write(self._ours, answer) and None)

    def read(self, seconds: float) -> bool:
        """Take what comes within some time; False at the end."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self._ours, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.written += part
        self.screen.feed(part)
        return bool(part)

    def until(self, condition: Callable[[], bool]) -> None:
        """Read until something is true of the screen."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end and self.read(0.2), (
                f"it did not come; shown {self.shown}, held {self.held}:\n{self.screen.terminal.text()}"
            )

    @property
    def pid(self) -> int:
        """Of the app, or of what began its session."""
        raise NotImplementedError

    def until_quiet(self) -> None:
        """Read until nothing more comes, and nothing is at work that may still come."""
        begun = last = time.monotonic()
        seen = len(self.written)
        wrote = begun
        while time.monotonic() - last < QUIET and time.monotonic() - wrote < _LONG_QUIET:
            assert self.read(0.1), "the app has ended"
            assert time.monotonic() - begun < PATIENCE, "it is never quiet"
            if len(self.written) > seen + _BLINK:
                last = wrote = time.monotonic()
            elif is_at_work(self.pid):
                last = time.monotonic()
            seen = len(self.written)

    def press(self, keys: str) -> bytes:
        """Type; what the app wrote until it was quiet."""
        before = len(self.written)
        os.write(self._ours, keys.encode())
        self.until(lambda: len(self.written) > before)
        self.until_quiet()
        return self.written[before:]

    @property
    def shown(self) -> set[int]:
        """Ids of the pictures that placeholders on the screen refer to."""
        cells = [(column, row) for row in range(ROWS) for column in range(COLUMNS)]
        whole = [cell for cell in cells if len(self.screen.text_of(*cell)) == 4]  # not half read
        return {found.image_id for cell in whole if (found := self.screen.placeholder(*cell)) is not None}

    @property
    def held(self) -> set[int]:
        """Ids of the pictures that the terminal holds."""
        return {placement.image_id for placement in self.screen.placements()}


class AppOnTerminal(ScreenReader):
    """The app in another process. It starts warm inside :func:`warm_app`.

    Args:
        protocol: how the terminal shows pictures.
        folder: of the pictures.
        before: statements that change the app, for tests of what fails.
        cell: width and height of a character in pixels.
    """

    def __init__(self, protocol: str, folder: Path, before: str = "", cell: tuple[int, int] = CELL) -> None:
        super().__init__()
        self._ours, theirs = pty.openpty()
        self.resize(COLUMNS, ROWS, cell)
        environment = {
            name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", _APP, protocol, str(folder), *map(str, cell), before],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": os.getcwd()},
            start_new_session=True,
        )
        os.close(theirs)

    def resize(self, columns: int, rows: int, cell: tuple[int, int] = CELL) -> None:
        """Give the window another size, or its font; a cell of no pixels where the system does not know them."""
        size = struct.pack("HHHH", rows, columns, columns * cell[0], rows * cell[1])
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, size)
        if all(cell):
            self.screen.terminal.resize(columns, rows, *cell)

    @property
    def pid(self) -> int:
        """See :class:`ScreenReader`."""
        return self.process.pid

    def send_signal(self, number: signal.Signals) -> None:
        """To the app."""
        os.kill(self.process.pid, number)

    def to_the_end(self) -> int:
        """Everything until the app ends; its exit code."""
        end = time.monotonic() + PATIENCE
        while self.read(0.5) and time.monotonic() < end:
            pass
        return self.process.wait(timeout=PATIENCE)

    def close(self) -> None:
        """End it, should it still run."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)


@contextmanager
def warm_app() -> Iterator[None]:
    """Inside, the app starts as a fork of a process that has imported what it shows pictures with."""
    with also_warm(_APP, imported=_SHOWN):
        yield


@contextmanager
def app_on_terminal(
    protocol: str, folder: Path, before: str = "", cell: tuple[int, int] = CELL
) -> Iterator[AppOnTerminal]:
    """The app, until its pictures are drawn and it is quiet."""
    app = AppOnTerminal(protocol, folder, before, cell)
    try:
        app.until(lambda: "pictures" in app.screen.terminal.text())
        app.until_quiet()
        yield app
    finally:
        app.close()
