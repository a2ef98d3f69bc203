"""``pictoscope history``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import datetime

from core.catalog.history import History
from core.errors import UsageError
from core.text import count
from tui.commands.common import open_project, print_json, print_table, say


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--top", type=int, default=20, metavar="N", help="how many steps, the newest first (default 20)"
    )


def run(arguments: Namespace) -> int:
    """List what was done, the newest first."""
    if arguments.top < 1:
        raise UsageError(f"--top: {arguments.top} is out of range", "give 1 or more")
    with open_project(arguments) as project:
        steps = History(project.catalog).steps(arguments.top)
    if arguments.json:
        print_json(
            [
                {
                    "number": step.number,
                    "name": step.name,
                    "made": step.made,
                    "undone": step.undone,
                    "changes": step.changes,
                }
                for step in steps
            ]
        )
    elif steps:
        rows = [("", "when", "changes", "step")]
        rows += [
            ("undone" if step.undone else "", _moment(step.made), count(step.changes), step.name) for step in steps
        ]
        print_table(rows, right=(2,))
    else:
        say("nothing was changed yet")
    return 0


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).isoformat(sep=" ", timespec="minutes")
