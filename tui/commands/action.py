"""Every action as a sub-command."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from core.actions.definition import Action, Context
from core.actions.parameters import TextParameter
from core.vectors.encoder import LocalEncoder
from tui.commands.common import open_project, print_json, print_paths, say


def run(action: Action[Any], arguments: Namespace) -> int:
    """Check the arguments, run, print paths or JSON."""
    values = {field.name: getattr(arguments, field.name) for field in action.fields() if hasattr(arguments, field.name)}
    for field in action.fields():
        if isinstance(field, TextParameter) and isinstance(values.get(field.name), list):
            values[field.name] = " ".join(values[field.name])
    checked = action.check(values)
    with open_project(arguments) as project:
        answer = action.run(Context(project, LocalEncoder()), checked)
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
