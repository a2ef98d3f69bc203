"""Every action as a sub-command."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from threading import Timer
from typing import Any

from core.actions.definition import Action, Context
from core.actions.duplicates import DUPLICATES, MARKED, REST
from core.actions.line_list import without_ambiguous
from core.actions.parameters import PicturesParameter, TextParameter
from core.actions.run import Question
from core.errors import UsageError
from core.project import Project
from core.text import printable
from core.vectors.encoder import LocalEncoder
from tui.commands.answer_list import print_answer
from tui.commands.common import StatusLine, open_project, print_json, say
from tui.commands.picture_arguments import STDIN, references

_LONG = 1.0  # seconds after which a person wonders


def run(action: Action[Any], arguments: Namespace) -> int:
    """Check the arguments, run, print paths or JSON."""
    from core.actions.phrases import line_of

    values = {field.name: getattr(arguments, field.name) for field in action.fields() if hasattr(arguments, field.name)}
    lists = {field.name: values[field.name] for field in action.fields() if isinstance(values.get(field.name), list)}
    stdin = [field.title for field in action.fields() if STDIN in lists.get(field.name, ())]
    if len(stdin) > 1 or any(words.count(STDIN) > 1 for words in lists.values()):
        raise UsageError("- (stdin) can be used only once", "give the other pictures by path")
    for field in action.fields():
        if isinstance(field, TextParameter) and field.name in lists:
            values[field.name] = line_of(lists[field.name])
        elif isinstance(field, PicturesParameter) and field.name in lists:
            values[field.name] = references(lists[field.name], null=False)
    question = Question.of(action, values)  # wrong values are reported before a project is opened
    with open_project(arguments) as project:
        return answer(project, question, arguments)


def answer(project: Project, question: Question[Any], arguments: Namespace) -> int:
    """Run, and print the answer in the form that the options of :func:`add_output` select."""
    encoder = LocalEncoder() if arguments.json else LocalEncoder(_Loading())
    with StatusLine() as line:
        result = question.ask(Context(project, encoder, say=line.show))
    if arguments.json:
        print_json(result.to_json())
    else:
        if question.action is DUPLICATES and question.parameters.list in (REST, MARKED) and not arguments.null:
            result = without_ambiguous(result)  # it goes to `xargs rm`
        print_answer(result, null=arguments.null, scores=arguments.scores, everything=arguments.all)
    return 0


def add_output(parser: ArgumentParser) -> None:
    """Add the options that select how an answer is printed."""
    parser.add_argument("-0", "--null", action="store_true", help="end paths with NUL instead of newline")
    parser.add_argument("--scores", action="store_true", help="print each picture's score before its path")
    parser.add_argument("--all", action="store_true", help="on a terminal: list all pictures, not the first ten")


class _Loading:
    """Says on stderr that a model is being loaded, if that takes long."""

    def __init__(self) -> None:
        self._timer: Timer | None = None

    def __call__(self, model: str) -> None:
        """Loading of ``model`` begins, or ends if it is empty."""
        if self._timer:
            self._timer.cancel()
        if model:
            self._timer = Timer(_LONG, say, [f"loading {printable(model)}…"])
            self._timer.daemon = True
            self._timer.start()
