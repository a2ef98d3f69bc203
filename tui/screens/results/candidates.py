"""The list of candidates while it is worked on: decided ones leave at once, new rankings come in without a jump."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.actions.answer import Match


@dataclass(frozen=True)
class Candidates:
    """Candidates and the cursor among them.

    Attributes:
        matches: in the order they are shown.
        cursor: position of the one under it; 0 where there are none.
    """

    matches: tuple[Match, ...] = ()
    cursor: int = 0

    def without(self, keys: Collection[bytes]) -> Candidates:
        """What is left when these were decided. The cursor stays, or goes to the one that slides in."""
        gone_before = sum(match.key in keys for match in self.matches[: self.cursor])
        left = tuple(match for match in self.matches if match.key not in keys)
        return Candidates(left, max(0, min(self.cursor - gone_before, len(left) - 1)))

    def at(self, cursor: int) -> Candidates:
        """The same, the cursor elsewhere."""
        return Candidates(self.matches, max(0, min(cursor, len(self.matches) - 1)))

    def renewed(self, ranked: Sequence[Match], decided: Collection[bytes], back: Collection[bytes]) -> Candidates:
        """A new ranking: what lies before the cursor was passed over and stays, as does the one under it.

        The key that is about to be pressed is meant for the picture that is seen; so only what follows is put in order.

        Args:
            ranked: the new ranking.
            decided: keys that must not be shown.
            back: keys whose decision was undone: they come back to where the cursor is.
        """
        scores = {match.key: match for match in ranked}
        if not self.matches:
            return Candidates(tuple(match for match in ranked if match.key not in decided))
        stay = [scores.get(match.key, match) for match in self.matches[: self.cursor + 1] if match.key not in decided]
        at = max(0, min(self.cursor, len(stay) - 1))
        shown = {match.key for match in stay}
        new = [match for match in ranked if match.key not in shown and match.key not in decided]
        returned = [match for match in new if match.key in back]
        rest = [match for match in new if match.key not in back]
        return Candidates((*stay[:at], *returned, *stay[at:], *rest), at)
