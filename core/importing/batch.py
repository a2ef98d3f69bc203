"""The lines of a batch, column by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, zip_longest
from typing import cast

from core.importing.cells import is_blank
from core.importing.matching import Miss
from core.importing.tables import Cell, Line


@dataclass(frozen=True)
class Part:
    """Cells of one column, with the picture and the line of each; three sequences of one length."""

    cells: Sequence[Cell]
    pictures: Sequence[int]
    numbers: Sequence[int]

    @cached_property
    def texts(self) -> bool:
        """Whether all cells are texts as they come in text files."""
        return set(map(type, self.cells)) <= {str}

    @cached_property
    def _joined(self) -> str:
        return "".join(self._text_cells) if self.texts else ""

    @property
    def is_plain(self) -> bool:
        """Whether all cells are ASCII texts without a NUL: what asks each cell can be left out."""
        return self.texts and self._joined.isascii() and "\0" not in self._joined

    def is_storable_as_it_is(self, longest: int) -> bool:
        """Whether every cell, none of which is blank, is stored as a text unchanged: plain, and at most so long."""
        return self.is_plain and (len(self._joined) <= longest or max(map(len, self._text_cells)) <= longest)

    def may_begin_with(self, character: str) -> bool:
        """False only if no text begins with it."""
        return not self.texts or character in self._joined

    def replaced(self, cells: Sequence[Cell]) -> Part:
        """The same with other cells."""
        return Part(cells, self.pictures, self.numbers)

    def filled(self) -> Part:
        """Without blank cells; itself if there are none."""
        if self.texts and all(map(str.strip, self._text_cells)):
            return self
        filled = [not is_blank(cell) for cell in self.cells]
        return self if all(filled) else self._only(filled)

    def without(self, which: Sequence[bool], refuse: Callable[[int, Cell], None]) -> Part:
        """Without some of the cells, which are refused, each with its line."""
        if not any(which):
            return self
        for number, cell in zip(compress(self.numbers, which), compress(self.cells, which), strict=True):
            refuse(number, cell)
        return self._only([not one for one in which])

    def none(self) -> Part:
        """No cells."""
        return Part((), (), ())

    @property
    def _text_cells(self) -> Sequence[str]:
        return cast(Sequence[str], self.cells)  # asked of texts only

    def _only(self, which: Sequence[bool]) -> Part:
        return Part(
            list(compress(self.cells, which)),
            list(compress(self.pictures, which)),
            list(compress(self.numbers, which)),
        )


@dataclass(frozen=True)
class Batch:
    """Lines, column by column.

    Attributes:
        numbers: of the lines.
        columns: their cells, each of the length of ``numbers``; columns that no line reaches may be missing.
        pictures: that they name; empty until they are matched.
    """

    numbers: Sequence[int]
    columns: Sequence[Sequence[Cell]]
    pictures: Sequence[int] = ()

    @classmethod
    def of(cls, lines: Sequence[Line]) -> Batch:
        """Lines, which need not have cells for all columns."""
        return cls([line.number for line in lines], list(zip_longest(*(line.cells for line in lines), fillvalue="")))

    def matched(self, found: Sequence[int | Miss]) -> Batch:
        """The lines that name a picture."""
        pictures = [one for one in found if not isinstance(one, Miss)]
        if len(pictures) == len(found):
            return Batch(self.numbers, self.columns, pictures)
        there = [not isinstance(one, Miss) for one in found]
        columns = [list(compress(column, there)) for column in self.columns]
        return Batch(list(compress(self.numbers, there)), columns, pictures)

    def column(self, number: int) -> Sequence[Cell]:
        """The cells of a column."""
        return self.columns[number] if number < len(self.columns) else [""] * len(self.numbers)

    def part(self, number: int) -> Part:
        """The cells of a column, with pictures and lines."""
        return Part(self.column(number), self.pictures, self.numbers)
