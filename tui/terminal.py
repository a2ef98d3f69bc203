"""The last line of defence: whatever a command or a library prints, nothing of it steers the terminal.

What comes from outside is made printable where it is shown. This holds for what is forgotten, and for what libraries,
warnings and tracebacks say.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from core.text import printable

# What our progress lines and the bars of downloads are made of: to the line's beginning, a line up, erase the rest.
_OURS = re.compile(r"(\r|\n|\t|\x1b\[K|\x1b\[A)")
_STYLES = re.compile(r"(\r|\n|\t|\x1b\[K|\x1b\[A|\x1b\[[0-9;]*m)")


class HarmlessStream:
    """A text stream onto a terminal that shows control characters instead of sending them.

    Args:
        stream: the one onto the terminal.
        styled: let colours through: only for a traceback that is printed with them.
    """

    def __init__(self, stream: TextIO, *, styled: bool = False) -> None:
        self.stream = stream
        self._known = _STYLES if styled else _OURS

    def write(self, text: str) -> int:
        """Write; returns how many characters were given."""
        if not text.isprintable():
            parts = self._known.split(text)  # every second one is known
            text = "".join(part if number % 2 else printable(part) for number, part in enumerate(parts))
        self.stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def harmless_terminal(*, styled: bool = False) -> Iterator[None]:
    """Standard output and error, where they are a terminal, through :class:`HarmlessStream`.

    After an exception they stay so: what Python prints of it then is outside text too.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_harmless(stream, styled=styled) for stream in before)
    yield
    sys.stdout, sys.stderr = before


def _harmless(stream: TextIO, *, styled: bool) -> TextIO:
    raw = stream.stream if isinstance(stream, HarmlessStream) else stream
    return cast("TextIO", HarmlessStream(raw, styled=styled)) if raw.isatty() else stream
