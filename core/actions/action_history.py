"""The history of actions: parameters, time and size of each result. Each action can be repeated.

Stored in a separate small database, ``actions.sqlite`` in the project, which may be deleted at any time: writing
it never waits for a scan, undo does not affect it, and an action never fails because it could not be stored.
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

from core.actions.answer import Answer
from core.actions.definition import Action
from core.actions.naming import fault
from core.actions.parameters import (
    Parameter,
    PicturesParameter,
    ScopeParameter,
    TextParameter,
    VecTypeParameter,
    VecTypesParameter,
)
from core.catalog.lookup import keys_at
from core.databases import DatabaseKind, connect, is_current, upgrade
from core.errors import CatalogError, PictoscopeError, UnsafeFile, UsageError
from core.files import Lock
from core.project_files import file_exists
from core.text import json_line, printable

if TYPE_CHECKING:
    from core.project import Project

FILE_NAME = "actions.sqlite"
ACTIONS_KEPT = 1_000
BYTES_KEPT = 50_000_000  # of parameters; a selection takes 44 for each picture
_TEXTS_KEPT = 50
_SHORT = 100_000  # bytes of parameters that are worth reading for a line that was typed
_WAIT = 2.0  # seconds for another process that writes
_KEY = re.compile(r"[0-9a-f]{40}")
_TABLE = """
    CREATE TABLE actions (
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
_KIND = DatabaseKind(0x50696341, (_TABLE,), frozenset({1}))  # "PicA"; the first ones had no application id
_COLUMNS = ("asked", "action", "title", "vec_type", "pictures", "parts", "seconds", "size", "parameters")
_NEWEST_FIRST = "ORDER BY asked DESC, number DESC"
# A project may come from a stranger, and SQLite columns can have values of any type: cast them.
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
    """A past run of an action.

    Attributes:
        number: unique; never reused.
        asked: seconds since 1970.
        action: its name. Its package may no longer be installed.
        title: of the answer, printable.
        vec_type: the vectors it used, joined by `` + ``; empty for none.
        pictures: number of pictures in all groups.
        groups: number of groups.
        seconds: run time.
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
        """Store a run of an action. A repeated question keeps its number and becomes the newest.

        Args:
            action: which.
            parameters: as :meth:`Action.check` gave them.
            answer: what it found.
            seconds: run time.

        Returns whether it could be written: a read-only project or a full disk must not cost the answer.
        """
        try:
            values = json_line(portable_parameters(self._project, action, parameters, answer))
            pictures = sum(len(group.matches) for group in answer.groups)
            row = (time.time(), action.name, printable(answer.title), printable(answer.vec_type), pictures)
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
        """The action with this number; the newest for None.

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
        """The parameters of the action with this number, as :meth:`Action.check` takes them.

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
        """Distinct texts that were typed into the required text fields of an action, the latest last.

        Empty if the history cannot be read: this is only a convenience.
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
        """Delete an action, or (None) all.

        Raises:
            CatalogError: they cannot be written.
        """
        try:
            if not file_exists(self._path):
                return
            with self._opened() as database:
                if number is None:
                    database.execute("DELETE FROM actions")
                    database.execute("VACUUM")  # removes the deleted rows from the disk too
                else:
                    database.execute("DELETE FROM actions WHERE number = ?", (number,))
        except UnsafeFile as error:
            raise CatalogError(error.message, error.hint) from error
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._damaged(error) from error

    def _write(self, row: tuple[Any, ...]) -> None:
        try:
            self._insert(row)
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # another process writes, or the disk refuses
                raise
            # Damaged: one program recreates it, others that saw the damage at the same time use the new one.
            lock = self._path.with_name(FILE_NAME + ".lock")
            with Lock.take(lock, f"process {os.getpid()}", wait=_WAIT):
                try:
                    self._insert(row)
                except sqlite3.DatabaseError as still:
                    if type(still) is not sqlite3.DatabaseError:
                        raise
                    self._path.unlink()
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
        """Open for writing. Not in WAL mode: a WAL database cannot be read on a read-only disk."""
        with closing(connect(self._path, _KIND, timeout=_WAIT)) as database:
            if not is_current(database, _KIND):
                upgrade(database, _KIND)
            yield database

    def _read(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            if not file_exists(self._path):
                return []
            with closing(connect(self._path, _KIND, timeout=_WAIT, read_only=True)) as database:
                if not database.execute("PRAGMA user_version").fetchone()[0]:
                    return []  # another process is creating it
                return database.execute(statement, values).fetchall()
        except UnsafeFile as error:
            raise CatalogError(error.message, error.hint) from error
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if not os.path.lexists(self._path):  # another process is recreating it
                return []
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> CatalogError:
        return CatalogError(
            f"the action history {self._path} cannot be used ({error})",
            "try again, or delete the file: nothing else is lost with it",
        )


def portable_parameters(project: Project, action: Action[Any], parameters: Any, answer: Answer) -> dict[str, Any]:
    """Parameters as values that keep their meaning later and that JSON stores without loss.

    Pictures of the project are stored by key, so that they may move; other files by absolute path. If no vec
    type was given, the one that was used is stored.

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


def still_valid(
    action: Action[Any], values: Mapping[str, Any], vec_types: Sequence[str]
) -> tuple[dict[str, Any], UsageError | None]:
    """The values that an action still accepts, and the error of the first that it does not.

    Args:
        action: whose definition may have changed since.
        values: of :meth:`ActionHistory.values`.
        vec_types: names of the existing vec types.
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
            problem = error if isinstance(error, UsageError) else fault(field, str(error))
            wrong = wrong or problem
    return good, wrong


def is_typed(field: Parameter) -> bool:
    """Whether a field is a required text, for which earlier inputs are worth suggesting."""
    return isinstance(field, TextParameter) and field.required


def _check_names(field: Parameter, value: Any) -> None:
    """Check that names of pictures and vec types are strings: anybody may have written the file."""
    names = isinstance(field, PicturesParameter | ScopeParameter | VecTypeParameter | VecTypesParameter)
    if names and not all(isinstance(name, str) for name in (value if isinstance(value, tuple) else (value,))):
        raise fault(field, f"{printable(str(value))} is not a name")


def _check_vec_types(field: Parameter, value: Any, there: Sequence[str]) -> None:
    named = [value] if isinstance(field, VecTypeParameter) else value if isinstance(field, VecTypesParameter) else []
    gone = next((name for name in named if name and name not in there), None)
    if gone is not None:
        raise fault(field, f"there are no vectors {printable(gone)}", "choose others")


def _lasting(project: Project, references: Sequence[str]) -> list[str]:
    """References that stay valid: keys, and absolute paths of files outside the project."""
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
    """Parse stored parameters.

    Raises:
        ValueError: Pictoscope did not write them.
    """
    values = json.loads(parameters) if isinstance(parameters, str) else None
    if not isinstance(values, dict):
        raise ValueError("the parameters are not a JSON object")
    return values


def _forgotten(number: int | None) -> UsageError:
    if number is None:
        return UsageError("no actions yet", "run one, such as: pictoscope similar PICTURE")
    return UsageError(f"there is no past action {number:,}", "see: pictoscope history --actions")
