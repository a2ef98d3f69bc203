"""Saved groups: ordered lists of pictures with scores, kept under a name."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from core.catalog import decisions
from core.catalog.catalog import Catalog
from core.catalog.chosen import choose, whole
from core.catalog.history import History
from core.catalog.names import clean_name, shown, taken, unknown
from core.errors import UsageError
from core.text import count

Combination = Literal["union", "intersection", "difference"]
Entry = tuple[bytes, float | None]


@dataclass(frozen=True, slots=True)
class SavedGroup:
    """A group that is kept.

    Attributes:
        id: the catalog's number.
        name: unique, NFC, one line; pass it through ``printable`` to show it.
        created: seconds since 1970.
        origin: where it comes from, in words: action, vec type, title. As given.
        pictures: how many it holds, those without a file too.
    """

    id: int
    name: str
    created: float
    origin: str
    pictures: int


class Groups:
    """The saved groups of a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: which holds them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def all(self) -> list[SavedGroup]:
        """Every group, by name."""
        rows = self._catalog.query(
            """SELECT id, name, created, origin,
               (SELECT count(*) FROM saved_group_pictures WHERE saved_group = saved_groups.id)
               FROM saved_groups ORDER BY name"""
        )
        return [SavedGroup(*row) for row in rows]

    def save(self, name: str, entries: Iterable[Entry], origin: str = "", replace: bool = False) -> SavedGroup:
        """Keep a list of pictures under a name.

        Args:
            name: of the group.
            entries: key and score (None for none), in order. A picture that comes again is left out there, as are keys
                that the catalog does not know.
            origin: action, vec type and title, in words.
            replace: instead of the group of this name, if there is one.

        Raises:
            UsageError: there is one of this name and ``replace`` is off, or the name makes no sense.
        """
        name = _clean(name)
        first: dict[bytes, float | None] = {}
        for key, score in entries:
            first.setdefault(whole(key), score)
        with self._history.step(f"save group {shown(name)}") as step:
            old = _number_of(step.database, name)
            if old is not None:
                if not replace:
                    raise UsageError(taken("group", name).message, "choose another name, or replace it")
                _empty(step.database, old)
            saved = _save(step.database, name, list(first.items()), origin, old)
            step.name = f"save {count(saved.pictures, 'picture')} as group {shown(name)}"
        return saved

    def open(self, name: str) -> list[Entry]:
        """Key and score of each picture of a group, in its order, those without a file too.

        Raises:
            UsageError: no such group.
        """
        rows = self._catalog.query("SELECT id FROM saved_groups WHERE name = ?", (_clean(name),))
        if not rows:
            raise self._unknown(name)
        return self._catalog.query(
            """SELECT p.key, g.score FROM saved_group_pictures g JOIN pictures p ON p.id = g.picture
               WHERE g.saved_group = ? ORDER BY g.position""",
            rows[0],
        )

    def add(self, name: str, entries: Iterable[Entry]) -> int:
        """Put pictures at the end of a group. Those that it holds are left out, as are keys unknown to the catalog.

        A picture that was refused for the group is refused no more.

        Returns how many it did not hold before.

        Raises:
            UsageError: no such group.
        """
        name = _clean(name)
        scores = {whole(key): score for key, score in entries}
        with self._history.step(f"add pictures to group {shown(name)}") as step:
            number = self._number(step.database, name)
            held = {key for key, _ in self.open(name)}
            new = [(key, score) for key, score in scores.items() if key not in held]
            end = step.database.execute(
                "SELECT coalesce(max(position), -1) + 1 FROM saved_group_pictures WHERE saved_group = ?", (number,)
            ).fetchone()[0]
            added = _insert(step.database, number, new, end)
            choose(step.database, scores)
            decisions.accept(step.database, decisions.group_subject(name))
            step.name = f"add {count(added, 'picture')} to group {shown(name)}"
        return added

    def rename(self, name: str, new: str) -> None:
        """Give a group another name. What was refused for it goes with it.

        Raises:
            UsageError: no such group, or there is one of the new name.
        """
        name, new = _clean(name), _clean(new)
        with self._history.step(f"rename group {shown(name)} to {shown(new)}") as step:
            number = self._number(step.database, name)
            if new == name:
                return
            if _number_of(step.database, new) is not None:
                raise taken("group", new)
            step.database.execute("UPDATE saved_groups SET name = ? WHERE id = ?", (new, number))
            decisions.move(step.database, decisions.group_subject(name), decisions.group_subject(new))

    def delete(self, name: str) -> None:
        """Forget a group, and what was refused for it. Its pictures stay.

        Raises:
            UsageError: no such group.
        """
        name = _clean(name)
        with self._history.step(f"delete group {shown(name)}") as step:
            number = self._number(step.database, name)
            decisions.drop(step.database, decisions.group_subject(name))
            _empty(step.database, number)
            step.database.execute("DELETE FROM saved_groups WHERE id = ?", (number,))

    def combine(self, name: str, how: Combination, *groups: str, replace: bool = False) -> SavedGroup:
        """Save what groups give together: in the order and with the scores of the first, then those of the next.

        Args:
            name: of the new group.
            how: ``union``, ``intersection`` (in all) or ``difference`` (in the first, in none of the others).
            groups: names of two groups or more.
            replace: instead of the group of this name, if there is one; it may be one of ``groups``.

        Raises:
            UsageError: no such group or combination, fewer than two groups, or as :meth:`save`.
        """
        if how not in get_args(Combination):
            raise UsageError(f"groups have no {shown(how)}", "choose union, intersection or difference")
        if len(groups) < 2:
            raise UsageError("two groups or more are combined", "name another one")
        *most, last = (shown(_clean(group)) for group in groups)
        name, names = _clean(name), f"{', '.join(most)} and {last}"
        with self._history.step(f"save group {shown(name)}, the {how} of {names}") as step:
            first, *others = (dict(self.open(group)) for group in groups)
            kept = dict(first)
            for other in others:
                if how == "union":
                    kept = {**kept, **{key: score for key, score in other.items() if key not in kept}}
                else:
                    kept = {key: score for key, score in kept.items() if (key in other) == (how == "intersection")}
            words = step.name
            saved = self.save(name, kept.items(), f"{how} of {names}", replace)
            step.name = words
        return saved

    def order(self, name: str, keys: Iterable[bytes], by: str = "") -> None:
        """Put the pictures of a group in the order of ``keys``; those that are not named stay behind them.

        Args:
            name: of the group.
            keys: of pictures; those that it does not hold are passed over.
            by: what the order is, for the step's name.

        Raises:
            UsageError: no such group.
        """
        name = _clean(name)
        with self._history.step(f"order group {shown(name)}{f' by {shown(by)}' if by else ''}") as step:
            number = self._number(step.database, name)
            rows = step.database.execute(
                """SELECT p.key, g.position, g.picture, g.score FROM saved_group_pictures g
                   JOIN pictures p ON p.id = g.picture WHERE g.saved_group = ? ORDER BY g.position""",
                (number,),
            ).fetchall()
            held = {row[0]: row for row in rows}
            new = dict.fromkeys((*(key for key in map(whole, keys) if key in held), *held))
            step.database.executemany(
                "UPDATE saved_group_pictures SET picture = ?, score = ? WHERE saved_group = ? AND position = ?",
                (
                    (held[key][2], held[key][3], number, row[1])
                    for key, row in zip(new, rows, strict=True)
                    if key != row[0]
                ),
            )

    def _number(self, database: sqlite3.Connection, name: str) -> int:
        number = _number_of(database, name)
        if number is None:
            raise self._unknown(name)
        return number

    def _unknown(self, name: str) -> UsageError:
        return unknown("group", _clean(name), (row[0] for row in self._catalog.query("SELECT name FROM saved_groups")))


def _clean(name: str) -> str:
    return clean_name(name, "group")


def _number_of(database: sqlite3.Connection, name: str) -> int | None:
    row = database.execute("SELECT id FROM saved_groups WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else None


def _empty(database: sqlite3.Connection, group: int) -> None:
    database.execute("DELETE FROM saved_group_pictures WHERE saved_group = ?", (group,))


def _save(database: sqlite3.Connection, name: str, entries: list[Entry], origin: str, number: int | None) -> SavedGroup:
    created = time.time()
    if number is None:
        cursor = database.execute(
            "INSERT INTO saved_groups (name, created, origin) VALUES (?, ?, ?)", (name, created, origin)
        )
        number = int(cursor.lastrowid or 0)
    else:
        database.execute("UPDATE saved_groups SET created = ?, origin = ? WHERE id = ?", (created, origin, number))
    return SavedGroup(number, name, created, origin, _insert(database, number, entries, 0))


def _insert(database: sqlite3.Connection, group: int, entries: list[Entry], at: int) -> int:
    """Put pictures into a group, the first at position ``at``. Returns how many the catalog knows."""
    inserted = database.executemany(
        "INSERT INTO saved_group_pictures SELECT ?, ?, id, ? FROM pictures WHERE key = ?",
        ((group, position, score, key) for position, (key, score) in enumerate(entries, at)),
    ).rowcount
    return max(inserted, 0)
