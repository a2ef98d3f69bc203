"""Folders that are too much to be scanned unasked: the question on a terminal, and ``--yes``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from core.errors import Cancelled, UsageError
from core.offered_folder import too_much
from core.text import display_path, printable


def add_yes(parser: ArgumentParser) -> None:
    """The option that answers beforehand."""
    parser.add_argument(
        "--yes", action="store_true", help="do not ask before reading a home folder, a system folder or the like"
    )


def ask_for_large(folders: Sequence[Path], *, yes: bool) -> None:
    """Ask before folders are added that hold far more than a collection of pictures.

    Raises:
        UsageError: nobody can be asked, and ``yes`` is not given. Cancelled: the answer was no.
    """
    if yes:
        return
    for folder in folders:
        if why := too_much(folder):
            what = f"{printable(display_path(folder))} {why}"
            if not can_ask_on_terminal():
                raise UsageError(what, "add a folder of pictures inside it, or all of it with --yes")
            print(f"{what}. Add it? [y/N] ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() not in ("y", "yes"):
                raise Cancelled("nothing was added")


def can_ask_on_terminal() -> bool:
    """Whether a person reads questions and types answers."""
    return sys.stdin.isatty() and sys.stderr.isatty()
