"""What tmux says, and what goes through it: by tables, and through a real tmux where there is one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from known_terminals import GHOSTTY_ANSWERS, KITTY_ANSWERS, FakeTerminal

from tui.graphics.detect import detect
from tui.graphics.identify import Choice
from tui.graphics.probe_cache import ProbeCache
from tui.graphics.tmux import Tmux, ask, is_around, parse, wrap

# tmux 3.3a, `display-message` and the first lines of `show-messages -T`.
SAID = (
    "3.3a|xterm-ghostty|/dev/pts/3|77|1795901505|1|/dev/pts/5|0|bpaste,clipboard,title|ghostty 1.2.0\n"
    "Terminal 0: xterm-256color for /dev/pts/9, flags=0x20:\n"
    " 197: RGB: (flag) true\n"
    "Terminal 1: xterm-ghostty for /dev/pts/3, flags=0x20:\n"
    " 196: Rect: [missing]\n"
    " 197: RGB: [missing]\n"
    " 223: Tc: [missing]\n"
)
CLIENT = "/dev/pts/3|77|1795901505|1|xterm-ghostty"


def test_what_tmux_says_is_read() -> None:
    assert parse(SAID) == Tmux("3.3a", "xterm-ghostty", "ghostty 1.2.0", CLIENT, False, pane="/dev/pts/5")


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        (("/5|0|", "/5|1|"), "passthrough", True),
        (("/5|0|", "/5|on|"), "passthrough", True),
        (("/5|0|", "/5|2|"), "passthrough", True),
        (("/5|0|", "/5|off|"), "passthrough", False),
        (("/5|0|", "/5||"), "passthrough", None),
        (("bpaste,", "bpaste,RGB,"), "rgb", True),
        ((" 223: Tc: [missing]", " 223: Tc: (flag) true"), "rgb", True),
        ((" 197: RGB: [missing]", " 197: RGB: (flag) true"), "rgb", True),
        (("bpaste,", "sixel,"), "sixel", True),
        (("ghostty 1.2.0", "\x1b[2Jodd\x07 | name"), "term_type", "[2Jodd | name"),
        (("xterm-ghostty|", "a';rm|"), "term", ""),
    ],
)
def test_what_differs_is_noticed(change: tuple[str, str], name: str, value: object) -> None:
    found = parse(SAID.replace(*change))
    assert found is not None
    assert getattr(found, name) == value


@pytest.mark.parametrize(
    "said", ["", "no server running on /tmp/x", "3.3a", "||||||||||", "3.3a|" * 4, "\x1b||||||||||"]
)
def test_what_is_no_answer_says_nothing(said: str) -> None:
    assert parse(said) is None


@pytest.mark.parametrize(
    ("environ", "tmux", "around"),
    [
        ({"TERM": "tmux-256color", "TMUX": "x"}, Tmux("3.3a", pane="/dev/pts/5"), True),
        ({"TERM": "xterm-256color", "TMUX": "x"}, Tmux("3.3a", pane="/dev/pts/5"), True),
        ({"TERM": "xterm-kitty", "TMUX": "x"}, Tmux("3.3a", pane="/dev/pts/6"), False),  # kitty was started in a pane
        ({"TERM": "xterm-kitty", "TMUX": "x"}, None, False),  # and the tmux has ended since
        ({"TERM": "screen-256color", "TMUX": "x"}, None, True),
        ({"TERM": "tmux-256color"}, None, False),
    ],
)
def test_the_variable_of_tmux_may_be_inherited(environ: dict[str, str], tmux: Tmux | None, around: bool) -> None:
    assert is_around(environ, tmux, "/dev/pts/5") is around


def test_without_a_tmux_nobody_is_asked(tmp_path: Path) -> None:
    assert ask({}) is None
    assert ask({"TMUX": ""}) is None
    gone = {"TMUX": f"{tmp_path}/none,1,0", "TMUX_PANE": "%0; kill-server", "PATH": os.environ["PATH"]}
    assert ask(gone) is None
    assert ask(gone | {"PATH": str(tmp_path)}) is None
    assert ask(gone | {"TMUX": "\0"}) is None


def test_what_is_wrapped_has_its_escapes_doubled() -> None:
    assert wrap("\x1b_Ga=q;AAAA\x1b\\") == "\x1bPtmux;\x1b\x1b_Ga=q;AAAA\x1b\x1b\\\x1b\\"


PROGRAM = """
import json, os, sys
from pathlib import Path
from tui.graphics.detect import detect
from tui.graphics.identify import Choice
from tui.graphics.probe_cache import ProbeCache
out = Path(sys.argv[1])
found = detect(0, 2, os.environ, ProbeCache(out.with_suffix(".cache")), Choice(), again=True)
terminal = found.terminal
said = [terminal.protocol, terminal.name, terminal.passthrough, terminal.colours, terminal.advice]
out.with_suffix(".part").write_text(json.dumps(said))
out.with_suffix(".part").rename(out)
"""


@pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux here")
@pytest.mark.parametrize("allowed", [True, False])
def test_through_a_real_tmux_the_terminal_around_it_is_asked(tmp_path: Path, allowed: bool) -> None:
    """Ghostty's answers reach the program in the pane, if tmux lets the queries through."""
    out, conf, socket = tmp_path / "found.json", tmp_path / "tmux.conf", tmp_path / "socket"
    conf.write_text("set -g allow-passthrough on\nset -as terminal-features ',*:RGB'\n" if allowed else "")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = ["tmux", "-S", str(socket), "-f", str(conf), "new-session", sys.executable, str(program), str(out)]
    root = str(Path(__file__).parents[3])
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("TMUX", "COLORTERM"))}
    environ |= {"TERM": "xterm-256color", "PYTHONPATH": root, "LC_ALL": "C.UTF-8"}
    with FakeTerminal(GHOSTTY_ANSWERS) as terminal:
        done = subprocess.run(command, stdin=terminal.ours, stdout=terminal.ours, stderr=terminal.ours, env=environ)
    assert done.returncode == 0
    found = json.loads(out.read_text())
    if allowed:
        assert found == ["kitty", "Ghostty 1.2.0", True, 2**24, ""]
    else:
        assert found[:4] == ["symbols", "Ghostty 1.2.0", False, 256]
        assert "set -g allow-passthrough on" in found[4]
        assert "set -as terminal-features ',xterm-256color:RGB'" in found[4]


def test_kitty_that_was_started_in_a_pane_of_tmux_is_asked_as_kitty(tmp_path: Path) -> None:
    environ = {"TERM": "xterm-kitty", "TMUX": f"{tmp_path}/gone,1,0", "TMUX_PANE": "%0"}
    with FakeTerminal(KITTY_ANSWERS) as terminal:
        found = detect(terminal.ours, terminal.ours, environ, ProbeCache(tmp_path / "cache"), Choice()).terminal
    assert (found.protocol, found.name, found.multiplexer, found.passthrough) == ("kitty", "kitty 0.42.1", "", False)
