"""``pictoscope undo`` and ``pictoscope redo``."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from core.errors import PictoscopeError
from core.labels.undo import History
from core.moves.aside import FOLDER_NAME, files_aside, last_move, move_back
from core.project import Project
from core.text import count, printable
from tui.commands.common import open_project, print_json, say, scan


def configure(parser: ArgumentParser) -> None:
    """Add the argument of ``undo``."""
    parser.add_argument(
        "--moved", action="store_true", help="instead: move back the files that Duplicates moved aside last"
    )


def run(arguments: Namespace) -> int:
    """Undo the last step, or move files back."""
    if arguments.moved:
        with open_project(arguments) as project:
            return _move_back(project, as_json=arguments.json)
    code = _turn(arguments, "undo", "undone")
    with open_project(arguments) as project:
        if aside := files_aside(project.path / FOLDER_NAME):
            say(f"{count(aside, 'file')} moved aside by Duplicates; to move back: pictoscope undo --moved")
    return code


def configure_redo(parser: ArgumentParser) -> None:
    """``redo`` has only the common arguments."""


def run_redo(arguments: Namespace) -> int:
    """Redo the step that was undone last."""
    return _turn(arguments, "redo", "redone")


def _move_back(project: Project, *, as_json: bool) -> int:
    last = last_move(project.path / FOLDER_NAME)
    if last is None:
        raise PictoscopeError("there are no files to move back", "in the app, Duplicates moves files aside with M")
    report = move_back(last[0], roots=project.folders)
    say(f"{count(len(report.moved), 'file')} moved back")
    for path, reason in report.left:
        say(f"not moved back: {printable(path)}: {reason}")
    scan(project)
    if as_json:
        left = [{"path": os.fsdecode(path), "reason": reason} for path, reason in report.left]
        print_json({"moved": [os.fsdecode(origin) for _, origin in report.moved], "left": left})
    return 1 if report.left else 0


def _turn(arguments: Namespace, what: str, done: str) -> int:
    """Undo or redo one step (``what``) and print it after the word ``done``.

    Raises:
        PictoscopeError: there is no step.
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
