"""Sequences that tmux hands on to the terminal that it runs in."""

from __future__ import annotations


def through_tmux(sequence: str) -> str:
    """Wrap one sequence; tmux must have ``allow-passthrough on``. The terminal gets exactly ``sequence``."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
