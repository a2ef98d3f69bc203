"""What a terminal is asked: not everything does every terminal pass over in silence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tui.graphics.answers import ATTRIBUTES, BACKGROUND, CELL, IN_ORDER, SECONDARY, VERSION
from tui.graphics.tmux import Tmux, wrap

_DULL = ("", "dumb", "unknown", "linux", "cons25", "emacs", "eterm", "eterm-color", "vt52")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent and what is waited for.

    Attributes:
        query: what is sent; empty if the terminal is not asked.
        reason: why it is not asked.
        answers: how many times DA1 is answered before all has been said.
        afterwards: what is sent as well, once, if tmux answers: the terminal around it has one more to say.
    """

    query: bytes = b""
    reason: str = ""
    answers: int = 1
    afterwards: bytes = b""


def in_screen(environ: Mapping[str, str]) -> bool:
    """Whether we run in GNU screen. Its variable is inherited by a tmux that is started in it, but not its TERM."""
    return bool(environ.get("STY")) and not environ.get("TERM", "").startswith("tmux")


def plan(environ: Mapping[str, str], tmux: Tmux | None) -> Plan:
    """What to ask in these surroundings.

    tmux and screen show the text of the kitty query as a title, and Terminal.app on the screen; the Linux console and
    terminals without a name can do nothing that would have to be asked for.
    """
    term = environ.get("TERM", "")
    if term in _DULL or environ.get("INSIDE_EMACS"):
        return Plan(reason=f"TERM is {term or 'not set'}" if term in _DULL else "it is a terminal of Emacs")
    if in_screen(environ):
        return Plan(reason="screen passes no pictures on")
    if environ.get("TERM_PROGRAM") == "Apple_Terminal" and not environ.get("TMUX"):
        return Plan(BACKGROUND + ATTRIBUTES)
    own = VERSION + CELL + BACKGROUND + SECONDARY + ATTRIBUTES  # without the kitty query
    around = wrap(b"".join(IN_ORDER).decode("ascii")).encode("ascii")
    if tmux and tmux.passthrough:
        return Plan(own + around, answers=2)
    if environ.get("TMUX"):
        return Plan(own)
    if term.startswith(("screen", "tmux")):  # on another machine, with tmux or screen on this side of the connection
        return Plan(own, afterwards=around)
    return Plan(b"".join(IN_ORDER))
