"""Whether two pictures are copies of each other: every pair must pass this test before one may be removed.

Vectors only say which pictures are worth comparing; pixels decide.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from core.actions.pixel_check import PixelCheck
from core.catalog.copies import File
from core.errors import UnreadablePicture
from core.images.appearance import SIDE
from core.images.decoders import read_picture
from core.images.flatness import is_flat
from core.images.same_picture import Verdict


class CopyEdge:
    """Tests whether pairs of files are copies.

    Args:
        check: compares pixels; None to compare by bytes only.
    """

    def __init__(self, check: PixelCheck | None) -> None:
        self._check = check

    def why_not(self, one: File, other: File) -> str:
        """Why ``other`` may not be removed in favour of ``one``, in words; empty if it may (same bytes always may)."""
        if one.key == other.key:
            return ""
        if self._check is None:
            return "not the same bytes"
        comparison = self._check.compare(one.key, other.key)
        if comparison.verdict is not Verdict.SAME:
            return "not the same pixels as the best copy"
        if not comparison.first_has_colours:
            return "has colours, and the best copy is grey"
        return "" if comparison.first_has_all else "shows more at its edges"

    def same(self, one: File, other: File) -> bool:
        """Whether they are copies of each other."""
        return one.key == other.key or (self._check is not None and self._check.same(one.key, other.key))


def blank_pictures(files: Mapping[bytes, Sequence[File]], check: Callable[[], None]) -> set[bytes]:
    """Keys of the pictures that are blank or unreadable: their vectors are meaningless.

    A picture with a measured sharpness above 0 is not decoded.

    Args:
        files: of each picture, by key.
        check: called between pictures; may raise to stop.

    Raises:
        CannotDecode: no decoder can be started.
    """
    blank = set()
    for key, listed in files.items():
        if not any(file.sharpness for file in listed):
            check()
            if _shows_nothing(listed):
                blank.add(key)
    return blank


def _shows_nothing(files: Sequence[File]) -> bool:
    is_there = False
    for file in files:
        try:
            return is_flat(read_picture(file.path, at_least=SIDE))
        except UnreadablePicture:  # another file of the same bytes may be whole
            is_there = is_there or os.path.exists(file.path)
    return is_there
