"""How a project is opened from Home: of a folder that may have none yet, and the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App

from core.errors import PictoscopeError
from core.offered_folder import too_much
from core.project import Project
from core.text import display_path
from tui.host import host_of
from tui.messages import Failed


def open_folder(app: App[Any], folder: Path) -> None:
    """See :meth:`Host.open_folder`."""
    from tui.screens.dialogs.dialogs import Confirm

    def answered(yes: bool | None) -> None:
        if yes:
            _open_or_create(app, folder)

    try:
        why = too_much(folder) if Project.find(folder) is None else ""
    except (PictoscopeError, OSError) as error:
        host_of(app).tell(error)
        return
    if why:
        what = f"{display_path(folder)} {why}. Create a project of it?"
        app.push_screen(Confirm(what, "Create"), answered)
    else:
        _open_or_create(app, folder)


def open_demo(app: App[Any]) -> None:
    """See :meth:`Host.open_demo`. A second call does nothing while the first one works."""
    if not any(worker.group == "demo" and not worker.is_finished for worker in app.workers):
        app.notify("preparing the demo…", markup=False)
        app.run_worker(lambda: _prepare_demo(app), thread=True, group="demo")


def _open_or_create(app: App[Any], folder: Path) -> None:
    try:
        host_of(app).open_project(Project.open_or_create(folder))
    except (PictoscopeError, OSError) as error:
        host_of(app).tell(error)


def _prepare_demo(app: App[Any]) -> None:
    from core import demo
    from core.demo.vectors import missing_jobs

    try:
        project = demo.open_demo()
        app.call_from_thread(host_of(app).open_project, project)
        for _job in missing_jobs(project):
            pass  # started; the foot of the screen shows it
    except (PictoscopeError, OSError) as error:
        app.post_message(Failed(error))
