"""Looks for new, changed and vanished pictures while the app is open, and reports problems."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.app import App

from core.errors import PictoscopeError
from core.project import Project
from core.unexpected import bugs_as_errors
from tui.messages import NotScanned, Scanned

if TYPE_CHECKING:  # the first paint does without the scan
    from core.catalog.scan_report import ScanReport

_SAID_EVERY = 0.3  # seconds
_GROUP = "scan"  # of workers


class Scanning:
    """Runs one scan at a time, in a thread.

    Args:
        app: gets messages about the progress.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._stop = threading.Event()
        self._beside = ""  # the entries of the last scan that added no picture, in words

    def start(self, project: Project, *, rehash: bool = False) -> None:
        """Begin; a running scan is ended. ``rehash``: read every byte."""
        self.end()
        self._stop = stop = threading.Event()
        self._app.run_worker(
            lambda: self._work(project, stop, rehash=rehash), thread=True, exclusive=True, group=_GROUP
        )

    def end(self) -> None:
        """Tell the scan that runs to stop."""
        self._stop.set()

    def _work(self, project: Project, stop: threading.Event, *, rehash: bool) -> None:
        said = time.monotonic()

        def progress(report: ScanReport) -> None:
            nonlocal said
            if time.monotonic() - said >= _SAID_EVERY and not stop.is_set():
                said = time.monotonic()
                self._app.post_message(Scanned(replace(report), finished=False))

        try:
            with bugs_as_errors():
                report = project.scan(progress, stop, rehash=rehash)
            if not report.stopped:
                self._app.post_message(Scanned(report, finished=True))
        except (PictoscopeError, OSError) as error:
            if not stop.is_set():
                self._app.post_message(NotScanned(error))

    def beside_pictures(self, report: ScanReport) -> str:
        """The entries that added no picture, in words; empty if nothing is new since the last scan."""
        words = "\n".join(report.beside_pictures()) if report.new or report.changed else ""
        before, self._beside = self._beside, words
        return words if words != before else ""


def is_scanning(app: App[Any]) -> bool:
    """Whether a scan runs in the app."""
    return any(worker.group == _GROUP and not worker.is_finished for worker in app.workers)


def is_first(report: ScanReport) -> bool:
    """Whether a finished scan was the first that found pictures: none of its files was known."""
    return report.pictures > 0 and report.new == report.files and not report.changed and not report.removed


def failures(report: ScanReport) -> Iterator[PictoscopeError]:
    """The problems of a finished scan."""
    if report.unreadable_count:
        path, reason = report.unreadable[0]
        more = report.unreadable_count - 1
        text = f"{os.fsdecode(path)}: {reason}" + (f", and {more:,} more" if more else "")
        yield PictoscopeError(f"cannot read {text}")
    if absences := report.absences():
        from core.catalog.scan_report import ABSENT_HINT

        yield PictoscopeError("; ".join(absences), ABSENT_HINT)
