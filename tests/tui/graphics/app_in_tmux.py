"""The real app in a real tmux, whose terminal is Ghostty's engine."""

from __future__ import annotations

import fcntl
import os
import pty
import shlex
import shutil
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from struct import pack

import pytest

from tests.tui.graphics.app_on_terminal import COLUMNS, ROWS, ScreenReader
from tests.tui.graphics.ghostty import CELL

_CONF = (
    "set -g status off\nset -g allow-passthrough on\nset -g default-terminal tmux-256color\n"
    "set -g focus-events off\nset -sg escape-time 0\n"
)


class AppInTmux(ScreenReader):
    """A terminal attached to a tmux in which the app runs.

    Args:
        folder: of tmux's socket and configuration.
        pictures: the folder that the app opens.
    """

    def __init__(self, folder: Path, pictures: Path) -> None:
        super().__init__()
        (folder / "conf").write_text(_CONF)
        self._tmux = ["tmux", "-u", "-S", str(folder / "socket"), "-f", str(folder / "conf")]
        self._client: subprocess.Popen[bytes] | None = None
        app = [sys.executable, "-m", "tui.cli", "--graphics", "kitty", str(pictures)]
        # The shell stays, so that tmux does, and its clients.
        self._command = f"cd {shlex.quote(os.getcwd())}; {shlex.join(app)}; printf THE-END; sleep 600"
        self.attach()

    def attach(self) -> None:
        """From a new terminal, which holds no pictures."""
        self.begin()
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, pack("HHHH", ROWS, COLUMNS, COLUMNS * CELL[0], ROWS * CELL[1]))
        unset = ("COLUMNS", "LINES", "NO_COLOR", "TMUX", "STY", "TERM_PROGRAM", "PICTOSCOPE_GRAPHICS")
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        self._client = subprocess.Popen(
            [*self._tmux, "new-session", "-A", "-s", "pictures", self._command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)

    @cached_property
    def pid(self) -> int:
        """Of the shell in tmux, of whose session the app is. Asked once: each question looks like a new client."""
        ask = ["display-message", "-p", "-t", "pictures", "#{pane_pid}"]
        return int(subprocess.run([*self._tmux, *ask], capture_output=True, check=True).stdout)

    def detach(self) -> None:
        """Take the terminal away; the app runs on."""
        assert self._client is not None
        subprocess.run([*self._tmux, "detach-client", "-s", "pictures"], check=True, capture_output=True)
        while self.read(0.2):
            pass
        self._client.wait(timeout=60)
        os.close(self._ours)

    def close(self) -> None:
        """End tmux and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)
        if self._client is not None:
            self._client.kill()  # it may wait for its terminal to take what it writes
            self._client.wait()
        os.close(self._ours)


@contextmanager
def app_in_tmux(pictures: Path) -> Iterator[AppInTmux]:
    """The app, until its pictures are drawn; skips where there is no tmux >= 3.3."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    said = subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    if said < "3.3":
        pytest.skip(f"tmux {said} hands nothing on to its terminal")
    with tempfile.TemporaryDirectory() as folder:
        app = AppInTmux(Path(folder), pictures)
        try:
            app.until(lambda: len(app.shown) >= 5)  # a page and the preview
            app.until_quiet()
            yield app
        finally:
            app.close()
