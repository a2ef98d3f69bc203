"""The meaning of each column heading of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from core.catalog.computed import COMPUTED
from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.export import columns as exported
from core.fields import RESERVED
from core.importing.options import Definition, Options
from core.importing.tables import MOST_COLUMNS
from core.importing.typed_headings import typed_heading
from core.labels.properties import PropertyDefinition
from core.names import clean_name, short_name
from core.text import count

_TAG = "tag"  # no property can have this name either


class Role(Enum):
    """The role of a column."""

    PATH = "path"
    KEY = "key"
    TAGS = "tags"
    GROUP = "group"
    SCORE = "score"
    VALUE = "value"  # of an existing property, or of a new one with a known type
    GUESSED = "guessed"  # of a new property whose type is not known yet
    IGNORED = "ignored"  # computed by Pictoscope
    UNKNOWN = "unknown"


_ROLES = {
    exported.PATH.name: Role.PATH,
    exported.KEY.name: Role.KEY,
    exported.TAGS.name: Role.TAGS,
    _TAG: Role.TAGS,
    exported.GROUP.name: Role.GROUP,
    exported.SCORE.name: Role.SCORE,
}
_RESERVED = (exported.OWN | RESERVED | set(COMPUTED)) - {exported.PATH.name, exported.TAGS.name}
_PANOPTIC_KNOWS = {"width", "height", "folder"}  # Panoptic exports these in addition to properties
_ONCE = {Role.PATH, Role.KEY, Role.TAGS, Role.GROUP, Role.SCORE, Role.VALUE, Role.GUESSED}


@dataclass(slots=True)
class ImportColumn:
    """A column.

    Attributes:
        number: its index, from 0.
        heading: as written in the file.
        role: of its cells.
        property: for VALUE, the property of the values; its id is 0 if it has to be created.
        name: for GUESSED, the name of the property.
        declared: for GUESSED, the type in the heading; None if there is none.
        always: whether the property is created even if no picture gets a value.
    """

    number: int
    heading: str
    role: Role
    property: PropertyDefinition | None = None
    name: str = ""
    declared: PropertyType | None = None
    always: bool = False


class Columns:
    """The columns of a table, added as their headings are read.

    Args:
        properties: of the project.
        definitions: the property definitions in the file.
        options: of the import.

    Raises:
        UsageError: a property to create exists already.
    """

    def __init__(
        self, properties: Iterable[PropertyDefinition], definitions: Mapping[str, Definition], options: Options
    ) -> None:
        self._known = {one.name: one for one in properties}
        self._new = {clean_name(name, "property"): definition for name, definition in options.define.items()}
        self._definitions = definitions
        self._options = options
        self._seen: dict[tuple[Role, str], str] = {}
        self.all: list[ImportColumn] = []
        if taken := next((name for name in self._new if name in self._known), None):
            raise UsageError(f"there is a property {short_name(taken)} already", "leave out --define for it")

    def add(self, heading: str) -> ImportColumn:
        """Add the next column.

        Raises:
            UsageError: another column has the same meaning, or there are too many.
        """
        if len(self.all) >= MOST_COLUMNS:
            raise UsageError(f"more than {count(MOST_COLUMNS, 'column')}", "leave out those that are not labels")
        column = self._column(heading)
        same = (column.role, column.property.name if column.property else column.name)
        if column.role in _ONCE:
            if same in self._seen:
                raise UsageError(
                    f"two columns are the same: {short_name(self._seen[same])} and {short_name(heading)}",
                    "leave one of them out",
                )
            self._seen[same] = heading
        self.all.append(column)
        return column

    def lacking(self) -> list[str]:
        """Properties to create that have no column."""
        there = {column.property.name for column in self.all if column.property}
        return [name for name in self._new if name not in there]

    def _column(self, heading: str) -> ImportColumn:
        number = len(self.all)
        name, declared = self._name_and_type(heading)
        role = _ROLES.get(name.lower())
        if role in (Role.GROUP, Role.SCORE) and not self._options.groups:
            role = Role.IGNORED
        if role:
            return ImportColumn(number, heading, role)
        try:
            name = clean_name(exported.property_name(name), "property")
        except UsageError:  # empty, as spreadsheets have it at the end, or too long
            return ImportColumn(number, heading, Role.IGNORED if not heading.strip() else Role.UNKNOWN)
        if name in self._known:
            return ImportColumn(number, heading, Role.VALUE, self._known[name])
        if name in self._new:
            kind, choices = self._new[name]
            return ImportColumn(number, heading, Role.VALUE, PropertyDefinition(0, name, kind, choices), always=True)
        if name.lower() in exported.OWN | RESERVED | set(COMPUTED) and not heading.startswith(exported.PREFIX):
            return ImportColumn(number, heading, Role.IGNORED)
        if not self._options.new_properties or name.lower() in RESERVED | set(COMPUTED):
            return ImportColumn(number, heading, Role.UNKNOWN)
        if name in self._definitions:
            kind, choices = self._definitions[name]
            return ImportColumn(number, heading, Role.VALUE, PropertyDefinition(0, name, kind, choices))
        return ImportColumn(number, heading, Role.GUESSED, name=name, declared=declared)

    def _name_and_type(self, heading: str) -> tuple[str, PropertyType | None]:
        """The name and the type in a heading; the whole heading if a property has exactly that name."""
        plain = heading.strip()
        typed = typed_heading(plain)
        if typed is None or plain in self._known or plain in self._new or plain in self._definitions:
            return plain, None
        name, declared = typed
        if name.lower() in _RESERVED - _PANOPTIC_KNOWS:  # no property can have this name: date[date] is "my date"
            name = f"my {name}"
        return name, declared
