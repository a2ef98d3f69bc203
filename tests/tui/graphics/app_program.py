"""The app on a terminal that shows pictures in a given way; a program, so that tests can start it warm.

Its arguments: the protocol, the folder of the pictures, width and height of a character in pixels, and statements that
change the app before it starts.
"""

from __future__ import annotations

import fcntl
import sys
import termios
from pathlib import Path

from textual.widgets import Input

from core.project import Project
from tests.warm_start import cold
from tui.app import Pictoscope
from tui.graphics.terminal import CellSize, Protocol, Terminal

if __name__ == "__main__":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    terminal = Terminal(Protocol(sys.argv[1]), cell=CellSize(int(sys.argv[3]), int(sys.argv[4])))
    Input.cursor_blink = False  # it would never be quiet
    exec(sys.argv[5])
    with cold():  # its decoders are its children, so that it can be seen whether they are at work
        sys.exit(Pictoscope(Project.open_or_create(Path(sys.argv[2])), terminal).run_to_exit_code())
