"""What a grid shows: a list of pictures, however long, of which only the visible part is ever asked for."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.actions.answer import Match
from core.catalog.catalog import Catalog, Picture

Entries = tuple[Sequence[bytes], Sequence[float | None] | None]


@dataclass(frozen=True, slots=True)
class Item:
    """A picture in a list.

    Attributes:
        picture: its facts.
        score: shown before its name; None for none.
        mark: of its stack, shown before its name too; empty for none.
    """

    picture: Picture
    score: float | None = None
    mark: str = ""


class PictureSource(Protocol):
    """A list of pictures. ``items`` is called from threads."""

    def __len__(self) -> int:
        """How many pictures there are."""
        ...

    def items(self, start: int, stop: int) -> list[Item | None]:
        """Those from ``start`` to before ``stop``; None where one has left the project."""
        ...

    def find(self, key: bytes) -> int | None:
        """Position of a picture, if that is cheap to say."""
        ...

    def holds(self, position: int, item: Item) -> bool:
        """Whether this picture stands at this position."""
        ...

    def entries(self) -> Entries:
        """All of it: keys, and scores where there are some. Reads the catalog: for threads."""
        ...


class CatalogSource:
    """Pictures of the catalog by number.

    Args:
        catalog: is read.
        ids: their numbers.
        scores: gives the score of each of some of them; none have one where it is left out.
        mark: gives what is shown of a picture's stack.
    """

    def __init__(
        self,
        catalog: Catalog,
        ids: array[int],
        scores: Callable[[Sequence[int]], Sequence[float | None]] = lambda ids: [None] * len(ids),
        mark: Callable[[int], str] = lambda number: "",
    ) -> None:
        self._catalog = catalog
        self._scores = scores
        self._mark = mark
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids)

    def items(self, start: int, stop: int) -> list[Item | None]:
        """See :class:`PictureSource`."""
        wanted = self.ids[start:stop]
        by_id = {picture.id: picture for picture in self._catalog.pictures(wanted)}
        scores = self._scores(wanted)
        return [
            Item(by_id[number], score, self._mark(number)) if number in by_id else None
            for number, score in zip(wanted, scores, strict=True)
        ]

    def find(self, key: bytes) -> int | None:
        """See :class:`PictureSource`."""
        picture = self._catalog.by_keys([key]).get(key)
        try:
            return self.ids.index(picture.id) if picture else None
        except ValueError:
            return None

    def holds(self, position: int, item: Item) -> bool:
        """See :class:`PictureSource`."""
        return position < len(self.ids) and self.ids[position] == item.picture.id

    def entries(self) -> Entries:
        """See :class:`PictureSource`."""
        facts = self._catalog.facts()
        ids = facts.known_ids(self.ids)
        return facts.keys_of(ids), self._scores(ids)


class MatchSource:
    """The matches of a group.

    Args:
        catalog: is read.
        matches: in order.
        mark: gives what is shown of a picture's stack, by its number.
    """

    def __init__(
        self, catalog: Catalog, matches: Sequence[Match], mark: Callable[[int], str] = lambda number: ""
    ) -> None:
        self._catalog = catalog
        self._mark = mark
        self.matches = matches

    def __len__(self) -> int:
        return len(self.matches)

    def items(self, start: int, stop: int) -> list[Item | None]:
        """See :class:`PictureSource`."""
        wanted = self.matches[start:stop]
        pictures = self._catalog.by_keys([match.key for match in wanted])
        return [
            Item(pictures[match.key], match.score, self._mark(pictures[match.key].id))
            if match.key in pictures
            else None
            for match in wanted
        ]

    def find(self, key: bytes) -> int | None:
        """See :class:`PictureSource`."""
        return next((number for number, match in enumerate(self.matches) if match.key == key), None)

    def holds(self, position: int, item: Item) -> bool:
        """See :class:`PictureSource`."""
        return position < len(self.matches) and self.matches[position].key == item.picture.key

    def entries(self) -> Entries:
        """See :class:`PictureSource`."""
        return [match.key for match in self.matches], [match.score for match in self.matches]
