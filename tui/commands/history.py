"""``pictoscope history``."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace

from core.actions.history import ActionHistory
from core.catalog.history import History
from core.errors import UsageError
from core.text import count, moment
from tui.commands.common import open_project, print_json, print_table, say


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--top", type=int, default=20, metavar="N", help="how many, the newest first (default 20)")
    parser.add_argument(
        "--actions", action="store_true", help="the actions that answered, with the number that `again` takes"
    )


def run(arguments: Namespace) -> int:
    """List what was done, the newest first."""
    if arguments.top < 1:
        raise UsageError(f"--top: {arguments.top} is out of range", "give 1 or more")
    if arguments.actions:
        return _actions(arguments)
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
        rows += [("undone" if step.undone else "", moment(step.made), count(step.changes), step.name) for step in steps]
        print_table(rows, right=(2,))
    else:
        say("nothing was changed yet")
    return 0


def _actions(arguments: Namespace) -> int:
    with open_project(arguments) as project:
        history = ActionHistory(project)
        listed = history.all(arguments.top)
        if arguments.json:
            print_json([dataclasses.asdict(past) | {"parameters": history.values(past.number)} for past in listed])
            return 0
    if listed:
        rows = [("", "when", "action", "question", "vec type", "pictures", "groups", "took")]
        rows += [
            (
                str(past.number),
                moment(past.asked),
                past.action,
                past.title,
                past.vec_type,
                count(past.pictures),
                count(past.groups),
                f"{past.seconds:.1f} s",
            )
            for past in listed
        ]
        print_table(rows, right=(0, 5, 6, 7))
    else:
        say("no action has answered here yet")
    return 0
