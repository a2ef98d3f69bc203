"""A real tmux, whose terminal is Ghostty's engine."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.tui.graphics.ghostty import CELL, Ghostty


def through_real_tmux(data: str, columns: int = 80, rows: int = 24) -> Ghostty:
    """The terminal after a program within tmux wrote ``data``; skips where there is no tmux >= 3.3."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    said = subprocess.run(["tmux", "-V"], capture_output=True, text=True, check=True).stdout.split()[1]
    if said < "3.3":
        pytest.skip(f"tmux {said} hands nothing on to its terminal")
    with tempfile.TemporaryDirectory() as folder:
        return _run(Path(folder), data, columns, rows)


def _run(folder: Path, data: str, columns: int, rows: int) -> Ghostty:
    (folder / "data").write_text(data)
    (folder / "conf").write_text(
        "set -g status off\nset -g allow-passthrough on\nset -g default-terminal screen-256color\n"
    )
    tmux = ["tmux", "-u", "-S", str(folder / "socket"), "-f", str(folder / "conf")]
    # tmux hands nothing on before it has a terminal. After the data comes a title, so that we know when all arrived.
    begun = folder / "begun"
    title = "printf '\\033Ptmux;\\033\\033]2;done\\007\\033\\\\'"
    program = f"until [ -e {begun} ]; do sleep 0.1; done; cat {folder}/data; {title}; sleep 600"
    child, terminal_end = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.environ.pop("TMUX", None)
        os.execvp("tmux", [*tmux, "new-session", program])
    fcntl.ioctl(terminal_end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * CELL[0], rows * CELL[1]))
    terminal = Ghostty(columns, rows)
    terminal.terminal.on_reply(lambda answer: os.write(terminal_end, answer) and None)
    try:
        _feed(terminal, terminal_end, begun)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
        os.close(terminal_end)
        os.waitpid(child, 0)
    return terminal


def _feed(terminal: Ghostty, terminal_end: int, begun: Path) -> None:
    """Until all has arrived, and then until tmux has drawn what it holds."""
    until, seen, wait = time.monotonic() + PATIENCE, b"", 1.0
    while time.monotonic() < until:
        if select.select([terminal_end], [], [], wait)[0]:
            read = os.read(terminal_end, 65536)
            terminal.feed(read)
            begun.touch()
            seen = seen[-100:] + read
            if b"]2;done" in seen:
                wait = 0.5
        elif wait < 1:
            return
    pytest.fail("tmux did not write all")
