"""``pictoscope measure``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from core.text import count
from tui.commands.common import CountLine, open_project, print_json, say


def configure(parser: ArgumentParser) -> None:
    """``measure`` has only the common arguments."""


def run(arguments: Namespace) -> int:
    """Measure the pictures that are not measured yet, with progress on stderr."""
    from core.catalog.appearances import measure, unmeasured

    with open_project(arguments) as project:
        with CountLine("picture", len(unmeasured(project.catalog))) as line:
            measured, failed = measure(project.catalog, lambda done, _: line.reached(done))
        pictures = project.catalog.count()
    if arguments.json:
        print_json({"measured": measured, "failed": failed, "pictures": pictures})
    else:
        unread = f"; {count(failed)} cannot be read" if failed else ""
        say(
            f"{count(measured, 'picture')} measured{unread}"
            if measured or failed
            else "all pictures are measured already"
        )
    return 0
