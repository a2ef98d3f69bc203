"""What several commands need: the project, output, progress."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from rich.cells import cell_len

from core.catalog.scan import ScanReport
from core.errors import ProjectError
from core.project import Project, remember
from core.text import count, json_line, printable


def open_project(arguments: Namespace) -> Project:
    """The project of ``--project``, else of the current folder or one above it.

    Raises:
        ProjectError: there is none.
    """
    start = Path(arguments.project or ".")
    project = Project.find(start) if arguments.project is None or start.is_dir() else None
    if project is None:
        where = printable(start.absolute())
        raise ProjectError(f"no project at {where}", "make one: pictoscope add FOLDER, or name one: --project PATH")
    remember(project)
    return project


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    print(json_line(value, indent=2 if sys.stdout.isatty() else None))


def print_paths(paths: Sequence[bytes], *, null: bool, prefixes: Sequence[str] = ()) -> None:
    """Paths, one a line. Bytes as on disk into a pipe; made harmless on a terminal."""
    end = b"\0" if null else b"\n"
    to_terminal = sys.stdout.isatty()
    sys.stdout.flush()
    for number, path in enumerate(paths):
        prefix = prefixes[number].encode() if prefixes else b""
        shown = printable(path).encode("utf-8", "replace") if to_terminal else path
        sys.stdout.buffer.write(prefix + shown + end)
    sys.stdout.buffer.flush()


def print_bytes(content: bytes) -> None:
    """Lines of text, their bytes as they are into a pipe; made harmless on a terminal."""
    sys.stdout.flush()
    if sys.stdout.isatty():
        content = b"\n".join(printable(line).encode("utf-8", "replace") for line in content.split(b"\n"))
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def print_table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Columns with two spaces between them; the columns ``right`` are right-aligned. The first row is the header."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        blanks = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [
            blank + cell if column in right else cell + blank
            for column, (cell, blank) in enumerate(zip(row, blanks, strict=True))
        ]
        print("  ".join(cells).rstrip())


def say(text: str) -> None:
    """A line on stderr, where progress and remarks go: stdout holds the answer alone. Whatever it says is harmless."""
    print(printable(text), file=sys.stderr, flush=True)


class StatusLine:
    """What is going on: one line on stderr, rewritten; nothing where that is no terminal. Nothing of it stays."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = False

    def show(self, text: str) -> None:
        """This now."""
        if self._terminal:
            self._write(f"\r{printable(text)}\x1b[K")
            self._shown = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def end(self) -> None:
        """Nothing goes on any more."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


class CountLine(StatusLine):
    """How many have been read.

    Args:
        noun: what is counted.
        total: how many there are; 0 where nobody knows.
    """

    def __init__(self, noun: str, total: int = 0) -> None:
        super().__init__()
        self._noun = noun
        self._total = total

    def reached(self, done: int) -> None:
        """So many until now."""
        self.show(f"{count(done)} of {count(self._total, self._noun)}" if self._total else count(done, self._noun))


class ScanLine:
    """Progress of a scan: one line rewritten on a terminal, a line every few seconds elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said = time.monotonic()

    def __call__(self, report: ScanReport) -> None:
        """Show where the scan stands."""
        now = time.monotonic()
        if now - self._said < (0.1 if self._terminal else 5.0):
            return
        self._said = now
        line = f"looking for pictures: {count(report.files)} files, {count(report.new)} new"
        sys.stderr.write(f"\r{line}\x1b[K" if self._terminal else f"{line}\n")
        sys.stderr.flush()

    def end(self, report: ScanReport) -> None:
        """Leave the last line and the remarks."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
        parts = [count(report.pictures, "picture"), f"{count(report.new)} new"]
        parts += [f"{count(report.changed)} changed"] if report.changed else []
        parts += [f"{count(report.removed)} gone"] if report.removed else []
        say(", ".join(parts))
        for path in report.absent:
            say(f"not there: {printable(path)}; what is known of it is kept")
        for path, reason in report.unreadable:
            say(f"cannot read {printable(path)}: {reason}")
        if report.unreadable_count > len(report.unreadable):
            say(f"… and {count(report.unreadable_count - len(report.unreadable))} more that cannot be read")


def scan(project: Project) -> ScanReport:
    """Scan with progress on stderr."""
    line = ScanLine()
    report = project.scan(line)
    line.end(report)
    return report


def report_json(project: Project, report: ScanReport) -> dict[str, Any]:
    """A scan's outcome for ``--json``."""
    return {
        "project": os.fspath(project.path),
        "folders": [os.fspath(folder) for folder in project.folders],
        "pictures": report.pictures,
        "files": report.files,
        "new": report.new,
        "changed": report.changed,
        "removed": report.removed,
        "absent": [os.fsdecode(path) for path in report.absent],
        "unreadable": [{"path": os.fsdecode(path), "reason": reason} for path, reason in report.unreadable],
    }
