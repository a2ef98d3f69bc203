"""``pictoscope [FOLDER]``: the app."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from core.errors import UsageError
from core.project import Project, remember


def run(arguments: Namespace) -> int:
    """Open the app on a folder, a project, or Home."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal", "the same without one: pictoscope --help lists the commands")
    project: Project | None
    if arguments.folder:
        project = Project.open_or_create(Path(arguments.folder))
    else:
        start = Path(arguments.project or ".")
        project = Project.find(start) if start.is_dir() else None
        if arguments.project and project is None:
            project = Project(start)
    if project:
        remember(project)
    from tui.app import Pictoscope

    return Pictoscope(project).run_to_exit_code()
