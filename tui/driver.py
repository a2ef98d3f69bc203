"""Textual's driver for a terminal, with a way for the data of pictures."""

from __future__ import annotations

import fcntl
import re
import struct
import termios
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from tui.ending import is_left_alone
from tui.graphics.placeholders import PLACEHOLDER, visible
from tui.graphics.terminal import Quirk, Terminal
from tui.pixel_layer import STANDING

if TYPE_CHECKING:
    from textual.app import App

# A style of more than ten numbers: those of the two colours, and others.
_LONG_STYLE = re.compile(r"\x1b\[([0-9;]+);(38;2;\d+;\d+;\d+);(48;2;\d+;\d+;\d+)m")
# Cells that are skipped, without the style that a segment begins with and ends.
_STANDING = re.compile(rf"\x1b\[[0-9;]*m({STANDING}+)\x1b\[0m|({STANDING}+)")


class _Terminal(Protocol):
    """What the driver asks of the app."""

    terminal: Terminal

    def give_back(self) -> str:
        """What must be sent before the terminal is given back: the terminal keeps no picture."""


class PictureDriver(LinuxDriver):
    """Frames and the data of pictures reach the terminal in the order in which they are given, by one thread.

    The only way to send data of pictures: whatever writes to the terminal elsewhere may end up within a frame.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._taken = 0
        self._short_styles = Quirk.SHORT_STYLES in cast("_Terminal", app).terminal.quirks
        self._terminal = TerminalStream(cast("IO[str]", self._file))
        self._file = cast("Any", self._terminal)

    def write(self, data: str) -> None:
        """Write a frame; cells of pictures become what the terminal understands."""
        if PLACEHOLDER in data:
            data = visible(data)
        if STANDING in data:
            data = _STANDING.sub(lambda run: f"\x1b[{len(run[1] or run[2])}C", data)
        if self._short_styles:
            data = short_styles(data)
        self.send(data)

    def send(self, data: str) -> None:
        """Write data of pictures as it is; nothing once the terminal is given back."""
        if data and self._writer_thread is not None:
            self._taken += len(data)
            super().write(data)

    @property
    def is_idle(self) -> bool:
        """Whether the terminal has taken everything that was written."""
        return self._terminal.written >= self._taken

    @property
    def pixels(self) -> Size | None:
        """Width and height of the window in pixels; None where the terminal does not say them."""
        try:
            _, _, width, height = struct.unpack("HHHH", fcntl.ioctl(self.fileno, termios.TIOCGWINSZ, bytes(8)))
        except OSError:
            return None
        return Size(width, height) if width and height else None

    def _sigcont_application(self, *_: object) -> None:
        """Go on, outside the signal handler: that may have come in the middle of a write."""
        if self._auto_restart:
            self._loop.call_soon_threadsafe(self._go_on)

    def _go_on(self) -> None:
        """Take the terminal again. SIGCONT also comes without a stop before it, and with the end of a terminal."""
        if is_left_alone():
            return
        if self._writer_thread is not None and self._writer_thread.is_alive():
            self.suspend_application_mode()
            self._must_signal_resume = True
        self.resume_application_mode()

    def stop_application_mode(self) -> None:
        """Free what the terminal keeps, then give it back."""
        self.send(cast("_Terminal", self._app).give_back())
        super().stop_application_mode()


def short_styles(data: str) -> str:
    """Text with styles of at most ten numbers; see :attr:`tui.graphics.terminal.Quirk.SHORT_STYLES`."""
    return _LONG_STYLE.sub("\x1b[\\1m\x1b[\\2m\x1b[\\3m", data)


class TerminalStream:
    """Counts the characters that a terminal has taken. One that is gone takes everything.

    An error there would end the thread that writes; the app would then wait for ever, to write or to end. That the
    terminal is gone the app learns elsewhere: by SIGHUP, or by :func:`tui.ending.is_left_alone`.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.written = 0

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        self.written += len(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()
