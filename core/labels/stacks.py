"""Stacks: sets of pictures of which only the top one is shown. Nothing is removed.

A picture is in at most one stack. Pictures without a file do not count: a stack whose top picture is gone shows the
next one, and a stack with one remaining picture is no stack until another one returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from core.catalog.selection_table import fill_selection
from core.errors import UsageError
from core.keys import whole_key
from core.labels.decisions import DecisionKind
from core.labels.undo import History
from core.text import count

if TYPE_CHECKING:
    from core.catalog.catalog import Catalog

_THERE = "s.picture IN (SELECT picture FROM files)"
# Chosen pictures, and all pictures of their stacks.
_TOGETHER = """SELECT picture FROM stacked WHERE stack IN (
                   SELECT stack FROM stacked WHERE picture IN (SELECT picture FROM temp.chosen))
               ORDER BY stack, position"""
# The stack that chosen pictures are in, or a new one.
_NUMBER = """SELECT coalesce((SELECT min(stack) FROM stacked WHERE picture IN (SELECT picture FROM temp.chosen)),
                             (SELECT coalesce(max(stack), 0) + 1 FROM stacked))"""


class Stacks:
    """The stacks of a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: contains them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def stack(self, keys: Sequence[bytes]) -> int:
        """Put pictures into one stack, the first on top, the others behind it in order.

        Their stacks are merged into it; pictures that are not named come after those that are. So a single key moves
        that picture to the top of its stack. The mark ``redundant`` is removed from all of them.

        Args:
            keys: of pictures; those without a file or unknown to the catalog are ignored.

        Returns the number of pictures with a file in the stack.

        Raises:
            UsageError: the stack would have fewer than two.
        """
        wanted = list(dict.fromkeys(map(whole_key, keys)))
        with self._history.step("stack pictures") as step:
            database = step.database
            fill_selection(database, wanted)
            database.execute("DELETE FROM temp.chosen WHERE picture NOT IN (SELECT picture FROM files)")
            rows = database.execute("SELECT p.key, p.id FROM pictures p JOIN temp.chosen c ON c.picture = p.id")
            numbers = dict(rows.fetchall())
            named = [numbers[key] for key in wanted if key in numbers]
            before = [row[0] for row in database.execute(_TOGETHER)]
            _write(database, database.execute(_NUMBER).fetchone()[0], list(dict.fromkeys((*named, *before))))
            there = database.execute(f"SELECT count(*) FROM ({_TOGETHER}) s WHERE {_THERE}").fetchone()[0]  # noqa: S608
            if there < 2:
                raise UsageError("a stack needs two pictures or more", "choose the pictures that belong together")
            database.execute(
                f"DELETE FROM decisions WHERE kind = ? AND picture IN ({_TOGETHER})",  # noqa: S608
                (DecisionKind.MARKED.value,),
            )
            step.name = f"stack {count(there, 'picture')}"
        return int(there)

    def unstack(self, keys: Sequence[bytes]) -> int:
        """Remove pictures from their stacks. A stack with one remaining picture is dissolved.

        Returns the number of pictures that were in a stack.
        """
        with self._history.step("remove pictures from stacks") as step:
            fill_selection(step.database, keys)
            taken = step.database.execute(
                "DELETE FROM stacked WHERE picture IN (SELECT picture FROM temp.chosen)"
            ).rowcount
            step.database.execute(
                "DELETE FROM stacked WHERE stack IN (SELECT stack FROM stacked GROUP BY stack HAVING count(*) = 1)"
            )
            step.name = f"remove {count(taken, 'picture')} from stacks"
        return max(taken, 0)

    def all(self) -> list[tuple[bytes, ...]]:
        """The keys of each stack that has two or more pictures with a file, the top first."""
        rows = self._catalog.query(
            f"""SELECT s.stack, p.key FROM stacked s JOIN pictures p ON p.id = s.picture
                WHERE {_THERE} ORDER BY s.stack, s.position"""  # noqa: S608  ours
        )
        stacks = [tuple(key for _, key in run) for _, run in groupby(rows, key=lambda row: row[0])]
        return [stack for stack in stacks if len(stack) > 1]

    def of(self, key: bytes) -> tuple[bytes, ...]:
        """The keys of a picture's stack, the top first; empty if it is in none."""
        rows = self._catalog.query(
            f"""SELECT p.key FROM stacked s JOIN pictures p ON p.id = s.picture
                WHERE {_THERE} AND s.stack = (
                    SELECT stack FROM stacked WHERE picture = (SELECT id FROM pictures WHERE key = ?))
                ORDER BY s.position""",  # noqa: S608  ours
            (whole_key(key),),
        )
        keys = tuple(row[0] for row in rows)
        return keys if len(keys) > 1 and whole_key(key) in keys else ()

    def whole_stacks(self, keys: Sequence[bytes], apart: Collection[int] = ()) -> list[bytes]:
        """These pictures, each followed by the others of its stack; each once.

        Args:
            keys: of pictures.
            apart: numbers of stacks of which only the named pictures are returned.
        """
        rows = self._catalog.query(
            """SELECT s.stack, p.key FROM stacked s JOIN pictures p ON p.id = s.picture
               ORDER BY s.stack, s.position"""
        )
        by_key: dict[bytes, list[bytes]] = {}
        for number, run in groupby(rows, key=lambda row: int(row[0])):
            members = [key for _, key in run]
            by_key.update((key, [] if number in apart else members) for key in members)
        found: dict[bytes, None] = {}
        for key in map(whole_key, keys):
            found.setdefault(key)
            found.update(dict.fromkeys(by_key.get(key, ())))
        return list(found)

    def any(self) -> bool:
        """Whether there is any stack."""
        return bool(self._catalog.query("SELECT 1 FROM stacked LIMIT 1"))


def _write(database: sqlite3.Connection, number: int, members: Sequence[int]) -> None:
    """Write one stack, in this order. Unchanged rows are not written again."""
    database.executemany(
        """INSERT INTO stacked (picture, stack, position) VALUES (?, ?, ?)
           ON CONFLICT (picture) DO UPDATE SET stack = excluded.stack, position = excluded.position
           WHERE stack <> excluded.stack OR position <> excluded.position""",
        ((picture, number, position) for position, picture in enumerate(members)),
    )
