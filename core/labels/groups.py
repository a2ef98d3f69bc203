"""Saved groups: named, ordered lists of pictures with scores."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from core.catalog.catalog import Catalog
from core.errors import NameTaken, UsageError
from core.keys import whole_key
from core.labels import decisions
from core.labels.undo import History
from core.names import clean_name, name_taken_error, no_such_error, short_name
from core.text import count

Combination = Literal["union", "intersection", "difference"]
GroupEntry = tuple[bytes, float | None]
_ORIGIN_PARTS = " · "  # between the parts of an origin; the vec type is the last one


@dataclass(frozen=True, slots=True)
class SavedGroup:
    """A saved group.

    Attributes:
        id: the catalog's number.
        name: unique, NFC, one line; pass it through ``printable`` to show it.
        created: seconds since 1970.
        origin: where it comes from, in words: action, vec type, title.
        pictures: number of its pictures, including those without a file.
    """

    id: int
    name: str
    created: float
    origin: str
    pictures: int

    @property
    def made_by(self) -> str:
        """The last part of the origin: the vec type whose answer it was saved from, if one of that name exists."""
        return self.origin.rpartition(_ORIGIN_PARTS)[2] if _ORIGIN_PARTS in self.origin else ""


def origin_of(words: str, vec_type: str = "") -> str:
    """Where a group comes from, in words, as :attr:`SavedGroup.made_by` reads them.

    Args:
        words: the action or list, in words.
        vec_type: name of the vec type of the answer; empty if it used none.
    """
    return f"{words}{_ORIGIN_PARTS}{vec_type}" if vec_type else words


class Groups:
    """The saved groups of a catalog. Every change is a step that :class:`History` undoes.

    Args:
        catalog: contains them.
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

    def save(self, name: str, entries: Iterable[GroupEntry], origin: str = "", replace: bool = False) -> SavedGroup:
        """Save a list of pictures under a name.

        Args:
            name: of the group.
            entries: key and score (None for none), in order. Repeated pictures and keys unknown to the catalog are
                ignored.
            origin: action, vec type and title, in words.
            replace: replace the group of this name, if there is one. Refusals of these pictures for it are withdrawn.

        Raises:
            NameTaken: a group of this name exists and ``replace`` is off. UsageError: the name is not valid.
        """
        name = _clean(name)
        first: dict[bytes, float | None] = {}
        for key, score in entries:
            first.setdefault(whole_key(key), score)
        with self._history.step(f"save group {short_name(name)}") as step:
            old = _number_of(step.database, name)
            if old is not None:
                if not replace:
                    pictures = count(_size(step.database, old), "picture")
                    raise NameTaken(name_taken_error("group", name).message, f"it holds {pictures}")
                _empty(step.database, old)
                decisions.withdraw_refusals(step.database, decisions.group_subject(name), first)
            saved = _save(step.database, name, list(first.items()), origin, old)
            step.name = f"save {count(saved.pictures, 'picture')} as group {short_name(name)}"
        return saved

    def open(self, name: str) -> list[GroupEntry]:
        """Key and score of each picture of a group, in its order, including those without a file.

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

    def add(self, name: str, entries: Iterable[GroupEntry]) -> int:
        """Append pictures to a group. Pictures in the group and keys unknown to the catalog are ignored.

        Refusals of these pictures for the group are withdrawn.

        Returns the number of added pictures.

        Raises:
            UsageError: no such group.
        """
        name = _clean(name)
        scores = {whole_key(key): score for key, score in entries}
        with self._history.step(f"add pictures to group {short_name(name)}") as step:
            number = self._number(step.database, name)
            held = {key for key, _ in self.open(name)}
            new = [(key, score) for key, score in scores.items() if key not in held]
            end = step.database.execute(
                "SELECT coalesce(max(position), -1) + 1 FROM saved_group_pictures WHERE saved_group = ?", (number,)
            ).fetchone()[0]
            added = _insert(step.database, number, new, end)
            decisions.withdraw_refusals(step.database, decisions.group_subject(name), scores)
            step.name = f"add {count(added, 'picture')} to group {short_name(name)}"
        return added

    def rename(self, name: str, new: str) -> None:
        """Rename a group. Its refusals move to the new name.

        Raises:
            UsageError: no such group, or a group of the new name exists.
        """
        name, new = _clean(name), _clean(new)
        with self._history.step(f"rename group {short_name(name)} to {short_name(new)}") as step:
            number = self._number(step.database, name)
            if new == name:
                return
            if _number_of(step.database, new) is not None:
                raise name_taken_error("group", new)
            step.database.execute("UPDATE saved_groups SET name = ? WHERE id = ?", (new, number))
            decisions.move_decisions(step.database, decisions.group_subject(name), decisions.group_subject(new))

    def delete(self, name: str) -> None:
        """Delete a group and its refusals. Its pictures are kept.

        Raises:
            UsageError: no such group.
        """
        name = _clean(name)
        with self._history.step(f"delete group {short_name(name)}") as step:
            number = self._number(step.database, name)
            decisions.delete_decisions(step.database, decisions.group_subject(name))
            _empty(step.database, number)
            step.database.execute("DELETE FROM saved_groups WHERE id = ?", (number,))

    def combine(self, name: str, how: Combination, *groups: str, replace: bool = False) -> SavedGroup:
        """Save a combination of groups: in the order and with the scores of the first, then of the next.

        Args:
            name: of the new group.
            how: ``union``, ``intersection`` (in all) or ``difference`` (in the first, in none of the others).
            groups: names of two or more groups.
            replace: replace the group of this name, if there is one; it may be one of ``groups``.

        Raises:
            UsageError: no such group or combination, fewer than two groups, or as :meth:`save`.
        """
        if how not in get_args(Combination):
            raise UsageError(
                f"groups cannot be combined by {short_name(how)}", "choose union, intersection or difference"
            )
        if len(groups) < 2:
            raise UsageError("combining takes two groups or more", "name another one")
        *most, last = (short_name(_clean(group)) for group in groups)
        name, names = _clean(name), f"{', '.join(most)} and {last}"
        with self._history.step(f"save group {short_name(name)}, the {how} of {names}") as step:
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
        """Put the pictures of a group in the order of ``keys``; its other pictures follow.

        Args:
            name: of the group.
            keys: of pictures; those that are not in the group are ignored.
            by: name of the order, for the step's name.

        Raises:
            UsageError: no such group.
        """
        name = _clean(name)
        with self._history.step(f"order group {short_name(name)}{f' by {short_name(by)}' if by else ''}") as step:
            number = self._number(step.database, name)
            rows = step.database.execute(
                """SELECT p.key, g.position, g.picture, g.score FROM saved_group_pictures g
                   JOIN pictures p ON p.id = g.picture WHERE g.saved_group = ? ORDER BY g.position""",
                (number,),
            ).fetchall()
            held = {row[0]: row for row in rows}
            new = dict.fromkeys((*(key for key in map(whole_key, keys) if key in held), *held))
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
        return no_such_error(
            "group", _clean(name), (row[0] for row in self._catalog.query("SELECT name FROM saved_groups"))
        )


def _clean(name: str) -> str:
    return clean_name(name, "group")


def _number_of(database: sqlite3.Connection, name: str) -> int | None:
    row = database.execute("SELECT id FROM saved_groups WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else None


def _size(database: sqlite3.Connection, group: int) -> int:
    row = database.execute("SELECT count(*) FROM saved_group_pictures WHERE saved_group = ?", (group,)).fetchone()
    return int(row[0])


def _empty(database: sqlite3.Connection, group: int) -> None:
    database.execute("DELETE FROM saved_group_pictures WHERE saved_group = ?", (group,))


def _save(
    database: sqlite3.Connection, name: str, entries: list[GroupEntry], origin: str, number: int | None
) -> SavedGroup:
    created = time.time()
    if number is None:
        cursor = database.execute(
            "INSERT INTO saved_groups (name, created, origin) VALUES (?, ?, ?)", (name, created, origin)
        )
        number = int(cursor.lastrowid or 0)
    else:
        database.execute("UPDATE saved_groups SET created = ?, origin = ? WHERE id = ?", (created, origin, number))
    return SavedGroup(number, name, created, origin, _insert(database, number, entries, 0))


def _insert(database: sqlite3.Connection, group: int, entries: list[GroupEntry], at: int) -> int:
    """Insert pictures into a group, the first at position ``at``. Returns the number that the catalog knows."""
    inserted = database.executemany(
        "INSERT INTO saved_group_pictures SELECT ?, ?, id, ? FROM pictures WHERE key = ?",
        ((group, position, score, key) for position, (key, score) in enumerate(entries, at)),
    ).rowcount
    return max(inserted, 0)
