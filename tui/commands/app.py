"""``pictoscope [FOLDER]``: the app."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.folder_paths import picture_folder
from core.jobs.job import Job, State
from core.offered_folder import has_pictures, too_much
from core.project import Project
from core.recent_projects import remember
from core.text import count, printable
from tui.advice import not_yet_given
from tui.commands.common import CANNOT_DRAW, has_terminal
from tui.commands.find_terminal import find_terminal
from tui.garbage import hold_collector
from tui.graphics.identify import colour_variables

if TYPE_CHECKING:
    from textual.screen import Screen


def run(arguments: Namespace) -> int:
    """Open the app on a folder, a project, or Home. A wrong name is reported before a missing terminal."""
    folder = _folder(arguments.folder) if arguments.folder else None
    need_terminal()
    project, offered = _opened(folder, arguments.project)
    if project:
        remember(project)
    return open_app(project, arguments.graphics, offered, fresh=arguments.fresh)


def need_terminal() -> None:
    """Refuse to run where the app cannot draw or get keys.

    Raises:
        UsageError: there is no terminal, or none that can move its cursor.
    """
    if not has_terminal():
        if (terminal := os.environ.get("TERM", "")) in CANNOT_DRAW:
            raise UsageError(
                f"the app cannot draw in a terminal with TERM={terminal}",
                "set TERM to the name of the terminal (often xterm-256color), or use commands: pictoscope --help",
            )
        raise UsageError("the app needs a terminal", "without one use commands: pictoscope --help lists them")


def open_app(
    project: Project | None,
    graphics: str | None,
    offered: Path | None = None,
    *,
    fresh: bool = False,
    first: Callable[[Project], Screen[None]] | None = None,
) -> int:
    """Run the app in this terminal. Returns the exit code.

    Args:
        project: None for Home.
        graphics: how pictures are shown; None for the setting.
        offered: a folder without a project that Home offers to open.
        fresh: open the project as for the first time, not as it was left.
        first: makes a screen that is shown over the project at the start.
    """
    detected = find_terminal(graphics)
    os.environ.update(colour_variables(detected.terminal, os.environ))  # before Textual reads it
    hold_collector()  # until the first paint
    from tui.app import Pictoscope
    from tui.graphics.painting import PaintingProcess

    advice = not_yet_given(detected.terminal.advice)
    app = Pictoscope(project, detected.terminal, detected.probed, advice, offered, fresh=fresh, first=first)
    with PaintingProcess() as painting:
        app.pictures.paint_in(painting)
        code = app.run_to_exit_code()
    if code == 0 and (said := jobs_go_on(app.jobs)):
        print(said)
    return code


def jobs_go_on(jobs: Sequence[Job]) -> str:
    """That jobs outlive the app, which is what was left; empty where none is running."""
    running = [job for job in jobs if job.state is State.RUNNING]
    return "\n".join(
        f"{printable(job.name)} goes on: {count(job.done)} of {count(job.total)}{job.unit} · `pictoscope jobs` shows it"
        for job in running
    )


def _opened(folder: Path | None, named: str | None) -> tuple[Project | None, Path | None]:
    """The project to open; or the folder that Home offers to make one.

    Args:
        folder: of pictures, as given; its project is created unless it is too much to be scanned unasked.
        named: path of a project, or of a folder that has one.
    """
    if folder:
        if too_much(folder) and Project.find(folder) is None:
            return None, folder
        return Project.open_or_create(folder), None
    start = Path(named or ".")
    project = Project.find(start) if start.is_dir() else None
    if project is None and named:
        return Project(start), None
    here = start.absolute()
    is_offered = project is None and not too_much(here) and has_pictures(here)
    return project, here if is_offered else None


def _folder(name: str) -> Path:
    """The folder with a name that is no command.

    Raises:
        UsageError: the name could be of either, and is of neither. ProjectError: not a folder that can be read.
    """
    if os.sep not in name and not os.path.exists(os.path.expanduser(name)):
        raise UsageError(f"no command or folder {printable(name)}", "pictoscope --help lists the commands")
    return picture_folder(name)
