"""The report of an import of vectors: what matches and what would change, in words and as JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.importing.report import Problem, Problems
from core.names import short_name
from core.text import count, display_path, printable
from core.vectors.vec_type import VecType

_SHOWN = 5
_LABEL = 12


@dataclass(frozen=True, slots=True)
class VectorsReport:
    """The report on a file of vectors. Rows are numbered from 1.

    Attributes:
        file: path of the file.
        description: its format, and where the pictures are named.
        vec_type: that the rows are for.
        dim: numbers per row.
        rows: in the file.
        matched: rows that name a picture of the project.
        pictures: number of these pictures.
        unmatched: rows that name none, or several.
        refused: rows that cannot be imported.
        scaled: rows that do not have length 1, which they get.
        new: pictures that get their first row.
        same: pictures that have this row already.
        other: pictures that have another row.
        replace: whether these get the row of the file.
        without: pictures of the project that have no row afterwards.
        without_first: paths of the first of them.
    """

    file: Path
    description: str
    vec_type: VecType
    dim: int
    rows: int
    matched: int
    pictures: int
    unmatched: Problems
    refused: Problems
    scaled: int
    new: int
    same: int
    other: int
    replace: bool
    without: int
    without_first: tuple[bytes, ...]

    def in_words(self) -> list[str]:
        """Printable lines."""
        return [printable(line) for line in _words(self)]

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "file": str(self.file),
            "format": self.description,
            "vec_type": self.vec_type.name,
            "dim": self.dim,
            "rows": self.rows,
            "matched": self.matched,
            "pictures": self.pictures,
            "unmatched": _problems(self.unmatched),
            "refused": _problems(self.refused),
            "normalised": self.scaled,
            "new": self.new,
            "same": self.same,
            "other": self.other,
            "replace": self.replace,
            "without": {"count": self.without, "first": [os.fsdecode(path) for path in self.without_first]},
        }


def _problems(problems: Problems) -> dict[str, Any]:
    first = [{"row": one.line, "text": one.text, "reason": one.reason} for one in problems.first]
    return {"count": problems.count, "first": first}


def _words(report: VectorsReport) -> Iterator[str]:
    size = f"{count(report.rows, 'row')} of {report.dim:,} numbers"
    yield f"{report.file.name}: {report.description}, {size}"
    refused = bool(report.refused.count)
    several = f" of {count(report.pictures, 'picture')}" if report.matched and not refused else ""
    yield _row("matched", f"{count(report.matched, 'row')}{several}")
    if report.unmatched.count:
        yield _row("not matched", count(report.unmatched.count, "row"))
    if report.refused.count:
        yield _row("refused", count(report.refused.count, "row"))
    if report.scaled:
        yield _row("normalised", f"{count(report.scaled, 'row')} to length 1: their directions stay")
    left_out = " without the refused rows" if refused else ""
    yield _row("pictures", f"{_changes(report)}{left_out}, in {report.vec_type}")
    if report.without:
        names = ", ".join(short_name(display_path(path)) for path in report.without_first[:_SHOWN])
        more = ", …" if report.without > _SHOWN else ""
        yield _row("without row", f"{count(report.without, 'picture')} of the project: {names}{more}")
    for label, problems in (("not matched", report.unmatched), ("refused", report.refused)):
        if problems.count:
            yield f"{label}:"
            yield from map(_problem, problems.first[:_SHOWN])
            if problems.count > _SHOWN:
                yield f"  … and {count(problems.count - _SHOWN)} more"


def _changes(report: VectorsReport) -> str:
    parts = [f"{count(report.new)} new"]
    parts += [f"{count(report.same)} already there"] if report.same else []
    if report.other:
        parts.append(f"{count(report.other)} {'replaced' if report.replace else 'have another row, which stays'}")
    return ", ".join(parts)


def _problem(one: Problem) -> str:
    return f"  row {one.line:,}: {short_name(one.text)}{': ' if one.text else ''}{one.reason}"


def _row(label: str, text: str) -> str:
    return f"{label:<{_LABEL}} {text}"
