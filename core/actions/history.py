"""The actions that answered: what was asked, when, how much was found. Each can be asked again.

They lie in a small database of their own, ``actions.sqlite`` in the project, which may be deleted at any time: writing
it never waits for a scan, undo does not touch it, and an action never fails because it could not be remembered.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import (
    Parameter,
    PicturesParameter,
    ScopeParameter,
    TextParameter,
    VecTypeParameter,
    VecTypesParameter,
)
from core.catalog.lookup import keys_at
from core.errors import CatalogError, PictoscopeError, UsageError
from core.text import json_line, printable

if TYPE_CHECKING:
    from core.project import Project

FILE_NAME = "actions.sqlite"
ACTIONS_KEPT = 1_000
BYTES_KEPT = 50_000_000  # of parameters; a selection takes 44 for each picture
_TEXTS_KEPT = 50
_SHORT = 100_000  # bytes of parameters that are worth reading for a line that was typed
_VERSION = 1
_WAIT = 2.0  # seconds for another process that writes
_KEY = re.compile(r"[0-9a-f]{40}")
_TABLE = """
    CREATE TABLE IF NOT EXISTS actions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        asked REAL NOT NULL,        -- seconds since 1970
        action TEXT NOT NULL,       -- its name
        title TEXT NOT NULL,        -- of the answer, fit to be shown
        vec_type TEXT NOT NULL,     -- that it used; several with " + " between them
        pictures INTEGER NOT NULL,  -- how many it found
        parts INTEGER NOT NULL,     -- in how many groups
        seconds REAL NOT NULL,      -- that it took
        size INTEGER NOT NULL,      -- bytes of the parameters
        parameters TEXT NOT NULL    -- JSON; last, so that a list need not read it
    )"""
_COLUMNS = ("asked", "action", "title", "vec_type", "pictures", "parts", "seconds", "size", "parameters")
_NEWEST_FIRST = "ORDER BY asked DESC, number DESC"
# A project may come from somebody else: SQLite lets a column hold anything.
_LISTED = """number, CAST(asked AS REAL), CAST(action AS TEXT), CAST(title AS TEXT), CAST(vec_type AS TEXT),
    CAST(pictures AS INTEGER), CAST(parts AS INTEGER), CAST(seconds AS REAL)"""
_FORGET_OLDEST = """
    DELETE FROM actions WHERE number IN (
        SELECT number FROM (
            SELECT number, row_number() OVER newest AS place, sum(size) OVER newest AS bytes
            FROM actions WINDOW newest AS (ORDER BY asked DESC, number DESC))
        WHERE place > 1 AND (place > ? OR bytes > ?))"""


@dataclass(frozen=True, slots=True)
class PastAction:
    """An action that answered.

    Attributes:
        number: its own for ever; never used again.
        asked: seconds since 1970.
        action: its name. It may belong to a package that is not installed any more.
        title: of the answer: the question in words; fit to be shown.
        vec_type: the vectors it used; several with `` + `` between them; empty for none.
        pictures: how many it found, in all groups.
        groups: in how many groups.
        seconds: how long it took.
    """

    number: int
    asked: float
    action: str
    title: str
    vec_type: str
    pictures: int
    groups: int
    seconds: float


class ActionHistory:
    """The past actions of a project, shared by all its processes. Safe to use in any thread.

    Args:
        project: which holds them.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._path = project.path / FILE_NAME

    def remember(self, action: Action[Any], parameters: Any, answer: Answer, seconds: float) -> bool:
        """Remember that an action answered. The same question asked again keeps its number and is the newest now.

        Args:
            action: which.
            parameters: as :meth:`Action.check` gave them.
            answer: what it found.
            seconds: how long it took.

        Returns whether it could be written. A read-only project or a full disk is no reason for an answer to be lost.
        """
        try:
            values = json_line(settled(self._project, action, parameters, answer))
            found = sum(len(group.matches) for group in answer.groups)
            row = (time.time(), action.name, printable(answer.title), printable(answer.vec_type), found)
            self._write((*row, len(answer.groups), seconds, len(values), values))
        except (sqlite3.Error, OSError, PictoscopeError, TypeError):  # TypeError: what JSON cannot hold
            return False
        return True

    def all(self, limit: int = ACTIONS_KEPT) -> list[PastAction]:
        """The newest ``limit`` actions, the newest first.

        Raises:
            CatalogError: they cannot be read.
        """
        rows = self._read(f"SELECT {_LISTED} FROM actions {_NEWEST_FIRST} LIMIT ?", (limit,))  # noqa: S608
        return [PastAction(*row) for row in rows]

    def find(self, number: int | None = None) -> PastAction:
        """The action of this number; the newest one for None.

        Raises:
            UsageError: there is none. CatalogError: they cannot be read.
        """
        which = "number = ?" if number is not None else f"true {_NEWEST_FIRST} LIMIT 1"
        rows = self._read(
            f"SELECT {_LISTED} FROM actions WHERE {which}",  # noqa: S608  two constants
            (number,) if number is not None else (),
        )
        if not rows:
            raise _forgotten(number)
        return PastAction(*rows[0])

    def values(self, number: int) -> dict[str, Any]:
        """What was given to the action of this number, as :meth:`Action.check` takes it.

        Raises:
            UsageError: there is none. CatalogError: they cannot be read.
        """
        rows = self._read("SELECT parameters FROM actions WHERE number = ?", (number,))
        if not rows:
            raise _forgotten(number)
        try:
            return _parsed(rows[0][0])
        except ValueError as error:
            raise self._damaged(error) from error

    def texts(self, action: Action[Any]) -> list[str]:
        """What was typed into the text field of an action that needs one, each once, the latest last.

        A convenience: where it cannot be read it is empty.
        """
        fields = [field.name for field in action.fields() if is_typed(field)]
        if not fields:
            return []
        try:
            rows = self._read(
                f"SELECT parameters FROM actions WHERE action = ? AND size < ? {_NEWEST_FIRST} LIMIT ?",  # noqa: S608
                (action.name, _SHORT, _TEXTS_KEPT),
            )
            given = [_parsed(row[0]) for row in reversed(rows)]
        except (CatalogError, ValueError):
            return []
        typed = (values.get(name) for values in given for name in fields)
        return list(dict.fromkeys(text for text in typed if isinstance(text, str) and text))

    def forget(self, number: int | None = None) -> None:
        """Forget an action, or (None) all.

        Raises:
            CatalogError: they cannot be written.
        """
        if not self._path.exists():
            return
        try:
            with self._opened() as database:
                if number is None:
                    database.execute("DELETE FROM actions")
                    database.execute("VACUUM")  # forgotten is gone from the disk too
                else:
                    database.execute("DELETE FROM actions WHERE number = ?", (number,))
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _write(self, row: tuple[Any, ...]) -> None:
        try:
            self._insert(row)
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # another process writes, or the disk refuses
                raise
            self._path.unlink()  # damaged: begun anew
            self._insert(row)

    def _insert(self, row: tuple[Any, ...]) -> None:
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            new = ", ".join(f"{column} = ?{number}" for number, column in enumerate(_COLUMNS, 1))
            asked_before = database.execute(
                f"UPDATE actions SET {new} WHERE action = ?2 AND parameters = ?{len(_COLUMNS)}",  # noqa: S608  names
                row,
            ).rowcount
            if not asked_before:
                marks = ", ".join("?" * len(_COLUMNS))
                database.execute(f"INSERT INTO actions ({', '.join(_COLUMNS)}) VALUES ({marks})", row)  # noqa: S608
            database.execute(_FORGET_OLDEST, (ACTIONS_KEPT, BYTES_KEPT))
            database.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """For writing. Not in WAL mode: that could not be read on a disk that is read-only."""
        with closing(sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None)) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise sqlite3.OperationalError("it was written by a newer Pictoscope")
            if version < _VERSION:
                database.execute(_TABLE)
                database.execute(f"PRAGMA user_version = {_VERSION}")
            yield database

    def _read(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        address = f"file:{quote_from_bytes(os.fsencode(self._path))}?mode=ro"
        try:
            with closing(sqlite3.connect(address, timeout=_WAIT, uri=True)) as database:
                if not database.execute("PRAGMA user_version").fetchone()[0]:
                    return []  # made this instant by another process
                return database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> CatalogError:
        return CatalogError(
            f"the past actions in {self._path} cannot be used ({error})",
            "try again, or delete the file: nothing else is lost with it",
        )


def ask(action: Action[Any], context: Context, values: Mapping[str, Any]) -> Answer:
    """Check the values, run the action, remember that it answered.

    Raises:
        PictoscopeError: of the check or of the action.
    """
    parameters = action.check(values)
    began = time.monotonic()
    answer = action.run(context, parameters)
    ActionHistory(context.project).remember(action, parameters, answer, time.monotonic() - began)
    return answer


def settled(project: Project, action: Action[Any], parameters: Any, answer: Answer) -> dict[str, Any]:
    """Parameters as values that mean the same later, and that JSON holds without loss.

    Pictures of the project are named by key, whatever path they move to; other files by absolute path. Where no vec
    type was given it is the one that was used.

    Raises:
        CatalogError: the catalog cannot be read.
    """
    values = {field.name: getattr(parameters, field.name) for field in dataclasses.fields(parameters)}
    for field in action.fields():
        value = values[field.name]
        if isinstance(field, PicturesParameter | ScopeParameter) and not isinstance(value, str):
            values[field.name] = _lasting(project, value)
        elif isinstance(field, VecTypeParameter) and not value:
            values[field.name] = answer.vec_type.partition(" + ")[0]
    return values


def usable(
    action: Action[Any], values: Mapping[str, Any], vec_types: Sequence[str]
) -> tuple[dict[str, Any], UsageError | None]:
    """Those of the values that an action still takes, and what is wrong with the first of the others.

    Args:
        action: whose definition may have changed since.
        values: of :meth:`ActionHistory.values`.
        vec_types: names of those that there are.
    """
    good: dict[str, Any] = {}
    wrong: UsageError | None = None
    for field in action.fields():
        if field.name not in values:
            continue
        try:
            value = field.check(values[field.name])
            _check_names(field, value)
            _check_vec_types(field, value, vec_types)
            good[field.name] = value
        except (UsageError, TypeError, ValueError, AttributeError) as error:
            problem = error if isinstance(error, UsageError) else UsageError(f"{field.title}: {error}")
            wrong = wrong or problem
    return good, wrong


def is_typed(field: Parameter) -> bool:
    """Whether a field is a line of text that must be given: what was typed before is worth offering again."""
    return isinstance(field, TextParameter) and field.required


def _check_names(field: Parameter, value: Any) -> None:
    """What names pictures or vec types are texts, whoever wrote the file."""
    names = isinstance(field, PicturesParameter | ScopeParameter | VecTypeParameter | VecTypesParameter)
    if names and not all(isinstance(name, str) for name in (value if isinstance(value, tuple) else (value,))):
        raise UsageError(f"{field.title}: {printable(str(value))} is no name")


def _check_vec_types(field: Parameter, value: Any, there: Sequence[str]) -> None:
    named = [value] if isinstance(field, VecTypeParameter) else value if isinstance(field, VecTypesParameter) else []
    gone = next((name for name in named if name and name not in there), None)
    if gone is not None:
        raise UsageError(f"{field.title}: there are no vectors {printable(gone)} any more", "choose others")


def _lasting(project: Project, references: Sequence[str]) -> list[str]:
    """References to pictures that stay right: keys, and absolute paths of what is not in the project."""
    paths = {
        reference: os.path.abspath(os.fsencode(reference)) for reference in references if not _KEY.fullmatch(reference)
    }
    keys = keys_at(project.catalog, paths.values()) if paths else {}
    return [
        reference
        if reference not in paths
        else keys[paths[reference]].hex()
        if paths[reference] in keys
        else os.fsdecode(paths[reference])
        for reference in references
    ]


def _parsed(parameters: Any) -> dict[str, Any]:
    """Parameters as they were kept.

    Raises:
        ValueError: nobody of us wrote them.
    """
    values = json.loads(parameters) if isinstance(parameters, str) else None
    if not isinstance(values, dict):
        raise ValueError("the parameters are none")
    return values


def _forgotten(number: int | None) -> UsageError:
    if number is None:
        return UsageError("no action has answered here yet", "as in: pictoscope similar PICTURE")
    return UsageError(f"there is no past action {number:,}", "see: pictoscope history --actions")
