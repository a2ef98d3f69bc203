"""Writes a comparison as one HTML file, complete or not at all."""

from __future__ import annotations

import time
from pathlib import Path

from core.actions.definition import Context
from core.comparison.comparison import Comparison
from core.comparison.judging_session import outline_of
from core.comparison.report_examples import examples
from core.comparison.report_page import Thumb, report_page
from core.errors import UnreadablePicture, UsageError
from core.export.page import picture_source
from core.export.target import check_file, whole_files
from core.project import Project
from core.text import moment, printable

# Pixels of the longest side, and bytes: six vec types show 366 pictures, and 198 for greyscale, 8 MB at most.
SIDE, MOST_BYTES = 160, 10_000
ENDINGS = (".html", ".htm")


def check_report(project: Project, target: Path, replace: bool) -> None:
    """Check that a report may be written here, before it is measured.

    Raises:
        AlreadyExists: the file exists, and ``replace`` is off. UsageError: it may not be written, or its name does not
            end in ``.html``.
    """
    if target.suffix.lower() not in ENDINGS:
        raise UsageError(f"{printable(target)}: the name of a report must end in .html", "choose another name")
    check_file(project, target, replace)


def write_report(context: Context, found: Comparison, target: Path, *, replace: bool = False, seed: int = 0) -> None:
    """Write the report of a comparison.

    Args:
        context: the project; ``stop`` is looked at often.
        found: the comparison.
        target: the file.
        replace: whether an existing file may be replaced.
        seed: of the questions that are drawn.

    Raises:
        AlreadyExists, UsageError: see :func:`check_report`. DiskFull: no space; nothing is left behind.
        Cancelled: the caller set ``stop``. OSError: the file system fails.
    """
    project = context.project
    check_report(project, target, replace)
    context.say("choosing pictures for the report")
    outline = outline_of(project)
    shown = examples(found, outline, seed=seed, check=context.check_stop)
    thumbs = _Thumbs(project, found)
    context.say("writing the report")
    name = project.settings.name or project.path.parent.name
    with whole_files(project, [target], replace) as (stream,):
        for part in report_page(found, shown, thumbs.of, name, moment(time.time())):
            context.check_stop()
            stream.write(part.encode())


class _Thumbs:
    """Thumbnails of the compared pictures, each encoded once."""

    def __init__(self, project: Project, found: Comparison) -> None:
        self._project = project
        self._keys = found.common.keys
        self._known: dict[int, Thumb] = {}

    def of(self, index: int) -> Thumb:
        if index not in self._known:
            self._known[index] = self._make(self._keys[index : index + 1].tobytes())
        return self._known[index]

    def _make(self, key: bytes) -> Thumb:
        picture = self._project.catalog.by_keys([key]).get(key)
        if picture is None:  # removed by another program meanwhile
            return Thumb(key.hex(), "", "no longer in the project")
        name = printable(picture.path.rpartition(b"/")[2])
        try:
            thumbnail = self._project.thumbnails.get(key, picture.path).copy()
        except UnreadablePicture as error:
            return Thumb(name, "", printable(error.message))
        thumbnail.thumbnail((SIDE, SIDE))
        return Thumb(name, picture_source(thumbnail, MOST_BYTES))
