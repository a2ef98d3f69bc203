"""tmux: what it knows of the terminal around it, and how data is passed through it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

_LONGEST_WAIT = 1.0  # seconds; it takes milliseconds
_FORMAT = "|".join(
    f"#{{{name}}}"
    for name in (
        "version",
        "client_termname",
        "client_tty",
        "client_pid",
        "client_created",
        "session_attached",
        "pane_tty",
        "allow-passthrough",
        "client_termfeatures",
        "client_termtype",  # last: the terminal's own words
    )
)
_CLIENT = re.compile(r"Terminal \d+: \S+ for (?P<tty>[^\s,]+),")
_TRUE_COLOUR = re.compile(r"\s*\d+: (?:RGB|Tc): \(flag\) true")


@dataclass(frozen=True, slots=True)
class Tmux:
    """A tmux that we run in.

    Attributes:
        version: such as ``3.3a``.
        term: TERM of the terminal around it; empty if nobody is attached.
        term_type: name and version by which that terminal introduced itself (3.2 and later); empty if it did not.
        client: tells this attached terminal from every other one.
        passthrough: whether tmux passes on what is wrapped for it; None if it cannot (before 3.3).
        sixel: whether it says that the terminal draws sixel.
        rgb: whether it passes 24-bit colours on.
        pane: the device of the pane of ``TMUX_PANE``.
    """

    version: str
    term: str = ""
    term_type: str = ""
    client: str = ""
    passthrough: bool | None = None
    sixel: bool = False
    rgb: bool = False
    pane: str = ""


def wrap(data: str) -> str:
    """Escape sequences that tmux passes on, unchanged, to the terminal around it."""
    return "\x1bPtmux;" + data.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def ask(environ: Mapping[str, str]) -> Tmux | None:
    """Ask the tmux of ``TMUX``; None if there is none, or it does not answer."""
    if not environ.get("TMUX"):
        return None
    pane = environ.get("TMUX_PANE", "")
    target = ["-t", pane] if re.fullmatch(r"%\d+", pane) else []
    command = ["tmux", "display-message", "-p", *target, _FORMAT, ";", "show-messages", "-T"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST_WAIT,
            env=dict(environ),
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return parse(done.stdout.decode("utf-8", "replace"))


def attached_since(environ: Mapping[str, str]) -> int:
    """A number that changes when somebody attaches to a tmux that nobody was attached to; 0 where there is none.

    tmux then makes its socket executable, and takes that back when the last one leaves: a look costs microseconds.
    """
    try:
        return os.stat(socket).st_ctime_ns if (socket := environ.get("TMUX", "").partition(",")[0]) else 0
    except OSError:
        return 0


def is_around(environ: Mapping[str, str], tmux: Tmux | None, device: str) -> bool:
    """Whether the terminal is a pane of the tmux of ``TMUX``, or the variable was inherited by another terminal.

    Args:
        environ: the environment.
        tmux: what that tmux said.
        device: of our terminal.
    """
    if tmux:
        return tmux.pane == device
    return bool(environ.get("TMUX")) and environ.get("TERM", "").startswith(("tmux", "screen"))


def parse(output: str) -> Tmux | None:
    """What tmux printed for :func:`ask`: a line of facts, then the capabilities of every attached terminal."""
    first, _, rest = output.partition("\n")
    parts = first.split("|", 9)
    if len(parts) != 10 or not re.fullmatch(r"[\w.-]{1,20}", parts[0]):
        return None
    version, term, tty, pid, created, attached, pane, passthrough, features, term_type = parts
    offered = set(features.split(","))
    return Tmux(
        version=version,
        term=term if re.fullmatch(r"[\w.+-]{1,40}", term) else "",
        term_type=re.sub(r"[^ -~]", "", term_type)[:64].strip(),
        client="|".join((tty, pid, created, attached, term)),
        passthrough=None if passthrough == "" else passthrough not in ("0", "off"),
        sixel="sixel" in offered,
        rgb="RGB" in offered or _has_true_colour(rest, tty),
        pane=pane,
    )


def _has_true_colour(capabilities: str, tty: str) -> bool:
    """Whether the terminal at ``tty`` has RGB or Tc, as ``terminal-overrides`` can give it."""
    here = False
    for line in capabilities.splitlines():
        if client := _CLIENT.match(line):
            here = client["tty"] == tty
        elif here and _TRUE_COLOUR.match(line):
            return True
    return False
