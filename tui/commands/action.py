"""Every action as a sub-command."""

from __future__ import annotations

from argparse import Namespace
from threading import Timer
from typing import Any

from core.actions.definition import Action, Context, TextParameter
from core.text import printable
from core.vectors.encoder import LocalEncoder
from tui.commands.common import open_project, print_json, print_paths, say

_LONG = 1.0  # seconds after which a person wonders


def run(action: Action[Any], arguments: Namespace) -> int:
    """Check the arguments, run, print paths or JSON."""
    values = {field.name: getattr(arguments, field.name) for field in action.fields() if hasattr(arguments, field.name)}
    for field in action.fields():
        if isinstance(field, TextParameter) and isinstance(values.get(field.name), list):
            values[field.name] = " ".join(values[field.name])
    checked = action.check(values)
    encoder = LocalEncoder() if arguments.json else LocalEncoder(_Loading())
    with open_project(arguments) as project:
        answer = action.run(Context(project, encoder), checked)
    if arguments.json:
        print_json(answer.to_json())
        return 0
    if answer.note:
        say(answer.note)
    for group in answer.groups:
        scores = [f"{match.score:.4f}  " if match.score is not None else "" for match in group.matches]
        print_paths(
            [match.path for match in group.matches], null=arguments.null, prefixes=scores if arguments.scores else ()
        )
    return 0


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
