"""Keep control characters from the terminal, whatever a command, a library or a traceback prints.

Text from outside is already made printable where it is shown. This module catches what that misses: forgotten calls,
and the output of libraries, warnings and tracebacks.
"""

from __future__ import annotations

import re
import select
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from core.text import printable

# Used by our progress lines and by progress bars of downloads: go to the start of the line, go up, erase the rest.
_OURS = re.compile(r"(\r|\n|\t|\x1b\[K|\x1b\[A)")
_STYLES = re.compile(r"(\r|\n|\t|\x1b\[K|\x1b\[A|\x1b\[[0-9;]*m)")


class HarmlessStream:
    """A text stream to a terminal that shows control characters instead of sending them.

    Args:
        stream: writes to the terminal.
        styled: whether to let colours through; only for tracebacks that are printed in colour.
    """

    def __init__(self, stream: TextIO, *, styled: bool = False) -> None:
        self.stream = stream
        self._allowed = _STYLES if styled else _OURS

    def write(self, text: str) -> int:
        """Write ``text``; returns its length."""
        if not text.isprintable():
            parts = self._allowed.split(text)  # every second part is an allowed sequence
            text = "".join(part if number % 2 else printable(part) for number, part in enumerate(parts))
        self.stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def harmless_terminal(*, styled: bool = False) -> Iterator[None]:
    """Replace standard output and error by a :class:`HarmlessStream`, if they are a terminal.

    They are not restored after an exception: the traceback that Python prints then may contain outside text.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_harmless(stream, styled=styled) for stream in before)
    yield
    sys.stdout, sys.stderr = before


def is_hung_up(descriptor: int) -> bool:
    """Whether the other side of a terminal (its window, the connection) is gone."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))


def _harmless(stream: TextIO, *, styled: bool) -> TextIO:
    raw = stream.stream if isinstance(stream, HarmlessStream) else stream
    return cast("TextIO", HarmlessStream(raw, styled=styled)) if raw.isatty() else stream
