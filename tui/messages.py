"""Messages between workers, screens and the app. Workers post them; only handlers touch widgets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.message import Message

from core.actions.answer import Answer
from core.errors import PictoscopeError
from core.jobs.job import Job

if TYPE_CHECKING:
    from core.catalog.scan import ScanReport


class Failed(Message):
    """Something that a person asked for could not be done."""

    def __init__(self, error: PictoscopeError | OSError) -> None:
        super().__init__()
        self.error = error if isinstance(error, PictoscopeError) else refused(error)


def refused(error: OSError) -> PictoscopeError:
    """What the system would not do, as an error of ours."""
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return PictoscopeError(f"{where}{(error.strerror or str(error)).lower()}", "check the disk and the permissions")


class JobsChanged(Message, bubble=False):
    """The jobs as they stand now, the newest first. A screen that is told what was known must not tell the app."""

    def __init__(self, jobs: list[Job]) -> None:
        super().__init__()
        self.jobs = jobs


class Scanned(Message, bubble=False):
    """The catalog has grown; ``finished`` when the scan is over."""

    def __init__(self, report: ScanReport, *, finished: bool) -> None:
        super().__init__()
        self.report = report
        self.finished = finished


class ModelLoading(Message, bubble=False):
    """The query process loads a model; an empty name when it has done so."""

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
    """Tags or groups are others than before, or are on other pictures."""


class Busy(Message, bubble=False):
    """The app itself does something that takes a while.

    Attributes:
        doing: how far it is, in words; empty when it is over.
        done: what came of it, in words; empty before its end.
    """

    def __init__(self, doing: str, done: str = "") -> None:
        super().__init__()
        self.doing = doing
        self.done = done
