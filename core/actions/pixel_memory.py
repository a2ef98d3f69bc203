"""Results of the pixel check from earlier runs: stored with the thumbnails, and like them only a cache.

Only pairs that are not copies are stored. Copies are confirmed from their pixels each time: a project may
come from a stranger, and no file may be removed because of a cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import cache
from pathlib import Path

import numpy as np

from core.images import alignment, coarse_match, planes, same_picture, template_match, turns
from core.images.coarse_match import SIDE, Coarse
from core.images.same_picture import Verdict
from core.images.thumbnails import Thumbnails
from core.images.turns import Also

_VERDICTS = {Verdict.ALIKE: b"A", Verdict.DIFFERENT: b"D"}
_BYTES = 16
COMPARISON = (same_picture, alignment, template_match, turns, planes, coarse_match)  # the modules that compare


class PixelMemory:
    """The stored results of one project, for one set of options.

    Args:
        thumbnails: of the project.
        also: transformations of copies to look for too.
    """

    def __init__(self, thumbnails: Thumbnails, also: Collection[Also]) -> None:
        self._thumbnails = thumbnails
        self._way = _method() + ",".join(sorted(also)).encode()

    def ruled_out(self, first: bytes, second: bytes) -> Verdict | None:
        """The stored verdict on two pictures that are not copies; None if unknown."""
        stored = self._thumbnails.fact(self._pair(first, second))
        return next((verdict for verdict, letter in _VERDICTS.items() if letter == stored), None)

    def rule_out(self, first: bytes, second: bytes, verdict: Verdict) -> None:
        """Store that two pictures are not copies."""
        self._thumbnails.keep_fact(self._pair(first, second), _VERDICTS[verdict])

    def look(self, key: bytes) -> tuple[Coarse, bool] | None:
        """A picture at 24 x 24 pixels, and whether it is not blank; None if unknown."""
        stored = self._thumbnails.fact(_digest(_method(), key))
        if stored is None or len(stored) != SIDE * SIDE + 1:
            return None
        return np.frombuffer(stored, np.uint8, SIDE * SIDE).reshape(SIDE, SIDE), stored[-1] == 1

    def keep_look(self, key: bytes, coarse: Coarse, *, shows_something: bool) -> None:
        """Store the result of :meth:`look`."""
        self._thumbnails.keep_fact(_digest(_method(), key), coarse.tobytes() + bytes([shows_something]))

    def _pair(self, first: bytes, second: bytes) -> bytes:
        return _digest(self._way, *sorted((first, second)))


@cache
def _method() -> bytes:
    """A hash of the comparison code: results of other versions are not used."""
    sources = [Path(str(module.__file__)).read_bytes() for module in COMPARISON]
    return hashlib.blake2b(b"".join(sources), digest_size=_BYTES).digest()


def _digest(*parts: bytes) -> bytes:
    return hashlib.blake2b(b"\0".join(parts), digest_size=_BYTES).digest()
