"""``pictoscope history``."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser, Namespace

from core.actions.action_history import ActionHistory
from core.labels.undo import History
from core.text import count, moment
from tui.commands.common import open_project, print_json, print_table, say
from tui.commands.number_option import add_number
from tui.label_actions import older_steps


def configure(parser: ArgumentParser) -> None:
    add_number(parser, "--top", "how many entries to list", default=20)
    parser.add_argument("--actions", action="store_true", help="list past actions, with the number that `again` takes")


def run(arguments: Namespace) -> int:
    """List what was done, the newest first."""
    if arguments.actions:
        return _actions(arguments)
    with open_project(arguments) as project:
        history = History(project.catalog)
        steps = history.steps(arguments.top)
        older = older_steps(history, len(steps))
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
        if older:
            say(older.replace("\n", "; "))
    else:
        say("no changes yet")
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
        say("no actions yet")
    return 0
