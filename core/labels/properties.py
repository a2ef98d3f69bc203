"""Typed properties that people give to pictures."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.catalog.catalog import Catalog
from core.catalog.computed import COMPUTED
from core.catalog.property_types import PropertyType, Value, from_stored, to_stored
from core.catalog.selection_table import fill_selection
from core.errors import UsageError
from core.fields import RESERVED
from core.keys import whole_key
from core.labels.undo import History
from core.names import clean_name, name_taken_error, no_such_error, short_name
from core.text import count


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """A property.

    Attributes:
        id: the catalog's number.
        name: unique, NFC, one line; pass it through ``printable`` to show it.
        type: of its values.
        choices: allowed values, in the order to offer them; empty for other types.
    """

    id: int
    name: str
    type: PropertyType
    choices: tuple[str, ...] = ()


class Properties:
    """The properties of a catalog and their values. Every change is a step that :class:`History` undoes.

    Args:
        catalog: contains them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._history = History(catalog)

    def all(self) -> list[PropertyDefinition]:
        """Every property, by name."""
        return [_definition(row) for row in self._catalog.query(f"{_SELECT} ORDER BY name")]

    def counts(self) -> dict[int, int]:
        """By property number: how many pictures with a file have a value; properties without values are left out."""
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
        """Create a property.

        Args:
            name: not a word of the filter or a computed property.
            kind: type of its values.
            choices: allowed values: one or more if ``kind`` is a choice, else none.

        Raises:
            UsageError: a property of this name exists, or name or choices are not valid.
        """
        name, listed = _free(name), _clean_choices(kind, choices)
        with self._history.step(f"create property {short_name(name)} ({kind})") as step:
            if _row(step.database, name):
                raise name_taken_error("property", name)
            cursor = step.database.execute(
                "INSERT INTO properties (name, type, choices) VALUES (?, ?, ?)", (name, kind.value, json.dumps(listed))
            )
        return PropertyDefinition(int(cursor.lastrowid or 0), name, kind, listed)

    def rename(self, name: str, new: str) -> None:
        """Rename a property.

        Raises:
            UsageError: no such property, or the new name is used.
        """
        new = _free(new)
        with self._history.step(f"rename property {short_name(_clean(name))} to {short_name(new)}") as step:
            definition = self._get(step.database, name)
            if new != definition.name and _row(step.database, new):
                raise name_taken_error("property", new)
            step.database.execute("UPDATE properties SET name = ?1 WHERE id = ?2 AND name <> ?1", (new, definition.id))

    def set_choices(self, name: str, choices: Sequence[str]) -> None:
        """Replace the allowed values of a choice property.

        Raises:
            UsageError: no such property, not a choice property, or a value that pictures have is missing.
        """
        with self._history.step(f"change the choices of {short_name(_clean(name))}") as step:
            definition = self._get(step.database, name)
            if not definition.choices:
                raise UsageError(
                    f"{short_name(definition.name)} is a {definition.type} property: it has no choices", _CHOICES_HINT
                )
            listed = _clean_choices(definition.type, choices)
            used = step.database.execute(
                "SELECT DISTINCT value FROM property_values WHERE property = ?", (definition.id,)
            )
            missing = sorted({row[0] for row in used} - set(listed))
            if missing:
                raise UsageError(
                    f"some pictures have {short_name(definition.name)} {short_name(missing[0])}",
                    "keep this choice, or clear it on those pictures first",
                )
            step.database.execute("UPDATE properties SET choices = ? WHERE id = ?", (json.dumps(listed), definition.id))

    def delete(self, name: str) -> None:
        """Delete a property and all its values.

        Raises:
            UsageError: no such property.
        """
        with self._history.step(f"delete property {short_name(_clean(name))}") as step:
            definition = self._get(step.database, name)
            step.database.execute("DELETE FROM property_values WHERE property = ?", (definition.id,))
            step.database.execute("DELETE FROM properties WHERE id = ?", (definition.id,))

    def set(self, name: str, keys: Iterable[bytes], value: Value) -> int:
        """Set one value on many pictures; an empty value clears it. Keys unknown to the catalog are ignored.

        Returns the number of pictures.

        Raises:
            UsageError: no such property, or the value is not of its type.
        """
        with self._history.step(f"set {short_name(_clean(name))}") as step:
            definition = self._get(step.database, name)
            rows = to_stored(definition.type, definition.choices, value)
            pictures = fill_selection(step.database, keys)
            words = count(pictures, "picture")
            step.name = (
                f"set {short_name(definition.name)} of {words}"
                if rows
                else f"clear {short_name(definition.name)} of {words}"
            )
            step.database.execute(
                f"""DELETE FROM property_values WHERE property = ? AND picture IN (SELECT picture FROM temp.chosen)
                    AND value NOT IN ({",".join("?" * len(rows))})""",  # noqa: S608  marks
                (definition.id, *rows),
            )
            for one in rows:
                step.database.execute(
                    """INSERT INTO property_values SELECT ?, ?, picture FROM temp.chosen WHERE true
                       ON CONFLICT DO NOTHING""",
                    (definition.id, one),
                )
        return pictures

    def set_each(self, name: str, values: Mapping[bytes, Value]) -> int:
        """Set a value for each picture, in one step; an empty value clears it.

        Returns the number of pictures that the catalog knows.

        Raises:
            UsageError: no such property, or a value is not of its type; nothing is set then.
        """
        with self._history.step(f"set {short_name(_clean(name))}") as step:
            definition = self._get(step.database, name)
            rows = [
                (key, one)
                for key, value in values.items()
                for one in to_stored(definition.type, definition.choices, value)
            ]
            pictures = fill_selection(step.database, values)
            step.database.execute(
                "DELETE FROM property_values WHERE property = ? AND picture IN (SELECT picture FROM temp.chosen)",
                (definition.id,),
            )
            step.database.executemany(
                "INSERT INTO property_values SELECT ?, ?, id FROM pictures WHERE key = ?",
                ((definition.id, one, whole_key(key)) for key, one in rows),
            )
            step.name = f"set {short_name(definition.name)} of {count(pictures, 'picture')}"
        return pictures

    def clear(self, name: str, keys: Iterable[bytes]) -> int:
        """Clear the value of a property on pictures. Returns the number of pictures.

        Raises:
            UsageError: no such property.
        """
        return self.set(name, keys, "")

    def of(self, picture: int) -> dict[str, Value]:
        """The values of a picture by property name, ordered."""
        return self.of_many([picture])[picture]

    def of_many(self, pictures: Sequence[int]) -> dict[int, dict[str, Value]]:
        """For each picture number its values by property name, ordered."""
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
                definition.name: from_stored(definition.type, values[number])
                for number, definition in definitions.items()
                if number in values
            }
            for picture, values in rows.items()
        }

    def _get(self, database: sqlite3.Connection, name: str) -> PropertyDefinition:
        clean = _clean(name)
        row = _row(database, clean)
        if row is None and clean.lower() in COMPUTED:
            raise UsageError(f"{short_name(clean)} comes from the file and cannot be changed", "name another property")
        if row is None:
            raise no_such_error("property", clean, (definition.name for definition in self.all()))
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
    """The clean name, if neither the filter nor a computed property uses it."""
    clean = _clean(name)
    if clean.lower() in RESERVED or clean.lower() in COMPUTED:
        raise UsageError(f"{short_name(clean)} is a reserved word", f"choose another, such as my {short_name(clean)}")
    return clean


def _clean_choices(kind: PropertyType, choices: Sequence[str]) -> tuple[str, ...]:
    listed = tuple(dict.fromkeys(clean_name(choice, "choice") for choice in choices))
    if bool(listed) != (kind in (PropertyType.CHOICE, PropertyType.CHOICES)):
        raise UsageError(f"a {kind} property {'has no' if listed else 'needs'} choices", _CHOICES_HINT)
    if kind == PropertyType.CHOICES and any("," in choice for choice in listed):
        raise UsageError("a choice must not contain a comma", "several choices are separated by commas")
    return listed


_CHOICES_HINT = "give choices for the types choice and choices, and for no other"
