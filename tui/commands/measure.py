"""``pictoscope measure``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from core.text import count
from tui.commands.common import open_project, print_json, say


def configure(parser: ArgumentParser) -> None:
    """It has no arguments of its own."""


def run(arguments: Namespace) -> int:
    """Measure what is not measured yet, with progress on stderr."""
    from core.catalog.appearances import measure

    to_terminal = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if to_terminal:
            sys.stderr.write(f"\r{count(done)} of {count(total, 'picture')}\x1b[K")
            sys.stderr.flush()

    with open_project(arguments) as project:
        try:
            measured, failed = measure(project.catalog, progress)
        finally:
            if to_terminal:
                sys.stderr.write("\r\x1b[K")
        pictures = project.catalog.count()
    if arguments.json:
        print_json({"measured": measured, "failed": failed, "pictures": pictures})
    else:
        unread = f"; {count(failed)} cannot be read" if failed else ""
        say(f"{count(measured, 'picture')} measured{unread}" if measured or failed else "every picture is measured")
    return 0
