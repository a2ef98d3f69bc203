"""``pictoscope redo``."""

from __future__ import annotations

from argparse import Namespace

from tui.commands.undo import configure, turn

__all__ = ["configure", "run"]


def run(arguments: Namespace) -> int:
    """Do again what was undone last."""
    return turn(arguments, "redo", "done again")
