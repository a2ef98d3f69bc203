"""One map, or several side by side: which pictures they have in common, and which are selected on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.key_arrays import Keys, index_in
from core.keys import KEY
from core.search.assignment import Numbers


@dataclass(frozen=True)
class Together:
    """The pictures of the maps that stand side by side.

    Attributes:
        keys: of all of them, sorted, each once, dtype S20, shape (n,).
        places: for each map, where its pictures are among ``keys``, ascending.
    """

    keys: Keys
    places: tuple[Numbers, ...]

    @classmethod
    def of(cls, keys: Sequence[Keys]) -> Together:
        """Of maps with these keys, each sorted."""
        if not keys:
            return cls(np.zeros(0, KEY), ())
        first = keys[0]
        if all(one is first or np.array_equal(one, first) for one in keys[1:]):  # the usual case, and at once
            return cls(first, (np.arange(len(first)),) * len(keys))
        every = np.unique(np.concatenate(keys))
        return cls(every, tuple(index_in(one, every) for one in keys))

    def seen_on(self, other: int, side: int, number: int) -> int | None:
        """The number that a picture of one map has on another; None where it is not on it.

        Args:
            other: the map that is asked about.
            side: the map of the picture.
            number: of the picture there.
        """
        place = int(self.places[side][number])
        index = int(np.searchsorted(self.places[other], place))
        return index if index < len(self.places[other]) and self.places[other][index] == place else None

    def lacks(self, side: int) -> int:
        """How many pictures of the others a map does not have."""
        return len(self.keys) - len(self.places[side])


class Selection:
    """Which pictures are selected: one selection, whichever map it is seen on.

    Args:
        together: the pictures.
    """

    def __init__(self, together: Together) -> None:
        self._together = together
        self._lit = np.zeros(len(together.keys), np.bool_)

    def on(self, side: int) -> npt.NDArray[np.bool_]:
        """Which pictures of a map are selected, shape (m,): a copy."""
        return np.asarray(self._lit[self._together.places[side]], np.bool_)

    @property
    def keys(self) -> Keys:
        """Of the selected pictures, sorted, dtype S20."""
        return self._together.keys[self._lit]

    def __len__(self) -> int:
        return int(np.count_nonzero(self._lit))

    def lacks(self, side: int) -> int:
        """How many selected pictures a map does not have."""
        return len(self) - int(np.count_nonzero(self.on(side)))

    def add(self, side: int, inside: npt.NDArray[np.bool_]) -> None:
        """Select the pictures of a map that ``inside`` (shape (m,)) says."""
        self._lit[self._together.places[side][inside]] = True

    def turn(self, side: int, number: int) -> None:
        """Select one picture of a map, or take it back."""
        place = self._together.places[side][number]
        self._lit[place] = not self._lit[place]

    def clear(self) -> None:
        """Select no dots."""
        self._lit[:] = False

    def moved_to(self, together: Together) -> Selection:
        """The same selection over other pictures: those that are not among them are left out."""
        moved = Selection(together)
        if len(self):
            there = index_in(self.keys, together.keys)
            moved._lit[there[there >= 0]] = True
        return moved
