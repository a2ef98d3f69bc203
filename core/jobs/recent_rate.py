"""How fast a job is now, by what it did last."""

from __future__ import annotations

from collections import deque

_WINDOW = 15.0  # seconds


class RecentRate:
    """Pictures (or steps) per second over the last quarter of a minute, from the first that were done on.

    Until then models load and warm up: to count that time would make the first estimates many times too long.
    """

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()

    def note(self, now: float, seen: float) -> float:
        """The rate, after ``seen`` pictures in all at ``now`` (seconds); 0 while it is unknown."""
        if not seen:
            return 0.0
        self._points.append((now, seen))
        while len(self._points) > 2 and now - self._points[0][0] > _WINDOW:
            self._points.popleft()
        since, then = self._points[0]
        return (seen - then) / (now - since) if now > since else 0.0
