"""Which part of a picture is shown when it is larger than its box."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST = 16.0
_STEP = 2**0.5
_MOVE = 0.25  # of what is visible


@dataclass(frozen=True, slots=True)
class Zoom:
    """A part of a picture.

    Attributes:
        factor: 1: the whole picture fits the box; 2: twice as wide and high.
        x, y: the middle of what is visible, from 0 (left, top) to 1.
    """

    factor: float = 1.0
    x: float = 0.5
    y: float = 0.5

    @property
    def is_whole(self) -> bool:
        """Whether all of the picture is visible."""
        return self.factor <= 1

    def by(self, steps: int) -> Zoom:
        """Larger by a step (half as much again), or smaller; never smaller than the box."""
        factor = max(1.0, min(MOST, self.factor * _STEP**steps))
        return Zoom() if factor < 1.01 else replace(self, factor=factor)

    def at_actual_size(self, picture: tuple[int, int], box: tuple[int, int]) -> Zoom:
        """A pixel of the picture for each pixel of the box, the middle as it is; whole where the picture is smaller.

        Args:
            picture: width and height in pixels.
            box: width and height in pixels of the terminal.
        """
        factor = min(MOST, max(picture[0] / max(1, box[0]), picture[1] / max(1, box[1])))
        return Zoom() if factor < 1.01 else replace(self, factor=factor).moved(0, 0)

    def moved(self, right: int, down: int) -> Zoom:
        """A quarter of what is visible further; not beyond the picture."""
        return replace(
            self,
            x=self._inside(self.x + right * _MOVE / self.factor),
            y=self._inside(self.y + down * _MOVE / self.factor),
        )

    def part(self, picture: tuple[int, int], box: tuple[int, int]) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, in pixels of the picture, of what a box shows of it.

        Args:
            picture: width and height.
            box: width and height, in any unit in which it has the same proportions.
        """
        scale = min(box[0] / picture[0], box[1] / picture[1]) * self.factor
        left, right = _span(picture[0], box[0] / scale, self.x)
        top, bottom = _span(picture[1], box[1] / scale, self.y)
        return left, top, right, bottom

    def _inside(self, middle: float) -> float:
        half = 0.5 / self.factor
        return max(half, min(1 - half, middle))


def _span(length: int, visible: float, middle: float) -> tuple[int, int]:
    """Begin and end of what is visible of a side, at least one pixel."""
    size = max(1, min(length, round(visible)))
    begin = max(0, min(length - size, round(middle * length - size / 2)))
    return begin, begin + size
