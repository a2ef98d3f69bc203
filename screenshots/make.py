"""Makes the screenshots: the real app on the demo, in a real terminal, keys pressed as a person would.

    python screenshots/make.py [NAME...]  # needs Xvfb, xterm, xdotool and ImageMagick's `import`

The demo's vectors are created first if they are not there (`pictoscope demo --plain`).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
COMMAND = Path(sys.executable).with_name("pictoscope")
XTERM = ("xterm", "-fa", "DejaVu Sans Mono", "-b", "0", "+sb")
COLOURFUL = ("env", "TERM=xterm-256color", "COLORTERM=truecolor")
TOOLS = ("Xvfb", "xterm", "xdotool", "import")
DISPLAY = ":47"
SETTLED = 1.5  # seconds after the last key: what the app draws is drawn by then


@dataclass(frozen=True)
class Shot:
    """A screenshot.

    Attributes:
        name: of the file.
        keys: pressed one after the other, as xdotool names them; ``text:…`` is typed, ``wait:S`` waits S seconds.
        size: columns x rows.
        font_size: points.
    """

    name: str
    keys: Sequence[str]
    size: str = "130x36"
    font_size: int = 10


# To the folder of photographs by its first letters' place in the tree, then to the cat among them.
LEFT, BACK = ("shift+Tab", "shift+Tab", "wait:1"), ("Tab", "Tab", "wait:1")  # past the labels below the tree
TO_CAT = ("wait:2", *LEFT, *("Down",) * 7, "wait:1", *BACK, *("Right",) * 7, "wait:1")
ORDER = ("wait:1", "o", "wait:1", "Tab", "Return", "text:tag", "Return", "ctrl+r", "wait:2")
EXPORT = ("wait:1", "f", "wait:1", "text:tag:cat", "Return", "wait:1", "e", "wait:1", "shift+Tab", "Return", "wait:1")
IMPORT = ("wait:1", "ctrl+p", "wait:1", "text:import lab", "wait:1", "Return", "wait:1", "text:labels.csv", "Return")

SHOTS = (
    Shot("browse", TO_CAT, size="176x48", font_size=8),
    Shot("vectors", ("wait:1", "g", "wait:1")),
    Shot("create", ("wait:1", "g", "wait:1", "n", "wait:1", "space", "Down", "Down", "Down", "space")),
    Shot("similar-form", (*TO_CAT, "s", "wait:1")),
    Shot("similar", (*TO_CAT, "s", "wait:1", "Return", "wait:3")),
    Shot("text-search", ("wait:1", "slash", "wait:1", "text:a musical instrument", "Return", "wait:14")),
    Shot(
        "text-search-cut", ("wait:1", "slash", "wait:1", "text:a cat", "Return", "wait:14", "o", "wait:1"), size="80x24"
    ),
    Shot("clusters", ("wait:1", "c", "wait:1", "Tab", "Return", "Up", "Return", "ctrl+r", "wait:25"), size="150x40"),
    Shot("duplicates", ("wait:1", "d", "wait:1", "Tab", "Tab", "text:0.8", "Return", "wait:8"), size="150x40"),
    Shot("recommend", (*TO_CAT, "r", "wait:1", "ctrl+r", "wait:8", "a", "wait:1", "x", "wait:2")),
    Shot("filter", ("wait:1", "f", "wait:1", "text:folder:animals and width>300 and not format:p", "wait:1")),
    Shot("properties", ("wait:1", "Escape", *TO_CAT, "p", "wait:2", "Tab")),
    Shot("labels", ("wait:1", "L", "wait:1", "Down", "Down", "wait:1")),
    Shot("history", ("wait:1", "H", "wait:1", "2", "wait:1")),
    Shot("export", EXPORT),
    Shot("import", (*IMPORT, "wait:2")),
    Shot("jobs", ("wait:1", "J", "wait:1")),
    Shot("browse-80x24", ("wait:2", *("Down",) * 2, "wait:1"), size="80x24"),
    Shot("grouped", ORDER, size="150x40"),  # the last one: the app keeps the order
)


# What somebody who works with the demo would have written down.
LABELS = """
tag create animal --colour #4f9e3f
tag add cat --where folder:animals/cats
tag add bird --where folder:animals/birds
tag add insect --where folder:animals/insects
tag parent cat animal
tag parent bird animal
tag parent insect animal
tag add music --where folder:music
tag colour music #5b7fc4
tag add 'black and white' --where folder:black-and-white
set --define year:number --define place:choice:Chicago,London,Paris --define seen:checkbox --define link:url
set year=1931 place=Chicago seen=yes --where folder:black-and-white
set seen=yes place=Paris --where name~cat
group save 'to be printed' --where 'folder:photographs or folder:music'
filter save 'wide and sharp' 'orientation:landscape and sharpness>500'
set place=London --where folder:food
undo
"""
# A table as somebody may bring it: with what is new, what is known, and what cannot be.
TABLE = """path;tags;year;place;remark
photographs/cat.jpg;cat, to print;1931;Paris;
photographs/dog.jpg;dog;1932;Rome;looks left
photographs/clownfish.jpg;fish;1933;London;
photographs/unicorn.jpg;animal;1934;Paris;
"""


def main() -> None:
    """Make them all, or those that are named."""
    wanted = set(sys.argv[1:])
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        sys.exit(f"needs {', '.join(missing)}: apt install xvfb xterm xdotool imagemagick fonts-dejavu-core")
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"HOME": home, "PICTOSCOPE_HOME": home, "DISPLAY": DISPLAY}
        subprocess.run([COMMAND, "demo", "--plain"], check=True, env=environment)
        label(environment, Path(home) / "demo")
        with screen(environment):
            for shot in (shot for shot in SHOTS if not wanted or shot.name in wanted):
                take(shot, environment, Path(home) / "demo")
                print(shot.name, flush=True)


def label(environment: dict[str, str], folder: Path) -> None:
    """Give the demo labels, and a table to import."""
    for line in LABELS.strip().splitlines():
        subprocess.run([COMMAND, *shlex.split(line)], check=True, env=environment, cwd=folder)
    (folder / "labels.csv").write_text(TABLE)
    sheet = ["export", "--tag", "animal", "--as", "sheet", "--to", str(HERE / "contact-sheet.png"), "--replace"]
    subprocess.run([COMMAND, *sheet], check=True, env=environment, cwd=folder)


@contextmanager
def screen(environment: dict[str, str]) -> Iterator[None]:
    """A screen without a monitor."""
    server = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", "2000x1400x24", "-noreset"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield
    finally:
        server.terminate()
        server.wait()


def take(shot: Shot, environment: dict[str, str], folder: Path) -> None:
    """Start the app, press the keys, take the picture."""
    look = ["-fs", str(shot.font_size), "-geometry", f"{shot.size}+0+0"]
    terminal = subprocess.Popen([*XTERM, *look, "-e", *COLOURFUL, str(COMMAND), "."], env=environment, cwd=folder)
    try:
        time.sleep(3)
        window = _output(["xdotool", "search", "--class", "xterm"], environment).split()[-1]
        subprocess.run(["xdotool", "windowfocus", window], check=True, env=environment)
        for key in shot.keys:
            press(key, environment)
        time.sleep(SETTLED)
        target = str(HERE / f"{shot.name}.png")
        subprocess.run(["import", "-window", window, "-strip", target], check=True, env=environment)
    finally:
        terminal.terminate()
        terminal.wait()


def press(key: str, environment: dict[str, str]) -> None:
    """One key, a text, or a pause."""
    if key.startswith("wait:"):
        time.sleep(float(key.removeprefix("wait:")))
    elif key.startswith("text:"):
        subprocess.run(["xdotool", "type", "--delay", "20", key.removeprefix("text:")], check=True, env=environment)
    else:
        subprocess.run(["xdotool", "key", key], check=True, env=environment)
        time.sleep(0.15)


def _output(command: Sequence[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
