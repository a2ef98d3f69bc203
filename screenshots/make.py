"""Makes the screenshots: the real app on the demo, in a real terminal, keys pressed as a person would.

    python screenshots/make.py            # needs Xvfb, xterm, xdotool and ImageMagick's `import`

The demo's vectors are created first if they are not there (`pictoscope demo --plain`).
"""

from __future__ import annotations

import os
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
    """

    name: str
    keys: Sequence[str]
    size: str = "130x36"


SHOTS = (
    Shot("browse", ("wait:2", "l", "l", "l")),
    Shot("vectors", ("wait:1", "g", "wait:1")),
    Shot("create", ("wait:1", "g", "wait:1", "n", "wait:1", "Tab", "space")),
    Shot("similar-form", ("wait:1", "End", "wait:1", "h", "h", "s", "wait:1")),
    Shot("similar", ("wait:1", "End", "wait:1", "h", "h", "s", "wait:1", "Return", "wait:3")),
    Shot("text-search", ("wait:1", "slash", "wait:1", "text:a musical instrument", "Return", "wait:14")),
    Shot("jobs", ("wait:1", "J", "wait:1")),
    Shot("browse-80x24", ("wait:2", "l"), size="80x24"),
)


def main() -> None:
    """Make them all."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        sys.exit(f"needs {', '.join(missing)}: apt install xvfb xterm xdotool imagemagick fonts-dejavu-core")
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"PICTOSCOPE_HOME": home, "DISPLAY": DISPLAY}
        subprocess.run([COMMAND, "demo", "--plain"], check=True, env=environment)
        with screen(environment):
            for shot in SHOTS:
                take(shot, environment, Path(home) / "demo")
                print(shot.name, flush=True)


@contextmanager
def screen(environment: dict[str, str]) -> Iterator[None]:
    """A screen without a monitor."""
    server = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", "2000x1400x24"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield
    finally:
        server.terminate()
        server.wait()


def take(shot: Shot, environment: dict[str, str], folder: Path) -> None:
    """Start the app, press the keys, take the picture."""
    terminal = subprocess.Popen(
        ["xterm", "-fa", "DejaVu Sans Mono", "-fs", "10", "-geometry", f"{shot.size}+0+0", "-b", "0", "+sb"]
        + ["-e", "env", "TERM=xterm-256color", "COLORTERM=truecolor", str(COMMAND), str(folder)],
        env=environment,
    )
    try:
        time.sleep(3)
        window = _output(["xdotool", "search", "--class", "xterm"], environment).split()[-1]
        subprocess.run(["xdotool", "windowfocus", window], check=True, env=environment)
        for key in shot.keys:
            press(key, environment)
        time.sleep(SETTLED)
        subprocess.run(["import", "-window", window, "-strip", str(HERE / f"{shot.name}.png")], check=True, env=environment)
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
