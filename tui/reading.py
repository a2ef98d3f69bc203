"""Whether what a part of the interface lists has been read. Until then nothing is said to be absent."""

from __future__ import annotations

from core.errors import PictoscopeError
from core.text import printable
from tui.advice_by_key import in_app


class Reading:
    """What stands in the place of what a thread still reads, and is said by keys that need it.

    Args:
        doing: what is done meanwhile, as in ``reading``.
    """

    def __init__(self, doing: str = "reading") -> None:
        self._doing = doing
        self._error: PictoscopeError | None = None
        self._is_known = False

    def came(self) -> None:
        """It has been read."""
        self._is_known, self._error = True, None

    def failed(self, error: PictoscopeError) -> None:
        """It could not be read. What was read before stays."""
        self._error = error

    @property
    def words(self) -> str:
        """That it is being read, or why it could not be; empty once it is known, be it that there is nothing."""
        if self._is_known:
            return ""
        return failure_words(self._error) if self._error else f"{self._doing}…"


def failure_words(error: PictoscopeError) -> str:
    """What went wrong, and what to do, where a list would stand."""
    return printable(f"{error.message}: {in_app(error.hint)}" if error.hint else error.message)
