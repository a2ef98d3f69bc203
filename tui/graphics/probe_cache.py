"""What slow terminals answered: the next start in the same terminal must not wait for them again.

A terminal that answers at once is asked every time. So what is remembered can only be wrong where asking is dear, and
``doctor`` always asks.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import __version__, toml_file
from core.errors import PictoscopeError
from tui.graphics.answers import Answers, cell_size
from tui.graphics.probe import Probed
from tui.graphics.tmux import Tmux

QUICK = 0.1  # seconds within which an answer is not worth remembering
_MOST = 32  # terminals
_VARIABLES = (
    "TERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "LC_TERMINAL",
    "LC_TERMINAL_VERSION",
    "WT_SESSION",
    "SSH_CONNECTION",
    "TMUX",
    "STY",
)
# Programs that keep a terminal alive while windows come and go: nothing tells one window from the next.
_DETACHABLE = ("ZELLIJ", "ABDUCO_SESSION", "DTACH_SESSION", "DVTM")


def key_of(descriptor: int, environ: Mapping[str, str], tmux: Tmux | None) -> str:
    """A name for this terminal until it is closed; empty if it cannot be told from others.

    The device alone is not enough: its number is given to the next window. Its time of creation and the leader of the
    session tell them apart, and within tmux the client that is attached.
    """
    if any(environ.get(name) for name in _DETACHABLE):
        return ""
    if environ.get("TMUX"):
        if tmux is None or not tmux.client.strip("|"):
            return ""
    elif environ.get("TERM", "").startswith(("tmux", "screen")):  # kept alive on the other side of SSH
        return ""
    try:
        status = os.fstat(descriptor)
        device = (os.ttyname(descriptor), status.st_rdev, status.st_ctime_ns)
        leader = os.getsid(0)
    except OSError:
        return ""
    inside = (tmux.version, tmux.client, tmux.passthrough) if tmux else ()
    parts = (__version__, device, leader, _began(leader), _boot(), inside, [environ.get(one) for one in _VARIABLES])
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


class ProbeCache:
    """The file of remembered answers.

    Args:
        path: of the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, key: str) -> Answers | None:
        """What the terminal answered; None if that is not remembered."""
        entry = toml_file.read_or_empty(self._path).get(key) if key else None
        return _answers(entry) if isinstance(entry, dict) else None

    def remember(self, key: str, probed: Probed) -> None:
        """Remember what a slow terminal answered, and forget it of one that has become quick."""
        if not key or (probed.seconds <= QUICK and self.find(key) is None):
            return
        slow = {key: _entry(probed.answers)} if probed.seconds > QUICK else {}

        def change(content: dict[str, Any]) -> dict[str, Any]:
            others = [(name, value) for name, value in content.items() if name != key]
            return dict(others[1 - _MOST :]) | slow

        with suppress(PictoscopeError, OSError):  # then the terminal is asked again
            toml_file.update(self._path, change)


def _entry(answers: Answers) -> dict[str, Any]:
    return {name: value for name, value in asdict(answers).items() if value is not None}


def _answers(entry: Mapping[str, Any]) -> Answers | None:
    """An entry of the file, which a person may have changed."""
    try:
        cell = entry.get("cell")
        background = entry.get("background")
        red, green, blue = (int(part) % 256 for part in background) if background else (0, 0, 0)
        return Answers(
            names=tuple(str(name) for name in entry.get("names", ())),
            kitty=entry.get("kitty") is True,
            cell=cell_size(int(cell["width"]), int(cell["height"])) if cell else None,
            background=(red, green, blue) if background else None,
            secondary=tuple(tuple(map(int, one)) for one in entry.get("secondary", ())),
            attributes=tuple(tuple(map(int, one)) for one in entry.get("attributes", ())),
        )
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _began(process: int) -> str:
    """When a process began, in ticks since the system did; empty where the system does not say."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    except OSError:
        return ""
