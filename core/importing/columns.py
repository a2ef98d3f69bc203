"""What each heading of a table stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from core.catalog.computed import COMPUTED
from core.catalog.filter import RESERVED
from core.catalog.names import clean_name, shown
from core.catalog.properties import PropertyDefinition
from core.errors import UsageError
from core.export import columns as exported
from core.importing.options import Definition, Options
from core.importing.tables import MOST_COLUMNS
from core.text import count

_TAG = "tag"  # no property can have this name either


class Role(Enum):
    """What the cells of a column are."""

    PATH = "path"
    KEY = "key"
    TAGS = "tags"
    GROUP = "group"
    SCORE = "score"
    VALUE = "value"  # of a property that there is, or whose type is known
    GUESSED = "guessed"  # of a property to be made, whose type is not known yet
    IGNORED = "ignored"  # what Pictoscope knows by itself
    UNKNOWN = "unknown"


_ROLES = {
    exported.PATH.name: Role.PATH,
    exported.KEY.name: Role.KEY,
    exported.TAGS.name: Role.TAGS,
    _TAG: Role.TAGS,
    exported.GROUP.name: Role.GROUP,
    exported.SCORE.name: Role.SCORE,
}
_ONCE = {Role.PATH, Role.KEY, Role.TAGS, Role.GROUP, Role.SCORE, Role.VALUE, Role.GUESSED}


@dataclass(slots=True)
class Column:
    """A column.

    Attributes:
        number: its place, from 0.
        heading: as it stands in the file.
        role: what it is for.
        property: whose values these are, for VALUE; its id is 0 where it is to be made.
        name: of the property, for GUESSED.
        always: whether the property is made even if no picture gets a value.
    """

    number: int
    heading: str
    role: Role
    property: PropertyDefinition | None = None
    name: str = ""
    always: bool = False


class Columns:
    """The columns of a table, as they become known.

    Args:
        properties: of the project.
        definitions: what the file says of its properties.
        options: of the import.

    Raises:
        UsageError: a property is to be made that is there already.
    """

    def __init__(
        self, properties: Iterable[PropertyDefinition], definitions: Mapping[str, Definition], options: Options
    ) -> None:
        self._known = {one.name: one for one in properties}
        self._new = {clean_name(name, "property"): definition for name, definition in options.define.items()}
        self._told = definitions
        self._options = options
        self._seen: dict[tuple[Role, str], str] = {}
        self.all: list[Column] = []
        if taken := next((name for name in self._new if name in self._known), None):
            raise UsageError(f"there is a property {shown(taken)} already", "leave out --define for it")

    def add(self, heading: str) -> Column:
        """The next column.

        Raises:
            UsageError: another one stands for the same, or there are too many.
        """
        if len(self.all) >= MOST_COLUMNS:
            raise UsageError(f"more than {count(MOST_COLUMNS, 'column')}", "leave out those that are no labels")
        column = self._column(heading)
        same = (column.role, column.property.name if column.property else column.name)
        if column.role in _ONCE:
            if same in self._seen:
                raise UsageError(
                    f"two columns are the same: {shown(self._seen[same])} and {shown(heading)}", "leave one of them out"
                )
            self._seen[same] = heading
        self.all.append(column)
        return column

    def lacking(self) -> list[str]:
        """Properties that are to be made, and have no column."""
        there = {column.property.name for column in self.all if column.property}
        return [name for name in self._new if name not in there]

    def _column(self, heading: str) -> Column:
        number = len(self.all)
        role = _ROLES.get(heading.strip().lower())
        if role in (Role.GROUP, Role.SCORE) and not self._options.groups:
            role = Role.IGNORED
        if role:
            return Column(number, heading, role)
        try:
            name = clean_name(exported.property_name(heading.strip()), "property")
        except UsageError:  # empty, as spreadsheets have it at the end, or too long
            return Column(number, heading, Role.IGNORED if not heading.strip() else Role.UNKNOWN)
        if name in self._known:
            return Column(number, heading, Role.VALUE, self._known[name])
        if name in self._new:
            kind, choices = self._new[name]
            return Column(number, heading, Role.VALUE, PropertyDefinition(0, name, kind, choices), always=True)
        if name.lower() in exported.OWN | RESERVED | set(COMPUTED) and not heading.startswith(exported.PREFIX):
            return Column(number, heading, Role.IGNORED)
        if not self._options.new_properties or name.lower() in RESERVED | set(COMPUTED):
            return Column(number, heading, Role.UNKNOWN)
        if name in self._told:
            kind, choices = self._told[name]
            return Column(number, heading, Role.VALUE, PropertyDefinition(0, name, kind, choices))
        return Column(number, heading, Role.GUESSED, name=name)
