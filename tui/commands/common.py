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

from core.catalog.scan_report import ABSENT_HINT, ScanReport
from core.errors import ProjectError, UsageError
from core.project import Project
from core.recent_projects import remember
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
        raise ProjectError(f"no project at {where}", "create one: pictoscope add FOLDER, or name one: --project PATH")
    remember(project)
    return project


CANNOT_DRAW = ("dumb", "unknown")  # values of TERM of terminals that cannot move their cursor


def check_replace(arguments: Namespace, written: object, option: str) -> None:
    """Refuse ``--replace`` where no file is written.

    Args:
        arguments: with ``replace``.
        written: the file to write, if there is one.
        option: which names it.

    Raises:
        UsageError: ``--replace`` means nothing.
    """
    if arguments.replace and not written:
        raise UsageError(f"--replace: it applies only with {option}", f"leave it out, or add {option}")


def has_terminal() -> bool:
    """Whether the app can run: it reads keys from standard input and draws on standard error."""
    return os.environ.get("TERM") not in CANNOT_DRAW and all(
        stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


def has_block_characters() -> bool:
    """Whether standard output can encode the characters that bars are made of."""
    try:
        "█▏━├●┤─".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_json(value: Any) -> None:
    """Print one JSON value on stdout."""
    print(json_line(value, indent=2 if sys.stdout.isatty() else None))


def print_paths(paths: Sequence[bytes], *, null: bool, prefixes: Sequence[str] = ()) -> None:
    """Print paths, one per line: their bytes into a pipe, escaped on a terminal."""
    end = b"\0" if null else b"\n"
    to_terminal = sys.stdout.isatty()
    sys.stdout.flush()
    for number, path in enumerate(paths):
        prefix = prefixes[number].encode() if prefixes else b""
        shown = printable(path).encode("utf-8", "replace") if to_terminal else path
        sys.stdout.buffer.write(prefix + shown + end)
    sys.stdout.buffer.flush()


def print_bytes(content: bytes) -> None:
    """Print lines of text: unchanged into a pipe, escaped on a terminal."""
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
    """Print a line on stderr, with control characters escaped: stdout is for the answer alone."""
    print(printable(text), file=sys.stderr, flush=True)


class StatusLine:
    """A progress line on stderr that is rewritten and finally erased; nothing if stderr is not a terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = False

    def show(self, text: str) -> None:
        if self._terminal:
            self._write(f"\r{printable(text)}\x1b[K")
            self._shown = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def end(self) -> None:
        """Erase the line."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


class CountLine(StatusLine):
    """A progress line that counts.

    Args:
        noun: what is counted.
        total: the total number; 0 if unknown.
    """

    def __init__(self, noun: str, total: int = 0) -> None:
        super().__init__()
        self._noun = noun
        self._total = total

    def reached(self, done: int) -> None:
        self.show(f"{count(done)} of {count(self._total, self._noun)}" if self._total else count(done, self._noun))


class ScanLine:
    """Progress of a scan: one rewritten line on a terminal, else a line every few seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._said = time.monotonic()

    def __call__(self, report: ScanReport) -> None:
        """Show the progress."""
        now = time.monotonic()
        if now - self._said < (0.1 if self._terminal else 5.0):
            return
        self._said = now
        line = f"looking for pictures: {count(report.files)} files, {count(report.new)} new"
        sys.stderr.write(f"\r{line}\x1b[K" if self._terminal else f"{line}\n")
        sys.stderr.flush()

    def end(self, report: ScanReport) -> None:
        """Print the outcome and its problems."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
        parts = [count(report.pictures, "picture"), count(report.new, "new file")]
        parts += [f"{count(report.changed)} changed"] if report.changed else []
        parts += [f"{count(report.removed)} gone"] if report.removed else []
        say(", ".join(parts))
        for line in report.absences():
            say(line)
        if report.absent:
            say(ABSENT_HINT)
        for path, reason in report.unreadable:
            say(f"cannot read {printable(path)}: {reason}")
        if report.unreadable_count > len(report.unreadable):
            say(f"… and {count(report.unreadable_count - len(report.unreadable))} more that cannot be read")
        for line in report.beside_pictures():
            say(line)


def scan(project: Project, *, rehash: bool = False) -> ScanReport:
    """Scan with progress on stderr."""
    line = ScanLine()
    report = project.scan(line, rehash=rehash)
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
        "not_read": dict(report.not_read),
        "links": report.links,
        "copies": report.copies,
    }
