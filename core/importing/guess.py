"""Of which type a property may be whose values are all that is known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.catalog.names import LONGEST_NAME
from core.catalog.property_types import PropertyType, stored
from core.errors import UsageError
from core.importing.options import Definition
from core.importing.tables import Cell

_MOST_CHOICES = 1_000
# 007 is no number but somebody's mark.
_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(slots=True)
class Guess:
    """What the values seen until now may be.

    Attributes:
        kinds: types that take all of them, the likeliest first.
        choices: of those that are lists, each choice once, in the order of their coming.
        lists: whether there was a list.
    """

    kinds: list[PropertyType] = field(
        default_factory=lambda: [PropertyType.NUMBER, PropertyType.DATE, PropertyType.CHECKBOX]
    )
    choices: dict[str, None] = field(default_factory=dict)
    lists: bool = False

    def see(self, cell: Cell) -> None:
        """Look at a value that is not empty."""
        if isinstance(cell, tuple):
            self.lists = True
            if len(self.choices) <= _MOST_CHOICES:
                self.choices |= dict.fromkeys(cell)
        elif isinstance(cell, str) and self.kinds:
            self.kinds = [kind for kind in self.kinds if _is(kind, cell.strip())]

    def definition(self) -> Definition:
        """The guess: number, date, checkbox, else text; for lists, choices if they can be."""
        if not self.lists:
            return (self.kinds or [PropertyType.TEXT])[0], ()
        fit = all(choice.strip() and "," not in choice and len(choice) <= LONGEST_NAME for choice in self.choices)
        if fit and len(self.choices) <= _MOST_CHOICES:
            return PropertyType.CHOICES, tuple(self.choices)
        return PropertyType.TEXT, ()


def _is(kind: PropertyType, text: str) -> bool:
    if kind == PropertyType.NUMBER and not _NUMBER.fullmatch(text):
        return False
    try:
        return bool(stored(kind, (), text))
    except UsageError:
        return False
