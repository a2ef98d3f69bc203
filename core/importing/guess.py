"""Guess the type of a new property from its values in a table.

The invariant: a type is guessed only if storing and writing every value reproduces the text in the table.
So an identifier of 19 digits, ``007``, ``12e4`` and ``+49170`` stay text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from core.catalog.property_types import PropertyType, from_stored, parse_checkbox, to_stored, to_text
from core.errors import UsageError
from core.export.text_tables import split_names
from core.importing.notation import PLAIN, Notation, looks_like_decimal_comma, looks_like_local_date
from core.importing.options import Definition
from core.importing.tables import Cell, Figure
from core.names import LONGEST_NAME, short_name

_MOST_CHOICES = 1_000
_LISTS = (PropertyType.CHOICE, PropertyType.CHOICES)


@dataclass(slots=True)
class Guess:
    """The types that fit the values seen so far.

    Attributes:
        notation: of numbers and dates in the table.
        declared: the type in the heading; None to guess.
        typed: whether the table has numbers and truth values of their own, so that a text is one, as ``"1931"`` is in
            JSON: a column of texts may only be dates, unless it was said how numbers and dates are written.
        kinds: types that represent all of them unchanged, the most likely first.
        choices: the items of lists, each once, in order of appearance.
        lists: whether any value was a list.
        figures: whether any value was a number or a truth value of a typed table.
        doubt: why the column is text though a number or a date might be expected; empty if it is clear.
    """

    notation: Notation = PLAIN
    declared: PropertyType | None = None
    typed: bool = False
    kinds: list[PropertyType] = field(
        default_factory=lambda: [PropertyType.NUMBER, PropertyType.DATE, PropertyType.CHECKBOX]
    )
    choices: dict[str, None] = field(default_factory=dict)
    lists: bool = False
    figures: bool = False
    doubt: str = ""

    def add(self, cell: Cell) -> None:
        """Take a non-empty value into account."""
        if self.declared in _LISTS and isinstance(cell, str):
            cell = (cell.strip(),) if self.declared == PropertyType.CHOICE else tuple(split_names(cell))
        if isinstance(cell, tuple):
            self.lists = True
            if len(self.choices) <= _MOST_CHOICES:
                self.choices |= dict.fromkeys(cell)
        elif isinstance(cell, str) and self.kinds:
            text = self.notation.as_written(cell.shortest) if isinstance(cell, Figure) else cell.strip()
            self.figures |= isinstance(cell, Figure)
            before, self.kinds = self.kinds, [kind for kind in self.kinds if self._keeps(kind, text)]
            if not self.kinds:
                self.doubt = self._doubt(before, text)

    @property
    def is_text(self) -> bool:
        """Whether it is text whatever texts come: no other type fits any more, unless lists come too."""
        return self.declared is None and not self.kinds and not self.lists

    def definition(self) -> Definition:
        """The declared type, else the guess: number, date, checkbox or text; for lists, choices if possible."""
        if self.declared and self.declared not in _LISTS:
            return self.declared, ()
        if not self.lists:
            texts = self.typed and not self.figures and self.notation == PLAIN
            kinds = [kind for kind in self.kinds if kind == PropertyType.DATE or not texts]
            return (kinds or [PropertyType.TEXT])[0], ()
        fit = all(choice.strip() and len(choice) <= LONGEST_NAME for choice in self.choices)
        fit = fit and (self.declared == PropertyType.CHOICE or not any("," in choice for choice in self.choices))
        if fit and len(self.choices) <= _MOST_CHOICES:
            return self.declared or PropertyType.CHOICES, tuple(self.choices)
        self.doubt = "lists: they hold too many different items, or one that is too long or has a comma in it"
        return PropertyType.TEXT, ()

    def _keeps(self, kind: PropertyType, text: str) -> bool:
        """Whether a property of this type reproduces the text."""
        try:
            if kind == PropertyType.NUMBER:
                return self.notation.as_written(_round_trip(kind, self.notation.number(text))) == text
            if kind == PropertyType.DATE:
                day = self.notation.date(text)
                return bool(to_stored(kind, (), day)) and (day == text or not text.startswith(day))
            return _round_trip(kind, text) == text
        except UsageError:
            return False

    def _doubt(self, kinds: list[PropertyType], text: str) -> str:
        """Why ``text`` makes the column text though earlier values fit ``kinds``; empty if that is clear."""
        if looks_like_local_date(text):
            if self.notation.dates != "ymd":
                return f"{short_name(text)} is not a date in the order {self.notation.dates}"
            return f"{short_name(text)}: say whether its day or its month comes first, with --dates dmy or --dates mdy"
        if looks_like_decimal_comma(text) and self.notation.decimal == ".":
            return f"{short_name(text)}: a number with --decimal ,"
        if PropertyType.CHECKBOX in kinds and _is_checkbox(text):
            return f"{short_name(text)}: yes or no with --define NAME:checkbox"
        if PropertyType.NUMBER not in kinds:
            return ""
        try:
            again = self.notation.as_written(_round_trip(PropertyType.NUMBER, self.notation.number(text)))
        except UsageError as error:
            return f"{error.message}" if "exactly" in error.message or "point" in error.message else ""
        return f"as a number {short_name(text)} would become {again}"


def _is_checkbox(text: str) -> bool:
    try:
        return parse_checkbox(text) in (0, 1)
    except UsageError:
        return False


@lru_cache(maxsize=65_536)  # most values of a table are repeated
def _round_trip(kind: PropertyType, text: str) -> str:
    return to_text(from_stored(kind, to_stored(kind, (), text)))
