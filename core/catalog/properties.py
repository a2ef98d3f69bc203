"""Typed properties: what people write down about pictures."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.catalog.catalog import Catalog
from core.catalog.chosen import choose, whole
from core.catalog.computed import COMPUTED
from core.catalog.filter import RESERVED
from core.catalog.history import History
from core.catalog.names import clean_name, shown, taken, unknown
from core.catalog.property_types import PropertyType, Value, loaded, stored
from core.errors import UsageError
from core.text import count


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """A property.

    Attributes:
        id: the catalog's number.
        name: unique, NFC, one line; pass it through ``printable`` to show it.
        type: what it holds.
        choices: what may be chosen, in the order to offer them; empty for other types.
    """

    id: int
    name: str
    type: PropertyType
    choices: tuple[str, ...] = ()


class Properties:
    """The properties of a catalog and their values. Every change is a step that :class:`History` undoes.

    Args:
        catalog: which holds them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def all(self) -> list[PropertyDefinition]:
        """Every property, by name."""
        return [_definition(row) for row in self._catalog.query(f"{_SELECT} ORDER BY name")]

    def counts(self) -> dict[int, int]:
        """By the number of a property: how many pictures with a file have a value. Where none has, it is left out."""
        rows = self._catalog.query(
            """SELECT property, count(DISTINCT picture) FROM property_values
               WHERE picture IN (SELECT picture FROM files) GROUP BY property"""
        )
        return dict(rows)

    def find(self, name: str) -> PropertyDefinition | None:
        """The property of this name."""
        rows = self._catalog.query(f"{_SELECT} WHERE name = ?", (_clean(name),))
        return _definition(rows[0]) if rows else None

    def define(self, name: str, kind: PropertyType, choices: Sequence[str] = ()) -> PropertyDefinition:
        """Make a property.

        Args:
            name: none that the filter or a computed property uses.
            kind: what it holds.
            choices: what may be chosen: one or more where ``kind`` is a choice, else none.

        Raises:
            UsageError: there is one of this name, or name or choices make no sense.
        """
        name, listed = _free(name), _clean_choices(kind, choices)
        with self._history.step(f"make property {shown(name)} ({kind})") as step:
            if _row(step.database, name):
                raise taken("property", name)
            cursor = step.database.execute(
                "INSERT INTO properties (name, type, choices) VALUES (?, ?, ?)", (name, kind.value, json.dumps(listed))
            )
        return PropertyDefinition(int(cursor.lastrowid or 0), name, kind, listed)

    def rename(self, name: str, new: str) -> None:
        """Give a property another name.

        Raises:
            UsageError: no such property, or the new name is used.
        """
        new = _free(new)
        with self._history.step(f"rename property {shown(_clean(name))} to {shown(new)}") as step:
            found = self._get(step.database, name)
            if new != found.name and _row(step.database, new):
                raise taken("property", new)
            step.database.execute("UPDATE properties SET name = ?1 WHERE id = ?2 AND name <> ?1", (new, found.id))

    def set_choices(self, name: str, choices: Sequence[str]) -> None:
        """Say anew what may be chosen.

        Raises:
            UsageError: no such property, none of choices, or one that pictures have is missing.
        """
        with self._history.step(f"change the choices of {shown(_clean(name))}") as step:
            found = self._get(step.database, name)
            listed = _clean_choices(found.type, choices)
            used = step.database.execute("SELECT DISTINCT value FROM property_values WHERE property = ?", (found.id,))
            missing = sorted({row[0] for row in used} - set(listed))
            if missing:
                raise UsageError(
                    f"some pictures have {shown(found.name)} {shown(missing[0])}", "keep it, or clear it there first"
                )
            step.database.execute("UPDATE properties SET choices = ? WHERE id = ?", (json.dumps(listed), found.id))

    def delete(self, name: str) -> None:
        """Forget a property and all its values.

        Raises:
            UsageError: no such property.
        """
        with self._history.step(f"delete property {shown(_clean(name))}") as step:
            found = self._get(step.database, name)
            step.database.execute("DELETE FROM property_values WHERE property = ?", (found.id,))
            step.database.execute("DELETE FROM properties WHERE id = ?", (found.id,))

    def set(self, name: str, keys: Iterable[bytes], value: Value) -> int:
        """Give many pictures one value; an empty one clears it. Keys that the catalog does not know are left out.

        Returns how many pictures these are.

        Raises:
            UsageError: no such property, or the value is none of its type.
        """
        with self._history.step(f"set {shown(_clean(name))}") as step:
            found = self._get(step.database, name)
            rows = stored(found.type, found.choices, value)
            pictures = choose(step.database, keys)
            words = count(pictures, "picture")
            step.name = f"set {shown(found.name)} of {words}" if rows else f"clear {shown(found.name)} of {words}"
            step.database.execute(
                f"""DELETE FROM property_values WHERE property = ? AND picture IN (SELECT picture FROM temp.chosen)
                    AND value NOT IN ({",".join("?" * len(rows))})""",  # noqa: S608  marks
                (found.id, *rows),
            )
            for one in rows:
                step.database.execute(
                    """INSERT INTO property_values SELECT ?, ?, picture FROM temp.chosen WHERE true
                       ON CONFLICT DO NOTHING""",
                    (found.id, one),
                )
        return pictures

    def set_each(self, name: str, values: Mapping[bytes, Value]) -> int:
        """Give each picture a value of its own, in one step; an empty one clears it.

        Returns how many of the pictures the catalog knows.

        Raises:
            UsageError: no such property, or a value is none of its type; nothing is set then.
        """
        with self._history.step(f"set {shown(_clean(name))}") as step:
            found = self._get(step.database, name)
            rows = [(key, one) for key, value in values.items() for one in stored(found.type, found.choices, value)]
            pictures = choose(step.database, values)
            step.database.execute(
                "DELETE FROM property_values WHERE property = ? AND picture IN (SELECT picture FROM temp.chosen)",
                (found.id,),
            )
            step.database.executemany(
                "INSERT INTO property_values SELECT ?, ?, id FROM pictures WHERE key = ?",
                ((found.id, one, whole(key)) for key, one in rows),
            )
            step.name = f"set {shown(found.name)} of {count(pictures, 'picture')}"
        return pictures

    def clear(self, name: str, keys: Iterable[bytes]) -> int:
        """Take the value of a property from pictures. Returns how many pictures these are.

        Raises:
            UsageError: no such property.
        """
        return self.set(name, keys, "")

    def of(self, picture: int) -> dict[str, Value]:
        """The values of a picture by the property's name, ordered; those it has."""
        return self.of_many([picture])[picture]

    def of_many(self, pictures: Sequence[int]) -> dict[int, dict[str, Value]]:
        """For each picture number its values by the property's name, ordered."""
        definitions = {definition.id: definition for definition in self.all()}
        rows: dict[int, dict[int, list[str | float | int]]] = {picture: {} for picture in pictures}
        for start in range(0, len(pictures), 500):
            chunk = pictures[start : start + 500]
            for picture, number, value in self._catalog.query(
                f"""SELECT picture, property, value FROM property_values
                    WHERE picture IN ({",".join("?" * len(chunk))})""",  # noqa: S608  marks
                chunk,
            ):
                rows[picture].setdefault(number, []).append(value)
        return {
            picture: {
                definition.name: loaded(definition.type, values[number])
                for number, definition in definitions.items()
                if number in values
            }
            for picture, values in rows.items()
        }

    def _get(self, database: sqlite3.Connection, name: str) -> PropertyDefinition:
        row = _row(database, _clean(name))
        if row is None:
            raise unknown("property", _clean(name), (found.name for found in self.all()))
        return _definition(row)


_SELECT = "SELECT id, name, type, choices FROM properties"


def _row(database: sqlite3.Connection, name: str) -> tuple[int, str, str, str] | None:
    row: tuple[int, str, str, str] | None = database.execute(f"{_SELECT} WHERE name = ?", (name,)).fetchone()
    return row


def _definition(row: tuple[int, str, str, str]) -> PropertyDefinition:
    return PropertyDefinition(row[0], row[1], PropertyType(row[2]), tuple(json.loads(row[3])))


def _clean(name: str) -> str:
    return clean_name(name, "property")


def _free(name: str) -> str:
    """A name that neither the filter nor a computed property uses."""
    clean = _clean(name)
    if clean.lower() in RESERVED or clean.lower() in COMPUTED:
        raise UsageError(f"{shown(clean)} is a word of Pictoscope's own", f"choose another, such as my {shown(clean)}")
    return clean


def _clean_choices(kind: PropertyType, choices: Sequence[str]) -> tuple[str, ...]:
    listed = tuple(dict.fromkeys(clean_name(choice, "choice") for choice in choices))
    if bool(listed) != (kind in (PropertyType.CHOICE, PropertyType.CHOICES)):
        raise UsageError(f"a {kind} property has {'no' if listed else 'no such thing as no'} choices", _CHOICES_HINT)
    if kind == PropertyType.CHOICES and any("," in choice for choice in listed):
        raise UsageError("a choice of many holds no comma", "choices are parted by commas where they are typed")
    return listed


_CHOICES_HINT = "give choices for the types choice and choices, and for no other"
