"""Which terminal a command runs in: what it answers, and what the user says of it."""

from __future__ import annotations

import os
import sys

from core.errors import UsageError
from core.user_folders import state_folder
from tui.display import Display
from tui.graphics.detect import Detected, detect
from tui.graphics.identify import VARIABLE, choose
from tui.graphics.probe_cache import ProbeCache
from tui.graphics.terminal import CHOICES


def find_terminal(graphics: str | None = None, *, again: bool = False) -> Detected:
    """Which terminal this is, and how it shows pictures.

    Args:
        graphics: of the command line; None if it says nothing.
        again: ask the terminal even if its answers are remembered.

    Raises:
        UsageError: the environment variable names no way to show pictures.
        KeyboardInterrupt: ctrl+c was typed meanwhile.
    """
    try:
        choice = choose(graphics, os.environ.get(VARIABLE), Display.load().graphics)
    except ValueError as error:
        raise UsageError(str(error), f"one of: {', '.join(CHOICES)}") from None
    cache = ProbeCache(state_folder() / "terminals.toml")
    detected = detect(sys.stdin.fileno(), sys.stderr.fileno(), os.environ, cache, choice, again=again)
    if b"\x03" in detected.probed.typed:
        raise KeyboardInterrupt
    return detected
