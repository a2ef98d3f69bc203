"""``pictoscope again``: an action of the history once more."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.actions.history import ActionHistory, usable
from core.actions.parameters import VecTypeParameter
from core.actions.registry import find
from core.vectors import vec_types
from tui.commands.action import add_output, answer
from tui.commands.common import open_project


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "number", nargs="?", type=int, metavar="N", help="as `history --actions` has it (default: the newest)"
    )
    parser.add_argument("--vec-type", metavar="VEC_TYPE", help="other vectors than then")
    add_output(parser)


def run(arguments: Namespace) -> int:
    """Ask the same again.

    Raises:
        UsageError: there is no such past action; its package, vectors or pictures are not there any more.
    """
    with open_project(arguments) as project:
        history = ActionHistory(project)
        past = history.find(arguments.number)
        action, values = find(past.action), history.values(past.number)
        if arguments.vec_type is not None:
            values |= {field.name: arguments.vec_type for field in action.fields() if type(field) is VecTypeParameter}
        good, wrong = usable(action, values, vec_types.names(project.vectors_folder))
        if wrong is not None:
            raise wrong
        return answer(project, action, good, arguments)
