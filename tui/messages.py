"""Messages between workers, screens and the app. Workers post them; only handlers touch widgets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.message import Message

from core.actions.answer import Answer
from core.errors import PictoscopeError
from core.jobs.job import Job

if TYPE_CHECKING:
    from core.catalog.scan_report import ScanReport
    from core.watch import Changes


class Failed(Message):
    """A request of the user failed."""

    def __init__(self, error: PictoscopeError | OSError) -> None:
        super().__init__()
        self.error = error if isinstance(error, PictoscopeError) else refused(error)


class NotRead(Failed):
    """What was to be listed could not be read: who posts it says so in the place of the list, the app tells it."""


def refused(error: OSError) -> PictoscopeError:
    """Convert an error of the system to a :class:`PictoscopeError`."""
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return PictoscopeError(f"{where}{(error.strerror or str(error)).lower()}", "check the disk and the permissions")


class JobsChanged(Message, bubble=False):
    """The current jobs, newest first. It does not bubble: a screen must not send it back to the app."""

    def __init__(self, jobs: list[Job]) -> None:
        super().__init__()
        self.jobs = jobs


class JobsNotRead(Message, bubble=False):
    """The jobs could not be listed: which there are is not known."""

    def __init__(self, error: PictoscopeError) -> None:
        super().__init__()
        self.error = error


class Scanned(Message, bubble=False):
    """The catalog has grown; ``finished`` when the scan is over."""

    def __init__(self, report: ScanReport, *, finished: bool) -> None:
        super().__init__()
        self.report = report
        self.finished = finished


class NotScanned(Failed, bubble=False):
    """A scan has ended in an error."""


class ModelLoading(Message, bubble=False):
    """The query process is loading a model; the name is empty when it has finished."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model


class Answered(Message):
    """An action has its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class VectorsChanged(Message):
    """Vec types were created, deleted, or another became the default."""


class LabelsChanged(Message, bubble=False):
    """Tags, groups or other labels have changed."""


class Elsewhere(Message, bubble=False):
    """Another program has changed the project."""

    def __init__(self, changes: Changes) -> None:
        super().__init__()
        self.changes = changes


class Busy(Message, bubble=False):
    """The app itself is doing something that takes a while.

    Attributes:
        doing: the progress, in words; empty at the end.
        done: the outcome, in words; empty before the end.
    """

    def __init__(self, doing: str, done: str = "") -> None:
        super().__init__()
        self.doing = doing
        self.done = done
