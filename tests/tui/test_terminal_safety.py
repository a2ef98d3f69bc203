"""By bytes: nothing of a name, tag, log line, reason, setting or package's text reaches the terminal as a control.

The real program runs on a terminal of its own, in a project in which every text is hostile; what it sends is looked
through for anything that the program itself has no reason to send.
"""

from __future__ import annotations

import fcntl
import json
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
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_helpers import PATIENCE
from hostile import EVIL, leaks, plugin_in, project_in

from tests.patience import is_at_work
from tui.graphics.answers import IN_ORDER

# What a command sends to a terminal besides text: line ends, to the beginning of the line, erase the rest of it.
COMMAND = re.compile(rb"\r\n|\r|\n|\x00|\x1b\[K")
# What a terminal is asked, by the app and by doctor.
QUERIES = b"|".join(re.escape(query) for query in IN_ORDER)
DOCTOR = re.compile(COMMAND.pattern + b"|" + QUERIES)
# What Textual sends: styles, places, modes and their queries, the keyboard protocol, the shape of the pointer.
APP = re.compile(
    rb"\x1b\]22;[a-z]+\x07|\x1b\[[0-9;]*m|\x1b\[[0-9]+;[0-9]+H|\x1b\[\?[0-9;]+[hl]|\x1b\[\?[0-9]+\$p|\x1b\[[<>=][0-9]*u|\r\n|"
    + QUERIES
)

# Each text must be harmless where it is shown: the guard that stands behind has a test of its own.
_QUIET = 0.25  # seconds
COMMANDS = r"""
import contextlib, json, sys
from tui import cli
cli.harmless_terminal = contextlib.nullcontext
for words in json.loads(sys.argv[1]):
    print("\n==", flush=True)
    try:
        cli.main(words)
    except SystemExit:
        pass
"""


# Through the screens: keys, and what is shown then.
STEPS = (
    ("\x1b[C" * 4, "torn"),  # the preview of the picture that is none
    ("\r", "failed: damaged"),  # large
    ("q", "all pictures"),
    ("\t\x1b[B", "PWNED"),  # folders
    ("?", "esc closes"),
    ("q", "failed: "),  # what the help has covered
    ("\t/", "what the pictures show"),
    ("\x1b", "failed: "),
    ("E", "PWNED"),  # the package's action
    ("abc\r", "note"),
    ("q", "all pictures"),
    ("g", "cannot be read"),
    ("F", "conse · "),
    ("\x1b[F", "PWNED"),
    ("q", "Vectors"),
    ("1", "name"),
    ("q", "all pictures"),
    ("J", "log of"),
    ("f", "PWNED"),
    ("q", "log of"),
    ("q", "all pictures"),
    ("L", "PWNED"),
    ("r", "enter"),
    ("\x1b", "Merge"),
    ("X", "u undoes it"),
    ("n", "Merge"),
    ("2", "PWNED"),
    ("3", "PWNED"),
    ("4", "PWNED"),
    ("q", "all pictures"),
    ("\x10evil", "PWNED"),  # the command palette
    ("\x1b", "failed: "),
)


class Terminal:
    """A program on a terminal of 120 x 32 cells."""

    def __init__(self, arguments: list[str], folder: Path, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 32, 120, 0, 0))
        settings = termios.tcgetattr(theirs)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        inherited |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONIOENCODING": "utf-8"}
        self._process = subprocess.Popen(
            arguments,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=inherited | environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = b""

    def read(self, seconds: float) -> bool:
        """Take what comes within some time; False at the end."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self._ours, 1 << 16)
        except OSError:  # the other end is closed
            return False
        self.shown += part
        return bool(part)

    def until(self, text: str, after: int = 0) -> None:
        """Wait until this is shown; styles within it do not matter."""
        end = time.monotonic() + PATIENCE
        while text.encode() not in APP.sub(b"", self.shown[after:]):
            assert time.monotonic() < end and self.read(0.2), f"{text!r} was not shown:\n{self.shown[after:]!r}"

    def press(self, keys: str, then: str) -> None:
        """Type, wait until something is shown that was not before, and until nothing more comes."""
        after = len(self.shown)
        os.write(self._ours, keys.encode())
        self.until(then, after)
        seen = 0
        while seen < len(self.shown) or is_at_work(self._process.pid):
            seen = len(self.shown)
            self.read(_QUIET)

    def sockets(self) -> list[str]:
        """The TCP and UDP sockets that the program has, listening or not."""
        inodes = {
            line.split()[9]
            for table in ("tcp", "tcp6", "udp", "udp6")
            for line in Path(f"/proc/{self._process.pid}/net/{table}").read_text().splitlines()[1:]
        }
        own = [os.readlink(entry) for entry in Path(f"/proc/{self._process.pid}/fd").iterdir() if entry.is_symlink()]
        return [name for name in own if name.removeprefix("socket:[").rstrip("]") in inodes]

    def to_the_end(self) -> int:
        """Everything until the program ends; its exit code."""
        end = time.monotonic() + 4 * PATIENCE
        while self.read(0.5) and time.monotonic() < end:
            pass
        return self._process.wait(timeout=PATIENCE)

    def hang_up(self) -> int:
        """Close the terminal; the program's exit code."""
        os.close(self._ours)
        self._ours = -1
        return self._process.wait(timeout=PATIENCE)

    def close(self) -> None:
        """End it, should it still run."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._ours >= 0:
            os.close(self._ours)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of the pictures, and a PYTHONPATH with the package."""
    path = os.pathsep.join([str(plugin_in(tmp_path_factory.mktemp("site"))), os.environ.get("PYTHONPATH", "")])
    with project_in(tmp_path_factory.mktemp("hostile")) as project:
        yield project.folders[0], path


def test_the_commands_send_nothing_but_text(hostile: tuple[Path, str], home: Path) -> None:
    folder, path = hostile
    (home / "model-folders.toml").write_text(f"[folders]\nevil-abc123 = {json.dumps('/' + EVIL)}\n")
    job = next((folder / ".pictoscope" / "jobs").iterdir()).name
    commands = [
        ["add"],
        ["add", EVIL],
        ["vectors", "list"],
        ["vectors", "failures"],
        ["vectors", "failures", "--csv"],
        ["vectors", "failures", "--json"],
        ["vectors", "failures", "-0", "conse"],
        ["vectors", "verify", "conse"],
        ["vectors", "default"],
        ["vectors", "create", f"./{EVIL}"],
        ["vectors", "create", "conse", "--shard", EVIL, "--out", EVIL],
        ["vectors", "create", "conse", "--shard", "1/2", "--out", f"../{EVIL}", "--map", f"/{EVIL}=/{EVIL}"],
        ["vectors", "merge", EVIL, f"../{EVIL}"],
        ["vectors", "create", "folder:evil-abc123"],
        ["vectors", "restart", EVIL],
        ["jobs"],
        ["jobs", "--json"],
        ["jobs", "--follow", job],
        ["jobs", "--cancel", job],
        ["similar", "plain.png", "--vec-type", "conse", "--scores"],
        ["similar", "plain.png", "--vec-type", "conse", "-0"],
        ["similar", EVIL],
        ["similar", "plain.png", "--vec-type", EVIL],
        ["similar", "plain.png", "--top", EVIL],
        ["evil", "x", "--vec-type", "conse"],
        ["evil", "--help"],
        ["tag", "list"],
        ["tag", "add", EVIL, "plain.png"],
        ["group", "list"],
        ["group", "show", EVIL],
        ["tag", "colour", EVIL, "#d04a02"],
        ["tag", "parent", EVIL, EVIL],
        ["group", "combine", EVIL, "union", EVIL, EVIL],
        ["group", "order", EVIL, EVIL],
        ["property", "list"],
        ["property", "choices", EVIL, EVIL, f"2{EVIL}"],
        ["filter", "list"],
        ["filter", "save", EVIL, f"width>{EVIL}"],
        ["history"],
        ["undo"],
        ["similar", "plain.png", "--where", EVIL],  # its hint lists the names of properties and tags
        ["cluster", "--vec-type", "conse", "--method", "k-means", "--k", "2", "--no-words"],
        ["recommend", "--for", f"tag:{EVIL}", "--vec-type", "conse"],
        ["duplicates", "--vec-type", "conse"],
        ["doctor"],
        ["models"],
        ["models", "fetch", f"hf:{EVIL}/{EVIL}"],
        ["--help"],
        [f"--{EVIL}"],
        ["--project", EVIL, "jobs"],
        ["--json", EVIL],
    ]
    arguments = [sys.executable, "-c", COMMANDS, json.dumps(commands)]
    terminal = Terminal(arguments, folder, PYTHONPATH=path, TERM=f"xterm{EVIL}", TMUX=EVIL)
    assert terminal.to_the_end() == 0
    terminal.close()
    said = re.split(rb"\n==\r\n", terminal.shown)[1:]
    assert len(said) == len(commands)
    for words, text in zip(commands, said, strict=True):
        assert leaks(text, DOCTOR if words == ["doctor"] else COMMAND) == []
    silent = [words for words, text in zip(commands, said, strict=True) if b"PWNED" not in text]
    # These have nothing of it to show: all others were given something hostile, and showed it.
    assert [words[0] for words in silent] == ["vectors", "recommend", "duplicates", "models"]


def test_the_app_sends_nothing_but_text_and_what_textual_sends(hostile: tuple[Path, str], home: Path) -> None:
    folder, path = hostile
    display = f"theme = {json.dumps(EVIL)}\npictures_in_row = 8\n"
    (home / "settings.toml").write_text(display)
    terminal = Terminal([sys.executable, "-m", "tui.cli"], folder, PYTHONPATH=path)
    try:
        terminal.until("vec types  conse")
        for keys, then in STEPS:
            terminal.press(keys, then)
        assert terminal.sockets() == []
        terminal.press("\x11", "")
        assert terminal.to_the_end() == 0
    finally:
        terminal.close()
    assert leaks(terminal.shown, APP) == []
    assert b"[bold red]" in APP.sub(b"", terminal.shown)  # as text
