"""Rules that exclude pairs from duplicates: pictures in the same folder, or of one burst."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.catalog.catalog import Picture
from core.catalog.copies import File
from core.errors import UsageError

SAME_FOLDER, BURST = "same-folder", "burst"
# EXIF has whole seconds; cameras take bursts at three or more pictures per second.
_BURST_SECONDS = 2
_BURST = re.compile(r"burst(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class PairRules:
    """Which pairs are excluded.

    Attributes:
        same_folder: exclude pairs in the same folder, even with the same bytes.
        burst: exclude pairs of one camera taken within this many seconds; negative for none. The same bytes are
            never a burst.
    """

    same_folder: bool = False
    burst: int = -1

    @classmethod
    def parse(cls, text: str) -> PairRules:
        """From words separated by commas: ``same-folder``, ``burst``, ``burst:SECONDS``.

        Raises:
            UsageError: an unknown word.
        """
        same_folder, burst = False, -1
        for word in filter(None, (part.strip() for part in text.split(","))):
            match = _BURST.fullmatch(word)
            if word == SAME_FOLDER:
                same_folder = True
            elif match:
                burst = int(match[1] or _BURST_SECONDS)
            else:
                raise UsageError(f"ignore: {word!r} is not a rule", "same-folder, burst or burst:SECONDS")
        return cls(same_folder, burst)

    def __bool__(self) -> bool:
        return self.same_folder or self.burst >= 0

    def ignores(
        self, first: bytes, second: bytes, files: Mapping[bytes, Sequence[File]], pictures: Mapping[bytes, Picture]
    ) -> bool:
        """Whether a pair of pictures is excluded.

        Args:
            first: key of one.
            second: key of another.
            files: of each picture, by key.
            pictures: what is known of each, by key.
        """
        if self.same_folder:
            one, other = ({os.path.dirname(file.path) for file in files.get(key, ())} for key in (first, second))
            if one & other:
                return True
        return self.burst >= 0 and self._is_one_burst(pictures.get(first), pictures.get(second))

    def _is_one_burst(self, first: Picture | None, second: Picture | None) -> bool:
        if first is None or second is None or not first.camera or first.camera != second.camera:
            return False
        moments = [_moment(picture.taken) for picture in (first, second)]
        if moments[0] is None or moments[1] is None:
            return False
        return abs((moments[0] - moments[1]).total_seconds()) <= self.burst


def one_per_folder(files: Sequence[File]) -> list[File]:
    """The first file of each folder."""
    by_folder: dict[bytes, File] = {}
    for file in files:
        by_folder.setdefault(os.path.dirname(file.path), file)
    return list(by_folder.values())


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
