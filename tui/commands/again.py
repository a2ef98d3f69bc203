"""``pictoscope again``: runs a past action again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.actions.action_history import ActionHistory
from core.actions.naming import NamedField, calling
from core.actions.parameters import VecTypeParameter
from core.actions.registry import find
from core.actions.run import OutdatedQuestion, asked_before
from core.vectors import vec_types
from tui.commands.action import add_output, answer
from tui.commands.common import open_project
from tui.commands.number_option import add_number


def configure(parser: ArgumentParser) -> None:
    add_number(parser, "number", "number that `history --actions` prints", default_text="the newest")
    parser.add_argument("--vec-type", metavar="VEC_TYPE", help="use these vectors instead")
    add_output(parser)


def run(arguments: Namespace) -> int:
    """Run the past action with the same values.

    Raises:
        UsageError: there is no such past action, or its plug-in, vectors or pictures are gone.
    """
    with open_project(arguments) as project, calling(_called):
        history = ActionHistory(project)
        past = history.find(arguments.number)
        action, values = find(past.action), history.values(past.number)
        if arguments.vec_type is not None:
            values |= {field.name: arguments.vec_type for field in action.fields() if type(field) is VecTypeParameter}
        question = asked_before(action, values, vec_types.names(project.vectors_folder))
        if isinstance(question, OutdatedQuestion):
            raise question.wrong
        return answer(project, question, arguments)


def _called(field: NamedField) -> str:
    """The vectors are the only parameter that has an option here."""
    return "--vec-type" if type(field) is VecTypeParameter else field.title
