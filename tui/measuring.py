"""Measures mean colour and sharpness of the pictures that no job has processed, while the app is open."""

from __future__ import annotations

import threading
from typing import Any

from textual.app import App

from core.errors import PictoscopeError
from core.project import Project
from core.text import count
from core.unexpected import bugs_as_errors
from tui.messages import Busy, Failed


class Measuring:
    """Runs one measurement at a time, in a thread. Ending it keeps what is measured.

    Args:
        app: gets messages about the progress.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._stop = threading.Event()

    def start(self, project: Project) -> None:
        """Begin; a running measurement is ended."""
        self.end()
        self._stop = stop = threading.Event()
        self._app.run_worker(lambda: self._work(project, stop), thread=True, group="measure")

    def end(self) -> None:
        """Tell the measurement that runs to stop."""
        self._stop.set()

    def _work(self, project: Project, stop: threading.Event) -> None:
        from core.catalog.appearances import measure

        def progress(done: int, total: int) -> None:
            if not stop.is_set():
                self._app.post_message(Busy(f"measuring: {count(done)} of {count(total, 'picture')}"))

        try:
            with bugs_as_errors():
                measured, failed = measure(project.catalog, progress, stop)
        except (PictoscopeError, OSError) as error:
            if not stop.is_set():
                self._app.post_message(Busy(""))
                self._app.post_message(Failed(error))
        else:
            if not stop.is_set():
                unread = f"; {count(failed)} cannot be read" if failed else ""
                self._app.post_message(Busy("", f"{count(measured, 'picture')} measured{unread}"))
