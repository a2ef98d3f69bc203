"""What was typed before the app could read it is not lost, and answers that come late are not taken for keys.

Both concern what follows from asking the terminal (:mod:`tui.graphics.probe`), as does the size of a cell, for which
the app asks again. Textual's input thread makes a parser of keys; for the time of the app that parser is the one here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from tui.graphics.answers import cell_size, is_unmistakable, split
from tui.graphics.probe import Probed
from tui.graphics.terminal import CellSize

_KEY_WAITS = 0.1  # seconds for the rest of what may be a key, as Textual waits after escape
_ANSWER_WAITS = 1.0  # seconds for the rest of what can only be an answer


class CellSaid(Message):
    """The terminal has said how large its cells are now."""

    def __init__(self, cell: CellSize) -> None:
        super().__init__()
        self.cell = cell


class LateAnswers:
    """Takes answers out of what is typed.

    Args:
        unfinished: the beginning of one, which came before.
        clock: seconds, of any origin.
    """

    def __init__(self, unfinished: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._held = unfinished
        self._clock = clock
        self._since = clock()
        self.cell: CellSize | None = None  # the last that was said

    def sift(self, data: str) -> str:
        """The keys in what came; what may be the beginning of an answer is held back."""
        answers, keys, self._held = split(self._held + data)
        for answer in answers:
            if answer["width"]:
                self.cell = cell_size(int(answer["width"]), int(answer["height"]))
        self._since = self._clock()
        return keys

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held back."""
        return not self._held

    def waited(self) -> str:
        """What was held back for so long that it must be keys."""
        waited = self._clock() - self._since
        if is_unmistakable(self._held):
            if waited >= _ANSWER_WAITS:
                self._held = ""
            return ""
        if waited < _KEY_WAITS:
            return ""
        keys, self._held = self._held, ""
        return keys


class KeysParser(XTermParser):
    """Textual's parser of keys, that begins with those which were typed before.

    They come one at a time, once the app is ready: each must find the screen that the one before it has opened.

    Args:
        probed: what came while the terminal was asked.
        ready: whether the app can take keys.
        debug: as Textual's.
        asked: whether the terminal was asked for the size of its cells; cleared by the answer.
    """

    def __init__(self, probed: Probed, ready: Event, debug: bool = False, asked: Event | None = None) -> None:
        super().__init__(debug)
        self._ready = ready
        self._asked = asked or Event()
        self._complete = probed.complete
        self._late = None if probed.complete else LateAnswers(probed.unfinished.decode("latin-1"))
        typed = probed.typed + (probed.unfinished if probed.complete else b"")
        text = typed.decode("utf-8", "replace")
        self._waiting: deque[Message] = deque(super().feed(text) if text else ())
        self._typed = len(self._waiting)  # so many of them were typed before

    def feed(self, data: str) -> Iterable[Message]:
        """The events of what was read; an empty text is the end."""
        if self._late is None and self._asked.is_set():
            self._late = LateAnswers()
        elif self._late and self._late.is_empty and self._complete and not self._asked.is_set():
            self._late = None  # a key need not wait for what might follow it
        keys = self._late.sift(data) if self._late and data else data
        if keys or not data:
            yield from self._in_order(super().feed(keys))
        if self._late and self._late.cell:
            yield CellSaid(self._late.cell)
            self._late.cell = None
            self._asked.clear()

    def tick(self) -> Iterable[Message]:
        """The events for which it was time to wait; called ten times a second, or more often."""
        if self._late and (keys := self._late.waited()):
            yield from self._in_order(super().feed(keys))
        yield from self._in_order(super().tick())
        if self._waiting and self._ready.is_set():
            yield self._waiting.popleft()
            self._typed -= 1
            while self._typed <= 0 and self._waiting:
                yield self._waiting.popleft()

    def _in_order(self, events: Iterable[Message]) -> Iterator[Message]:
        """The events; none while others wait, behind which they wait then."""
        for event in events:
            if self._waiting:
                self._waiting.append(event)
            else:
                yield event


class KeysGivenBack:
    """Makes the parsers of keys of an app; the first of them begins with what was typed before.

    Args:
        probed: what came while the terminal was asked.
        asked: set when the terminal is asked for the size of its cells.
    """

    def __init__(self, probed: Probed, asked: Event | None = None) -> None:
        self.ready = Event()
        self._asked = asked or Event()
        self._probed = probed

    def parser(self, debug: bool = False) -> KeysParser:
        """A parser; the app needs another one after it was suspended."""
        probed, self._probed = self._probed, replace(self._probed, typed=b"", unfinished=b"")
        return KeysParser(probed, self.ready, debug, self._asked)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Textual's input thread makes its parser here."""
        before = linux_driver.XTermParser  # type: ignore[attr-defined]
        linux_driver.XTermParser = self.parser  # type: ignore[assignment, attr-defined]
        try:
            yield
        finally:
            linux_driver.XTermParser = before  # type: ignore[attr-defined]
