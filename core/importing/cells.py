"""The cells of a table as names and as stored values. Most cells are repeated, so what they become is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from core.catalog.property_types import PropertyType, Value, parse_number, to_stored
from core.errors import UsageError
from core.export.text_tables import join_names, split_names
from core.formulas import unescape_formula
from core.importing.options import Options
from core.importing.staging import Stored
from core.importing.tables import Cell, Figure
from core.labels.properties import PropertyDefinition
from core.names import clean_name
from core.text import is_unicode

_KEPT = 50_000  # cells of tags, and of all columns of values
TEXT, _LIST, _FIGURE = range(3)  # the kind of a cell whose column's type is not known yet
_SHORT = 100  # characters: longer cells are rarely repeated
Made = TypeVar("Made")


class Cells:
    """Converts the cells of one table.

    Args:
        options: of the import.
        guarded: whether texts of the table are written by :func:`core.formulas.escape_formula`.
    """

    def __init__(self, options: Options, guarded: bool) -> None:
        self._options = options
        self._guarded = guarded
        self._tags: dict[Cell, list[str]] = {}
        self._values: dict[tuple[int, bool], dict[Cell, list[Stored]]] = {}  # by column, and whether it is a Figure
        self._kept = 0

    def plain(self, cell: Cell) -> Cell:
        """The cell without the guard against formulas in spreadsheets."""
        return unescape_formula(cell) if self._guarded and isinstance(cell, str) and cell[:1] == "'" else cell

    def known_tags(self, cells: Iterable[Cell]) -> list[list[str] | None]:
        """For each cell what :meth:`tags` returned before; None if that is not kept."""
        return list(map(self._tags.get, cells))

    def tags(self, cell: Cell) -> list[str]:
        """The names of tags in a cell.

        Raises:
            UsageError: a name is not valid. csv.Error: a quote is not closed.
        """
        names = self._tags.get(cell)
        if names is None:
            names = [clean_name(whole(name), "tag") for name in several(cell)]
            if len(self._tags) >= _KEPT:
                self._tags.clear()
            if _is_short(cell):
                self._tags[cell] = names
        return names

    def known_values(self, column: int, cells: Sequence[Cell], texts: bool) -> list[list[Stored] | None]:
        """For each cell of a column what :meth:`values` returned before; None if that is not kept.

        ``texts``: whether all cells are texts and none is a Figure.
        """
        kept = self._values.get((column, False), {})
        if texts:
            return list(map(kept.get, cells))
        figures = self._values.get((column, True), {})
        return [(figures if isinstance(cell, Figure) else kept).get(cell) for cell in cells]

    def values(self, definition: PropertyDefinition, column: int, cell: Cell) -> list[Stored]:
        """What the catalog stores for a cell: one value, of several choices one each, of blanks none.

        Raises:
            UsageError: it is no value of this property. csv.Error: a quote is not closed.
        """
        kept = self._values.setdefault((column, isinstance(cell, Figure)), {})
        found = kept.get(cell)
        if found is None:
            found = to_stored(definition.type, definition.choices, self._value(definition.type, cell))
            if self._kept >= _KEPT:
                for values in self._values.values():
                    values.clear()
                self._kept = 0
            if _is_short(cell):
                kept[cell] = found
                self._kept += 1
        return found

    def score(self, cell: Cell) -> float | None:
        """The score in a cell; None if it is empty.

        Raises:
            UsageError: it is not a number.
        """
        if not cell:
            return None
        return float(
            parse_number(cell if isinstance(cell, Figure) else self._options.notation.number(single(cell).strip()))
        )

    def _value(self, kind: PropertyType, cell: Cell) -> Value:
        if kind == PropertyType.CHOICES:
            return tuple(several(cell))
        text = whole(single(cell))
        if kind == PropertyType.NUMBER:
            return text if isinstance(cell, Figure) else self._options.notation.number(text.strip())
        return self._options.notation.date(text.strip()) if kind == PropertyType.DATE else text


def converted(
    cells: Sequence[Cell],
    known: Sequence[Made | None],
    convert: Callable[[Cell], Made],
    refuse: Callable[[int, Exception], None],
    errors: tuple[type[Exception], ...],
) -> list[Made | None]:
    """What is ``known`` of each cell, else what it is converted to; None for those that were refused, by position."""
    if None not in known:
        return list(known)
    made = list(known)
    for position, one in enumerate(known):
        if one is None:
            try:
                made[position] = convert(cells[position])
            except errors as error:
                refuse(position, error)
    return made


def parts_of(cell: Cell) -> tuple[tuple[str, ...], int]:
    """The texts of a cell whose column's type is not known yet, and which kind of cell it is; see :func:`whole_cell`.

    ``cell`` is no :class:`Unusable`.
    """
    if isinstance(cell, tuple):
        return cell, _LIST
    return (str(cell),), _FIGURE if isinstance(cell, Figure) else TEXT


def whole_cell(kept: int, parts: Sequence[str], definition: PropertyDefinition | None) -> Cell:
    """Rebuild a raw cell; a list becomes one text if the property has a single value."""
    if kept == _LIST:
        return tuple(parts) if definition and definition.type == PropertyType.CHOICES else join_names(parts)
    return Figure(parts[0]) if kept == _FIGURE else parts[0]


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds no value."""
    return not cell or (isinstance(cell, str) and not cell.strip())


def several(cell: Cell) -> Sequence[str]:
    """The names in a cell.

    Raises:
        UsageError: it is neither text nor a list. csv.Error: a quote is not closed.
    """
    if isinstance(cell, tuple):
        return cell
    return split_names(single(cell))


def single(cell: Cell) -> str:
    """The text of a cell.

    Raises:
        UsageError: it is not text.
    """
    if isinstance(cell, str):
        return cell
    raise UsageError("this is a list" if isinstance(cell, tuple) else "this is not text", "give one text")


def whole(name: str) -> str:
    """A name that can be written in any format.

    Raises:
        UsageError: it contains a NUL.
    """
    if "\0" in name:
        raise UsageError("the name contains a NUL", "leave it out")
    return name


def is_text(part: str) -> bool:
    """Whether a database can store it as text."""
    return "\0" not in part and is_unicode(part)


def _is_short(cell: Cell) -> bool:
    return not isinstance(cell, str) or len(cell) <= _SHORT
