"""A real terminal without a monitor: xterm with sixel under Xvfb, keys pressed as a person would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

PROGRAMS = ("Xvfb", "xterm", "xdotool", "import", "chromium")
PACKAGES = "xvfb xterm xdotool imagemagick fonts-dejavu-core chromium"
DARK, LIGHT = ("#16171a", "#d8d4cc"), ("#f6f4ef", "#26241f")  # background, foreground
# A terminal that shows sixel pictures up to this size.
XTERM = (
    "xterm",
    "-ti",
    "vt340",
    "-xrm",
    "XTerm*maxGraphicSize: 4000x4000",
    "-fa",
    "DejaVu Sans Mono",
    "-b",
    "0",
    "+sb",
)
INHERITED = ("COLORTERM", "TERM", "TERM_PROGRAM", "TMUX", "STY", "SSH_TTY", "NO_COLOR", "PICTOSCOPE_GRAPHICS")
STILL = 1.5  # seconds in which nothing new comes onto the screen: the app has done what a key asked for
LONGEST = 180.0  # seconds until something that never stands still is an error
_LOOK_AGAIN = 0.2
_WORKING = 0.15  # processor seconds a second: what runs in the terminal works, though it shows nothing new
_BETWEEN_KEYS = 0.15


def missing_programs() -> list[str]:
    """What is not installed and needed."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """A display without a monitor; yields the environment of what is to be shown on it."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "2000x1400x24", "-noreset"]  # says which one is free
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        number = server.stdout.readline().strip() if server.stdout else ""
        if not number:
            sys.exit("Xvfb does not start")
        inherited = {name: value for name, value in os.environ.items() if name not in INHERITED}
        yield inherited | {"DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()


@dataclass(frozen=True)
class Window:
    """A terminal on the display.

    Attributes:
        name: its number, as xdotool and ImageMagick take it.
        process: of the terminal.
        environment: of programs that look at it.
    """

    name: str
    process: int
    environment: dict[str, str]

    def picture(self) -> Image.Image:
        """What it shows now, in RGB."""
        command = ["import", "-window", self.name, "-depth", "8", "ppm:-"]
        done = subprocess.run(command, check=True, env=self.environment, stdout=subprocess.PIPE)
        head, size, _, pixels = done.stdout.split(b"\n", 3)
        if head != b"P6":
            sys.exit("ImageMagick's import does not write PPM")
        width, height = map(int, size.split())
        return Image.frombytes("RGB", (width, height), pixels)

    def wait(self, still: float = STILL) -> Image.Image:
        """Wait until for so many seconds nothing new has come onto the screen, and what runs in it has not worked.

        A blinking cursor is nothing new.
        """
        began = changed = looked = time.monotonic()
        used = _processor_time(self.process)
        seen: set[bytes] = set()
        while True:
            picture, before, used_before = self.picture(), looked, used
            looked, used = time.monotonic(), _processor_time(self.process)
            works = used - used_before > _WORKING * (looked - before)
            pixels = picture.tobytes()
            if works or pixels not in seen:
                seen.add(pixels)
                changed = looked
            if looked - changed >= still:
                return picture
            if looked - began > LONGEST:
                sys.exit(f"the screen has not stood still in {LONGEST:.0f} seconds")
            time.sleep(_LOOK_AGAIN)

    def press(self, key: str) -> None:
        """Do one step.

        Args:
            key: as xdotool names it; ``text:…`` is typed; ``still`` waits until the screen stands still, ``still:S``
                until it has for S seconds: for work that shows nothing new for a while.
        """
        kind, _, value = key.partition(":")
        if kind == "still":
            self.wait(float(value or STILL))
            return
        words = ["type", "--delay", "20", value] if kind == "text" else ["key", key]
        subprocess.run(["xdotool", *words], check=True, env=self.environment)
        time.sleep(_BETWEEN_KEYS)  # a busy machine loses keys that come faster than what they open


@contextmanager
def terminal(
    command: Sequence[str],
    folder: str,
    environment: dict[str, str],
    size: str,
    font_size: int,
    colours: tuple[str, str] = DARK,
) -> Iterator[Window]:
    """A program in a terminal of its size; ends both.

    Args:
        command: of the program.
        folder: where it starts.
        environment: with the display.
        size: columns x rows.
        font_size: points.
        colours: background and foreground.
    """
    look = ["-fs", str(font_size), "-geometry", f"{size}+0+0", "-bg", colours[0], "-fg", colours[1], "-cr", colours[1]]
    started = subprocess.Popen([*XTERM, *look, "-e", *command], env=environment, cwd=folder)
    try:
        search = ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(started.pid)]
        found = subprocess.run(search, check=True, env=environment, capture_output=True, text=True)
        window = Window(found.stdout.split()[-1], started.pid, environment)
        subprocess.run(["xdotool", "windowfocus", "--sync", window.name], check=True, env=environment)
        yield window
    finally:
        started.terminate()
        started.wait()


def _processor_time(process: int) -> float:
    """Seconds that all processes below one have used; that of one that has ended is gone."""
    parents, ticks = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(entry.name)], ticks[int(entry.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    below, waiting = 0, [process]
    while waiting:
        children = [child for child, parent in parents.items() if parent in waiting]
        below += sum(ticks[child] for child in children)
        waiting = children
    return below / os.sysconf("SC_CLK_TCK")
