"""Finds out which terminal this is: asks tmux, asks the terminal unless its answers are remembered, and decides."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.graphics.identify import Choice, identify
from tui.graphics.plan import in_screen, plan
from tui.graphics.probe import UNPROBED, Probed, probe, window_cell
from tui.graphics.probe_cache import ProbeCache, key_of
from tui.graphics.terminal import UNASKED, Terminal
from tui.graphics.tmux import Tmux, ask, is_around

_REMEMBERED = " (as when it was last asked; pictoscope doctor asks again)"


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found.

    Attributes:
        terminal: what is known of it.
        probed: what came back, with the keys that were typed meanwhile.
    """

    terminal: Terminal = UNASKED
    probed: Probed = UNPROBED


def detect(
    reader: int, writer: int, environ: Mapping[str, str], cache: ProbeCache, choice: Choice, *, again: bool = False
) -> Detected:
    """Find out which terminal this is: two seconds at most for its answers, and one for those of tmux.

    Args:
        reader: descriptor of the terminal from which keys come.
        writer: descriptor of the terminal onto which the app draws.
        environ: the environment.
        cache: what slow terminals answered before.
        choice: of the user.
        again: ask even if the answers are remembered.
    """
    environ, tmux = _surroundings(reader, environ)
    asking = plan(environ, tmux)
    key = key_of(reader, environ, tmux) if asking.query else ""
    remembered = None if again else cache.find(key)
    window = window_cell(reader)
    if remembered is not None:
        known = replace(remembered, cell=window or remembered.cell)  # the font may have changed since
        terminal = identify(known, environ, tmux, choice)
        return Detected(terminal if choice.protocol else replace(terminal, reason=terminal.reason + _REMEMBERED))
    probed = probe(reader, writer, asking) if asking.query else UNPROBED
    cache.remember(key, probed)
    return Detected(identify(probed.answers, environ, tmux, choice, window, asking.reason), probed)


def _surroundings(reader: int, environ: Mapping[str, str]) -> tuple[Mapping[str, str], Tmux | None]:
    """The environment and the tmux around us; without ``TMUX`` where it is not true of this terminal."""
    tmux = None if in_screen(environ) else ask(environ)
    try:
        device = os.ttyname(reader)
    except OSError:
        device = ""
    if is_around(environ, tmux, device):
        return environ, tmux
    return {name: value for name, value in environ.items() if not name.startswith("TMUX")}, None
