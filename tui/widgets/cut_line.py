"""The line above an answer that says where the scores of the collection lie, and the cut that can be moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from core.actions.answer import Distribution, Match
from core.key_hints import with_keys
from tui.widgets.histogram import beside, between, cut_in_words, histogram

_HISTOGRAM, _NARROW_HISTOGRAM = 26, 20  # cells: the words beside it need the rest of a narrow terminal
_ROOM_FOR_SCALE, _ROOM_FOR_MORE = 76, 110  # columns from which the lowest and highest score are said, and all words
_TALL = 30  # lines of a terminal from which the histogram has three of them


class CutLine(Static):
    """A histogram with the cut, and the same in words. Not there where an answer has no distribution.

    Attributes:
        only: whether only what reaches the cut is to be shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"cut--accent"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self.only = False
        self._cut = 0.0
        self._distribution: Distribution | None = None
        self._matches: Sequence[Match] = ()

    def show_distribution(self, distribution: Distribution | None) -> None:
        """Of another answer; its own cut counts."""
        self._distribution = distribution
        if distribution:
            self._cut = distribution.cut

    def move(self, steps: int) -> None:
        """The cut some bins up or down; from then on only what is above it is shown."""
        if distribution := self._distribution:
            step = (distribution.high - distribution.low) / len(distribution.counts)
            self._cut = max(distribution.low, min(distribution.high, self._cut + steps * step))
            self.only = True

    def shown(self, matches: Sequence[Match]) -> tuple[Match, ...]:
        """Those of the pictures that are to be shown."""
        return tuple(filter(self._reaches, matches)) if self.only and self._distribution else tuple(matches)

    def _reaches(self, match: Match) -> bool:
        return match.score is not None and match.score >= self._cut

    def show(self, matches: Sequence[Match]) -> None:
        """Draw the histogram, and say how many of these pictures stand out."""
        self._matches = matches
        self.display = self._distribution is not None
        self._draw()

    def on_resize(self) -> None:
        """As much as there is room for."""
        self._draw()

    def _draw(self) -> None:
        distribution, columns, lines = self._distribution, self.screen.size.width, self.screen.size.height
        if distribution is None:
            return
        height = 3 if lines >= _TALL else 2
        accent = Style(color=self.get_component_rich_style("cut--accent", partial=True).color)
        scaled = columns >= _ROOM_FOR_SCALE
        bars = histogram(distribution, self._cut, _HISTOGRAM if scaled else _NARROW_HISTOGRAM, height, accent)
        if scaled:
            bars = between(bars, f"{distribution.low:.2f}", f"{distribution.high:.2f}")
        above = sum(map(self._reaches, self._matches))
        more = above == len(self._matches) and above > 0  # beyond those that were asked for nobody looked
        words = cut_in_words(distribution, self._cut, above, more=more, far=columns >= _ROOM_FOR_MORE, accent=accent)
        shows = "{results.only-above-the-cut} shows " + ("all" if self.only else "only these")
        keys = with_keys(shows + " · {results.lower-the-cut} {results.raise-the-cut} moves the cut")
        self.styles.height = height
        self.update(beside(bars, [words, Text(keys)]))
