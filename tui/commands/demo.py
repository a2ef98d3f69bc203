"""``pictoscope demo``."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from core import demo
from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.history import ask
from core.actions.registry import find
from core.jobs import job as jobs
from core.jobs.job import Job, State
from core.jobs.launch import create_vectors, restart_vectors
from core.project import Project, remember
from core.text import count, printable
from core.vectors import vec_types
from core.vectors.encoder import LocalEncoder
from core.vectors.vec_type import VecType
from tui.commands.common import print_json, say
from tui.commands.follow import follow

_SHOWN = 5


def configure(parser: ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--plain", action="store_true", help="print the results instead of opening the app")


def run(arguments: Namespace) -> int:
    """Make the demo project and its vectors, then open the app, or print results where there is no terminal."""
    with demo.open_demo() as project:
        remember(project)
        say(f"{count(project.catalog.count(), 'picture')} in {printable(demo.demo_folder())}")
        code = _compute(project, as_json=arguments.json)
        if code:
            return code
        if not arguments.json and not arguments.plain and sys.stdin.isatty() and sys.stdout.isatty():
            from tui.app import Pictoscope

            return Pictoscope(project).run_to_exit_code()
        answers = _answers(project)
    if arguments.json:
        print_json([answer.to_json() for answer in answers])
    else:
        for answer in answers:
            _print(answer)
    return 0


def _compute(project: Project, *, as_json: bool) -> int:
    """Create what is missing in one pass over the pictures. Whatever was interrupted goes on."""
    there = set(vec_types.names(project.vectors_folder))
    new = [vec_type for vec_type in demo.VEC_TYPES if vec_type.name not in there]
    old = [vec_type for vec_type in demo.VEC_TYPES if vec_type.name in there]
    unfinished = [vec_type.name for vec_type in old if not _done(project, vec_type)]
    steps: list[Callable[[], Job]] = []
    if unfinished:
        steps.append(lambda: _go_on(project, unfinished))
    if new:
        steps.append(lambda: create_vectors(project, *new))
    for step in steps:
        job = step()
        say(f"creating the vectors {job.vec_type}")
        if code := follow(job, as_json=as_json):
            return code
    return 0


def _done(project: Project, vec_type: VecType) -> bool:
    status = vec_types.status(project.vectors_folder, vec_type, project.catalog.keys(), "")
    return status.complete and not status.problem


def _go_on(project: Project, names: list[str]) -> Job:
    running = jobs.latest(jobs.all_jobs(project.jobs_folder), names[0])
    return running if running and running.state is State.RUNNING else restart_vectors(project, *names)


def _answers(project: Project) -> list[Answer]:
    context = Context(project, LocalEncoder())
    picture = os.fspath(demo.demo_folder() / demo.QUERY_PICTURE)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("similar", {"like": [picture], "vec_type": "effnet-lite0", "top": _SHOWN}),
        ("text_search", {"text": demo.QUERY_TEXT, "vec_type": "conse", "top": _SHOWN}),
    ]
    return [ask(find(name), context, values) for name, values in asked]


def _print(answer: Answer) -> None:
    print(f"\n{find(answer.action).title} {answer.title}, by {answer.vec_type}:")
    folder = os.fsencode(demo.demo_folder())
    for match in answer.groups[0].matches:
        print(f"  {match.score:.3f}  {printable(os.path.relpath(match.path, folder))}")
