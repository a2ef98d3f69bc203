"""A real xterm that draws sixels, on a display without a screen."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.patience import PATIENCE

CELL = 6, 13  # of its font
BACKGROUND = 64, 0, 64
colours_defined_late = pytest.mark.skipif(
    version("textual-image") >= "0.14", reason="0.14 defines all colours first; Python 3.11 has no later one than 0.12"
)
# xterm answers the question after it has drawn what came before.
_PROGRAM = """
import os, sys, termios, time, tty
data, done = sys.argv[1:]
tty.setraw(0)
os.write(1, b"\\033[?25l" + open(data, "rb").read() + b"\\033[c")
answer = b""
while not answer.endswith(b"c"):
    answer += os.read(0, 100)
open(done, "w").close()
time.sleep(600)
"""


def screen_after(data: str, columns: int = 60, rows: int = 20) -> Image.Image:
    """The pixels of xterm after a program wrote ``data``; skips where what it takes is not installed."""
    for program in ("Xvfb", "xterm", "import"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    with tempfile.TemporaryDirectory() as folder, _display(columns, rows) as display:
        written, done = Path(folder) / "data", Path(folder) / "done"
        written.write_text(data)
        looks = ["-fn", "6x13", "-bw", "0", "-b", "0", "+sb", "-bg", "#400040", "-fg", "#ffffff"]
        place = ["-geometry", f"{columns}x{rows}+0+0"]
        program = ["-e", sys.executable, "-c", _PROGRAM, str(written), str(done)]
        command = ["xterm", "-ti", "vt340", *looks, *place, *program]
        with subprocess.Popen(command, env=os.environ | {"DISPLAY": display}, stderr=subprocess.DEVNULL) as xterm:
            try:
                until = time.monotonic() + PATIENCE
                while not done.exists():
                    assert time.monotonic() < until and xterm.poll() is None, "xterm did not draw"
                    time.sleep(0.05)
                return _still_screen(display)
            finally:
                xterm.terminate()


@contextmanager
def _display(columns: int, rows: int) -> Iterator[str]:
    reading, writing = os.pipe()
    size = f"{columns * CELL[0]}x{rows * CELL[1]}x24"
    server = ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(server, pass_fds=[writing], stderr=subprocess.DEVNULL) as display:
        os.close(writing)
        with open(reading) as numbers:
            number = numbers.readline().strip()
        try:
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            display.terminate()


def _still_screen(display: str) -> Image.Image:
    """What the server shows once two pictures of it are equal."""
    before = None
    while True:
        command = ["import", "-display", display, "-window", "root", "png:-"]
        shot = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE)
        screen = Image.open(io.BytesIO(shot.stdout)).convert("RGB")
        if before is not None and np.array_equal(np.asarray(before), np.asarray(screen)):
            return screen
        before = screen
        time.sleep(0.1)
