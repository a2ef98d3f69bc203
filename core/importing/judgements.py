"""Judgements from a table that an export wrote or a person made: first a report, then one step that can be undone."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.catalog.catalog import Catalog
from core.catalog.property_types import parse_checkbox
from core.errors import PictoscopeError, UsageError
from core.export.judgements import HEADINGS, PERSON, QUESTION_KEY, QUESTION_PATH, QUESTION_TEXT, RELEVANT
from core.formulas import unescape_formula
from core.importing.formats import open_table
from core.importing.matching import Matcher, Miss
from core.importing.options import Options
from core.importing.report import Problem, Problems
from core.importing.tables import BadLine, Line, OpenTable
from core.labels.judgements import JudgedQuestion, Judgements, clean_question
from core.labels.undo import History
from core.names import clean_name, short_name
from core.project import Project
from core.text import count, printable

MOST = 500_000  # judgements of one file: 200 bytes each in memory
_SHOWN = 10
_Subject = tuple[JudgedQuestion, str]  # and the person


@dataclass
class JudgementImport:
    """What a table of judgements would change.

    Attributes:
        file: the table.
        description: its format, in words.
        lines: how many it has.
        unmatched: lines whose question or picture is none of this project.
        refused: lines that cannot be read.
        new: judgements that are not there yet.
        changed: judgements that the same person gave otherwise before.
        same: judgements that are there already.
        judged: by question and person, whether a picture is relevant, by its key.
    """

    file: Path
    description: str = ""
    lines: int = 0
    unmatched: Problems = field(default_factory=Problems)
    refused: Problems = field(default_factory=Problems)
    new: int = 0
    changed: int = 0
    same: int = 0
    judged: dict[_Subject, dict[bytes, bool]] = field(default_factory=dict)

    @property
    def matched(self) -> int:
        """Judgements that are of this project."""
        return self.new + self.changed + self.same

    def hindrance(self, *, skip_bad: bool) -> PictoscopeError | None:
        """Why it cannot be applied; None if it can."""
        if self.refused.count and not skip_bad:
            return PictoscopeError(
                f"{count(self.refused.count, 'line')} cannot be imported, so nothing is imported",
                "fix them, or skip them: --skip-bad",
            )
        if self.lines and not self.matched:
            return PictoscopeError(
                f"no line of {short_name(self.file.name)} is about pictures of this project",
                "question and picture are named by their keys, or by paths from the table's folder or a picture folder",
            )
        return None

    def apply(self, catalog: Catalog) -> int:
        """Write them, in one step that can be undone. Returns how many were new or changed.

        Raises:
            CatalogError: the catalog cannot be written; nothing has changed.
        """
        changed = self.new + self.changed
        name = f"import {count(changed, 'judgement')} from {short_name(self.file.name)}"
        judgements = Judgements(catalog)
        with History(catalog).step(name) as step:
            for (question, person), judged in self.judged.items():
                judgements.judge(question, person, judged)
            step.name = name
        return changed

    def in_words(self) -> list[str]:
        """The report, a line each."""
        text = [f"{printable(self.file)}: {self.description}, {count(self.lines, 'line')}"]
        text.append(f"{count(self.new)} new, {count(self.changed)} changed, {count(self.same)} there already")
        for problems, what in ((self.unmatched, "not of this project"), (self.refused, "cannot be imported")):
            if problems.count:
                text.append(f"{count(problems.count, 'line')} {what}:")
                shown = problems.first[:_SHOWN]
                text += [f"  line {one.line:,}: {printable(one.text)}: {printable(one.reason)}" for one in shown]
                more = problems.count - len(shown)
                text += [f"  … and {count(more)} more"] if more else []
        return text

    def as_json(self) -> dict[str, Any]:
        """The report for ``--json``; of each kind of problem the first hundred are listed."""
        return {
            "file": str(self.file),
            "lines": self.lines,
            "new": self.new,
            "changed": self.changed,
            "same": self.same,
            "unmatched": self.unmatched.count,
            "refused": self.refused.count,
            "problems": [
                {"line": one.line, "text": one.text, "reason": one.reason}
                for one in (*self.unmatched.first, *self.refused.first)
            ],
        }


def read_judgements(project: Project, path: Path) -> JudgementImport:
    """Read a table and compute what importing it would change. Nothing is written.

    Args:
        project: of the pictures.
        path: CSV, JSON lines or Parquet with the headings of an export; question and picture by key or by path.

    Raises:
        UsageError: the file is no table of judgements, or has too many. PictoscopeError: Parquet without pyarrow.
        CatalogError: the catalog cannot be read. OSError: the file cannot.
    """
    found = JudgementImport(path)
    with Catalog(project.catalog.path, project.path) as catalog:
        with catalog.one_moment() as database, open_table(path, Options()) as table:
            _Reading(catalog, database, table, found, project.folders).read()
        _compare(catalog, found)
    return found


class _Reading:
    """Reads one table into an import."""

    def __init__(
        self,
        catalog: Catalog,
        database: sqlite3.Connection,
        table: OpenTable,
        found: JudgementImport,
        folders: Sequence[Path],
    ) -> None:
        self._catalog = catalog
        self._table = table
        self._found = found
        self._matcher = Matcher(catalog, database, found.file.absolute().parent, folders, "key")
        self._columns: dict[str, int] = {}
        self._total = 0

    def read(self) -> None:
        """Every line.

        Raises:
            UsageError: there is no column for what is needed, or there are too many lines.
        """
        for batch in self._table.batches(range(len(HEADINGS))):
            self._find_columns()
            self._found.lines += len(batch)
            if self._found.lines > MOST:
                raise UsageError(
                    f"{printable(self._found.file)} has more than {count(MOST, 'judgement')}", "split the file"
                )
            for line in batch:
                if isinstance(line, BadLine):
                    self._found.refused.add(line.number, "", line.reason)
            self._take([line for line in batch if isinstance(line, Line)])
        self._find_columns()
        self._found.description = self._table.description
        for problems in (self._found.unmatched, self._found.refused):
            problems.first.sort(key=_line_of)

    def _find_columns(self) -> None:
        """The headings; those of JSON lines are found while reading."""
        known = [heading.strip().lower() for heading in self._table.headings]
        for name in HEADINGS:
            if known.count(name) > 1:
                raise UsageError(f"{printable(self._found.file)} has two columns {name}", "leave one of them out")
        self._columns = {name: known.index(name) for name in HEADINGS if name in known}
        lacking = [name for name in (PERSON, RELEVANT) if name not in self._columns]
        lacking += [] if self._columns.keys() & {"key", "path"} else ["key or path"]
        asked = self._columns.keys() & {QUESTION_KEY, QUESTION_PATH, QUESTION_TEXT}
        lacking += [] if asked else [f"{QUESTION_KEY}, {QUESTION_PATH} or {QUESTION_TEXT}"]
        if lacking:
            raise UsageError(
                f"{printable(self._found.file)} has no column {lacking[0]}",
                "it is written by: pictoscope judgements export FILE",
            )

    def _take(self, lines: Sequence[Line]) -> None:
        questions = [(self._text(line, QUESTION_KEY), self._text(line, QUESTION_PATH)) for line in lines]
        pictures = [(self._text(line, "key"), self._text(line, "path")) for line in lines]
        asked, judged = self._matcher.match(questions), self._matcher.match(pictures)
        ids = sorted({number for number in (*asked, *judged) if isinstance(number, int)})
        keys = {picture.id: picture.key for picture in self._catalog.pictures(ids)}
        for line, question, picture, names, named in zip(lines, asked, judged, questions, pictures, strict=True):
            text = self._text(line, QUESTION_TEXT)
            about = next(filter(None, (named[1], named[0])), "")
            if isinstance(picture, Miss):
                self._found.unmatched.add(line.number, about, picture.reason)
            elif isinstance(question, Miss) and any(names):
                asked_for = names[1] or names[0]
                self._found.unmatched.add(line.number, asked_for, f"the question: {question.reason}")
            else:
                key = b"" if isinstance(question, Miss) else keys.get(question, b"")
                self._add(line, key, text, keys.get(picture, b""))

    def _add(self, line: Line, question: bytes, text: str, picture: bytes) -> None:
        try:
            if bool(question) == bool(text.strip()):
                raise UsageError("a question is either a picture or a text")
            asked = JudgedQuestion(picture=question) if question else JudgedQuestion(text=clean_question(text))
            person = clean_name(self._text(line, PERSON), "person")
            relevant = bool(parse_checkbox(self._text(line, RELEVANT)))
            before = self._found.judged.setdefault((asked, person), {})
            if before.get(picture, relevant) is not relevant:
                raise UsageError("an earlier line says the opposite")
            before[picture] = relevant
        except UsageError as error:
            self._found.refused.add(line.number, self._text(line, RELEVANT), error.message)

    def _text(self, line: Line, name: str) -> str:
        number = self._columns.get(name)
        cell = "" if number is None or number >= len(line.cells) else line.cells[number]
        if not isinstance(cell, str):
            return ""
        return (unescape_formula(cell) if self._table.guarded else cell).strip()


def _compare(catalog: Catalog, found: JudgementImport) -> None:
    """Count what is new."""
    there = {(one.question, one.person, one.key): one.relevant for one in Judgements(catalog).all()}
    for (question, person), judged in found.judged.items():
        for key, relevant in judged.items():
            before = there.get((question, person, key))
            found.new += before is None
            found.changed += before is not None and before is not relevant
            found.same += before is relevant


def _line_of(problem: Problem) -> int:
    return problem.line
