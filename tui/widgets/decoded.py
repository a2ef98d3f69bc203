"""The last pictures that were decoded to be shown large: the next and the previous one are there at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first paint has no pictures yet
    from PIL import Image

    from core.catalog.catalog import Picture
    from core.project import Project

_KEPT = 3
MOST_BYTES = 256_000_000  # three pictures of 28 million pixels; one that is larger alone is kept alone
_MOST = 8_192  # pixels of the longest side: a picture of 200 MB is no longer quick


class Decoded:
    """Pictures by key, each with at least as many pixels as it was asked for; for several threads.

    Args:
        kept: pictures; by default one, the next and the previous.
        most_bytes: that are kept; the newest picture is kept in any case.
    """

    kind = "decoded"

    def __init__(self, kept: int = _KEPT, most_bytes: int = MOST_BYTES) -> None:
        self._most = kept
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[int, Image.Image]] = OrderedDict()

    def get(self, project: Project, picture: Picture, needed: int) -> Image.Image:
        """A picture with at least ``needed`` pixels on its longest side, where it has them. It must not be changed.

        Raises:
            UnreadablePicture: with the reason in words.
        """
        from core.catalog.readable import read_picture_of

        needed = min(needed, _MOST)
        with self._lock:
            kept = self._kept.get(picture.key)
            if kept is not None and kept[0] >= needed:
                self._kept.move_to_end(picture.key)
                return kept[1]
        image = read_picture_of(project.catalog, picture.key, picture.path, needed)
        with self._lock:
            self._kept[picture.key] = needed, image
            self._kept.move_to_end(picture.key)
            while len(self._kept) > 1 and (len(self._kept) > self._most or self._bytes() > self.most_bytes):
                self._kept.popitem(last=False)
        return image

    @property
    def held_bytes(self) -> int:
        """See :class:`tui.picture_memory.PictureCache`."""
        with self._lock:
            return self._bytes()

    def _bytes(self) -> int:
        return sum(image.width * image.height * len(image.getbands()) for _, image in self._kept.values())
