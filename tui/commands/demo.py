"""``pictoscope demo``."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import Any

from core import demo
from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.registry import find
from core.actions.run import ask
from core.demo.vectors import missing_jobs
from core.project import Project
from core.recent_projects import remember
from core.text import count, printable
from core.vectors.encoder import LocalEncoder
from tui.commands.app import open_app
from tui.commands.common import has_terminal, print_json, say
from tui.commands.follow import follow
from tui.commands.graphics_option import add_graphics
from tui.tour.state import remember_step

_SHOWN = 5


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--plain", action="store_true", help="print results instead of opening the app")
    parser.add_argument("--tour", action="store_true", help="start the tour of the app from its first step")
    add_graphics(parser)


def run(arguments: Namespace) -> int:
    """Make the demo project and open the app while jobs compute its vectors.

    Without a terminal, wait for the vectors and print results.
    """
    if arguments.tour:
        remember_step(0)
    with demo.open_demo() as project:
        remember(project)
        say(f"{count(project.catalog.count(), 'picture')} in {printable(demo.demo_folder())}")
        if not arguments.json and not arguments.plain and has_terminal():
            for _job in missing_jobs(project):
                pass  # started; the app shows how far they are
            return open_app(project, arguments.graphics)
        if code := _compute(project, as_json=arguments.json):
            return code
        answers = _answers(project)
    if arguments.json:
        print_json([answer.to_json() for answer in answers])
    else:
        for answer in answers:
            _print(answer)
    return 0


def _compute(project: Project, *, as_json: bool) -> int:
    """Compute what is missing, and follow the jobs. Returns the exit code of the first that did not finish."""
    for job in missing_jobs(project):
        say(f"creating the vectors {job.name}")
        if code := follow(job, as_json=as_json):
            return code
    return 0


def _answers(project: Project) -> list[Answer]:
    context = Context(project, LocalEncoder())
    picture = os.fspath(demo.demo_folder() / demo.QUERY_PICTURE)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("similar", {"like": [picture], "vec_type": "effnet-lite0", "top": _SHOWN}),
        ("text_search", {"text": demo.QUERY_TEXT, "vec_type": "conse", "top": _SHOWN}),
    ]
    return [ask(find(name), context, values) for name, values in asked]


def _print(answer: Answer) -> None:
    print(f"\n{find(answer.action).headline(answer.title)}, by {answer.vec_type}:")
    folder = os.fsencode(demo.demo_folder())
    for match in answer.groups[0].matches:
        print(f"  {match.score:.3f}  {printable(os.path.relpath(match.path, folder))}")
