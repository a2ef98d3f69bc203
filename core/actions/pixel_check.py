"""The pixel check of pairs of pictures: decoding runs in separate processes, each pair is compared once."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.actions.pixel_memory import PixelMemory
from core.catalog.copies import File
from core.catalog.readable import read_any
from core.errors import CannotDecode, UnreadablePicture
from core.images.coarse_match import SIDE as SMALLEST
from core.images.coarse_match import Coarse, are_alike, coarse, glance, likeness
from core.images.decoders import read_picture
from core.images.outline import DIM, outline
from core.images.planes import Pixels
from core.images.same_picture import WORST, Comparison, Verdict, compare, is_blank
from core.images.thumbnails import Thumbnails
from core.images.turns import Also, turns
from core.lru_cache import LruCache

# A digit of a scanned page is six pixels wide at this size, and invisible in a thumbnail.
FINE = 1_024
# Thumbnails are compared at this size, for which the limits below were measured, however large they are kept.
SIDE = 192
_KEPT = 16  # decoded pictures: 2 MB each
_KEPT_SMALL = 2_000  # thumbnails: 80 KB each
_KEPT_COARSE = 50_000  # 24 x 24 pixels: 0.7 KB each
_KEPT_PAIRS = 50_000  # comparisons: 0.4 KB each
_KEPT_LIKENESS = 400_000  # 0.2 KB each
_MOST_THREADS = 16
_AT_ONCE = 64  # thumbnails per progress message
# Values of a thumbnail of a single colour differ by at most 8, plus JPEG artefacts.
_FLAT = 24
_NOTHING = np.zeros((SMALLEST, SMALLEST), np.uint8)
# Limit on the worst window: thumbnails are compressed too, and similar ones are compared at full size.
_FAR_IN_THUMBNAILS = 2 * WORST
_UNKNOWN = Comparison(Verdict.DIFFERENT)


@dataclass(frozen=True, slots=True)
class _Look:
    """The first test of every pair works on this: 0.6 KB, where a thumbnail has 80."""

    coarse: Coarse
    shows_something: bool

    @classmethod
    def of(cls, small: Pixels | None) -> _Look:
        if small is None:
            return cls(_NOTHING, shows_something=False)
        return cls(coarse(small), shows_something=bool(max(np.ptp(small, axis=(0, 1))) > _FLAT))


class PixelCheck:
    """Compares pictures by their thumbnails first, then by their files at up to 1,024 pixels.

    Thumbnails only rule pairs out and never confirm a copy: they are small, and only a cache.

    Args:
        thumbnails: of the project.
        files: of each picture, by key. A picture whose files cannot be read is never a copy.
        also: transformations of copies to look for too.

    Attributes:
        unread: keys of the pictures without a readable file.
    """

    def __init__(
        self, thumbnails: Thumbnails, files: Mapping[bytes, Sequence[File]], also: Collection[Also] = ()
    ) -> None:
        self._thumbnails = thumbnails
        self._files = files
        self._also = frozenset(also)
        self._memory = PixelMemory(thumbnails, self._also)
        self.unread: set[bytes] = set()
        self._known: LruCache[tuple[bytes, bytes], Comparison] = LruCache(_KEPT_PAIRS)
        self._likeness: LruCache[tuple[bytes, bytes], float] = LruCache(_KEPT_LIKENESS)
        self._fine: LruCache[bytes, Pixels] = LruCache(_KEPT)
        self._looks: LruCache[bytes, _Look] = LruCache(_KEPT_COARSE)
        self._small = functools.lru_cache(_KEPT_SMALL)(self._thumbnail)

    def compare(self, first: bytes, second: bytes) -> Comparison:
        """Compare two pictures by key.

        Raises:
            CannotDecode: no decoder can be started.
        """
        found = self._known.get((first, second))
        if found is not None:
            return found
        found = self._known.get((second, first))
        if found is not None:
            return replace(
                found,
                first_shown=found.second_shown,
                second_shown=found.first_shown,
                first_is_grey=found.second_is_grey,
                second_is_grey=found.first_is_grey,
            )
        remembered = self._memory.ruled_out(first, second)
        if remembered is not None:
            return Comparison(remembered)
        found = self._compare(first, second)
        if found is not _UNKNOWN and found.verdict is not Verdict.SAME:
            self._memory.rule_out(first, second, found.verdict)
        # Most pairs of a large series are unknown: finding that out again is cheaper than storing it.
        if found is not _UNKNOWN:
            self._known[first, second] = found
        return found

    def same(self, first: bytes, second: bytes) -> bool:
        """Whether one is a copy of the other."""
        return self.compare(first, second).verdict is Verdict.SAME

    def prepare(self, keys: Sequence[bytes], say: Callable[[int, int], None]) -> None:
        """Read all thumbnails in advance, creating those that are not cached on all cores.

        Args:
            keys: of the pictures.
            say: called with the number read and the total; may raise to stop.

        Raises:
            CannotDecode: no decoder can be started.
        """
        left = [key for key in dict.fromkeys(keys) if key not in self._looks and not self._memory.look(key)]
        for key in left:
            self._files.get(key)  # from the catalog, in this thread
        pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="thumbnails")
        try:
            for start in range(0, len(left), _AT_ONCE):
                say(start, len(left))
                some = left[start : start + _AT_ONCE]
                for key, small in zip(some, pool.map(self._small, some), strict=True):
                    self._looks[key] = self._looked_at(key, small)
        finally:  # when stopped, drop the waiting ones
            pool.shutdown(cancel_futures=True)

    def likeness(self, key: bytes, others: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """How well each of the others matches a picture at 24 x 24 pixels; 0 for those that are not copies of it."""
        if Also.CROPPED in self._also:
            return np.ones(len(others), np.float32)
        known = {other: self._likeness.get((key, other)) for other in others}
        left = [other for other, agreed in known.items() if agreed is None]
        if left:
            one, rest = self._coarse(key), np.stack([self._coarse(other) for other in left])
            found = np.max([likeness(one, turn.of_many(rest)) for turn in turns(self._also)], axis=0)
            for other, agreed in zip(left, found.tolist(), strict=True):
                known[other] = self._likeness[key, other] = agreed
        return np.array([known[other] for other in others], np.float32)

    def glance(self, some: Sequence[bytes], others: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """Similarity of each pair at 24 x 24 pixels without alignment; shape (some, others)."""
        one, rest = (np.stack([self._coarse(key) for key in keys]) for keys in (some, others))
        found: npt.NDArray[np.float32] = np.max([glance(turn.of_many(one), rest) for turn in turns(self._also)], axis=0)
        return found

    def alike(self, key: bytes, others: Sequence[bytes]) -> list[bool]:
        """Which of the others have the same outline as a picture."""
        if Also.CROPPED in self._also:
            return [self.compare(key, other).verdict is not Verdict.DIFFERENT for other in others]
        if not others:
            return []
        one, rest = self._coarse(key), np.stack([self._coarse(other) for other in others])
        found = np.zeros(len(others), bool)
        for turn in turns(self._also):
            left = np.flatnonzero(~found)
            found[left] = are_alike(one, turn.of_many(rest[left]))
        return [bool(one) for one in found]

    def shows_something(self, key: bytes) -> bool:
        """Whether the thumbnail shows more than a single colour."""
        return self._look(key).shows_something

    def outline(self, key: bytes) -> npt.NDArray[np.float32]:
        """The outline (:func:`core.images.outline.outline`); zeros for a picture that cannot be read."""
        small = self._small(key)
        return np.zeros(DIM, np.float32) if small is None else outline(small)

    def _compare(self, first: bytes, second: bytes) -> Comparison:
        small = self._small(first), self._small(second)
        if small[0] is None or small[1] is None:
            return _UNKNOWN
        found = compare(small[0], small[1], self._also)
        if found.verdict is Verdict.DIFFERENT or found.difference > _FAR_IN_THUMBNAILS:
            return found
        if not (self._is_whole(first) and self._is_whole(second)):  # else no finer than this
            fine = self._decoded(first), self._decoded(second)
            if fine[0] is None or fine[1] is None:
                return _UNKNOWN
            found = compare(fine[0], fine[1], self._also)
        if found.verdict is Verdict.SAME and self._is_transparent(first) and self._is_transparent(second):
            return self._compared_on_black(first, second, found)
        return found

    def _compared_on_black(self, first: bytes, second: bytes, found: Comparison) -> Comparison:
        """Of transparent pictures, what is white cannot be seen on white: they must be the same on black too."""
        one, other = (self._read(key, on_black=True) for key in (first, second))
        if one is None or other is None:
            return _UNKNOWN
        if is_blank(one) and is_blank(other):
            return found
        on_black = compare(one, other, self._also)
        return found if on_black.verdict is Verdict.SAME else replace(found, verdict=Verdict.ALIKE)

    def _coarse(self, key: bytes) -> Coarse:
        return self._look(key).coarse

    def _look(self, key: bytes) -> _Look:
        look = self._looks.get(key)
        if look is None:
            remembered = self._memory.look(key)
            look = _Look(*remembered) if remembered else self._looked_at(key, self._small(key))
            self._looks[key] = look
        return look

    def _looked_at(self, key: bytes, small: Pixels | None) -> _Look:
        look = _Look.of(small)
        if small is not None:
            self._memory.keep_look(key, look.coarse, shows_something=look.shows_something)
        return look

    def _thumbnail(self, key: bytes) -> Pixels | None:
        for file in self._files.get(key, ()):
            if max(file.width, file.height) <= SIDE:
                return self._decoded(key)
            try:
                small = self._thumbnails.get(key, file.path)
                small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
                return np.asarray(small.convert("RGB"))
            except UnreadablePicture:
                continue
        self.unread.add(key)
        return None

    def _is_whole(self, key: bytes) -> bool:
        """Whether the picture is so small that its thumbnail is the full picture."""
        files = self._files.get(key, ())
        return bool(files) and max(files[0].width, files[0].height) <= SIDE

    def _is_transparent(self, key: bytes) -> bool:
        """Whether the picture may be transparent, or its header is not known."""
        return any(file.facts is None or file.facts.alpha for file in self._files.get(key, ()))

    def _decoded(self, key: bytes) -> Pixels | None:
        known = self._fine.get(key)
        if known is not None:
            return known
        decoded = self._read(key)
        if decoded is not None:
            self._fine[key] = decoded
        return decoded

    def _read(self, key: bytes, *, on_black: bool = False) -> Pixels | None:
        """The picture at up to ``FINE`` pixels, from any of its files that still has its content."""
        try:
            picture = read_any(
                self._files.get(key, ()), lambda path: read_picture(path, at_least=FINE, on_black=on_black)
            )
        except CannotDecode:
            raise
        except UnreadablePicture:
            self.unread.add(key)
            return None
        picture.thumbnail((FINE, FINE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        return np.asarray(picture)
