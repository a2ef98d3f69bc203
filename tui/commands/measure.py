"""``pictoscope measure``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.text import count
from tui.commands.common import CountLine, open_project, print_json, say


def configure(parser: ArgumentParser) -> None:
    """It has no arguments of its own."""


def run(arguments: Namespace) -> int:
    """Measure what is not measured yet, with progress on stderr."""
    from core.catalog.appearances import measure, missing

    with open_project(arguments) as project:
        with CountLine("picture", len(missing(project.catalog))) as line:
            measured, failed = measure(project.catalog, lambda done, _: line.reached(done))
        pictures = project.catalog.count()
    if arguments.json:
        print_json({"measured": measured, "failed": failed, "pictures": pictures})
    else:
        unread = f"; {count(failed)} cannot be read" if failed else ""
        say(f"{count(measured, 'picture')} measured{unread}" if measured or failed else "every picture is measured")
    return 0
