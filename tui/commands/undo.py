"""``pictoscope undo`` and, through :mod:`tui.commands.redo`, ``pictoscope redo``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.catalog.history import History
from core.errors import PictoscopeError
from tui.commands.common import open_project, print_json, say


def configure(parser: ArgumentParser) -> None:
    """It has no arguments of its own."""


def run(arguments: Namespace) -> int:
    """Take the newest step back."""
    return turn(arguments, "undo", "undone")


def turn(arguments: Namespace, what: str, done: str) -> int:
    """One step back (``undo``) or forth (``redo``).

    Raises:
        PictoscopeError: there is none.
    """
    with open_project(arguments) as project:
        history = History(project.catalog)
        name = history.undo() if what == "undo" else history.redo()
    if name is None:
        raise PictoscopeError(f"there is nothing to {what}", "see: pictoscope history")
    say(f"{done}: {name}")
    if arguments.json:
        print_json({done: name})
    return 0
