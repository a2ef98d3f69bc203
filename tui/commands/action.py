"""Every action as a sub-command."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from threading import Timer
from typing import Any

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.history import ask
from core.actions.parameters import TextParameter
from core.project import Project
from core.text import count, printable
from core.vectors.encoder import LocalEncoder
from tui.commands.common import StatusLine, open_project, print_json, print_paths, say

_LONG = 1.0  # seconds after which a person wonders


def run(action: Action[Any], arguments: Namespace) -> int:
    """Check the arguments, run, print paths or JSON."""
    values = {field.name: getattr(arguments, field.name) for field in action.fields() if hasattr(arguments, field.name)}
    for field in action.fields():
        if isinstance(field, TextParameter) and isinstance(values.get(field.name), list):
            values[field.name] = _line(values[field.name])
    action.check(values)  # what is wrong is said before a project is looked for
    with open_project(arguments) as project:
        return answer(project, action, values, arguments)


def answer(project: Project, action: Action[Any], values: Mapping[str, Any], arguments: Namespace) -> int:
    """Run an action with its values, print what it found as the options of :func:`add_output` say."""
    encoder = LocalEncoder() if arguments.json else LocalEncoder(_Loading())
    with StatusLine() as line:
        found = ask(action, Context(project, encoder, say=line.show), values)
    if arguments.json:
        print_json(found.to_json())
    else:
        _print(found, null=arguments.null, scores=arguments.scores)
    return 0


def add_output(parser: ArgumentParser) -> None:
    """The options that say how an answer is printed."""
    parser.add_argument("-0", "--null", action="store_true", help="end paths with NUL instead of newline")
    parser.add_argument("--scores", action="store_true", help="print each picture's score before its path")


def _line(words: Sequence[str]) -> str:
    """Words of the command line as one text: those the shell kept together are phrases of their own."""
    if len(words) == 1:
        return words[0]
    return " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)


def _print(answer: Answer, *, null: bool, scores: bool) -> None:
    """Paths, one a line, the best first; an empty line between groups, on a terminal their names too."""
    if answer.note:
        say(answer.note)
    for number, group in enumerate(answer.groups):
        if len(answer.groups) > 1 and not null:
            if number:
                print()
            if sys.stdout.isatty():
                print(f"{printable(group.name)} · {count(len(group.matches), 'picture')}")
        prefixes = [f"{match.score:.4f}  " if match.score is not None else "" for match in group.matches]
        print_paths([match.path for match in group.matches], null=null, prefixes=prefixes if scores else ())


class _Loading:
    """Says on stderr that a model is being loaded, where that takes long."""

    def __init__(self) -> None:
        self._timer: Timer | None = None

    def __call__(self, model: str) -> None:
        """It begins; with an empty text, it has ended."""
        if self._timer:
            self._timer.cancel()
        if model:
            self._timer = Timer(_LONG, say, [f"loading {printable(model)}…"])
            self._timer.daemon = True
            self._timer.start()
