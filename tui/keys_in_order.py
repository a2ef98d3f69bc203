"""A key finds the screen that the key before it has opened.

Textual gives each key at once to the widget that has the focus. What it is bound to is done when it has come back up to
the app: until then, and until a new screen has its focus, the keys after it would go to the old screen. On a slow line
several arrive together: ``/owl`` would open the search, and run what ``o``, ``w`` and ``l`` do on the screen before.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from textual import events
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui.sized_screens import SizedScreens

_ROUNDS = 3  # a key makes its line say that it was submitted, which closes the dialog, which tells the screen below
CHECK = "check"  # the group of workers that decide whether what was given closes its dialog: keys wait for them
_SOON = 0.01  # seconds until such a worker is looked at again
_LONGEST = 2.0  # seconds that keys wait for one that does not come back: its widget was closed, or is busy


class KeysInOrder(SizedScreens):
    """Gives keys, and pasted text, one at a time."""

    class _Through(Message):
        """Follows a key the same way: whoever would handle the key has done it."""

        def __init__(self, number: int, target: Widget, rounds: int = _ROUNDS) -> None:
            super().__init__()
            self.number = number
            self.target = target
            self.rounds = rounds

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._given_on: Screen[Any] | None = None  # the screen on top when the key under way was given
        self._late: asyncio.TimerHandle | None = None
        self._held: deque[events.Event] = deque()
        self._number = 0  # of the last key that was given

    async def on_event(self, event: events.Event) -> None:
        """Keys one at a time, everything else as it comes."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._given_on is not None or self._held:
            self._held.append(event)
        else:
            await self._give(event)

    async def _give(self, event: events.Event) -> None:
        if not self._screen_stack:  # before the first screen, after the last
            await super().on_event(event)
            return
        self._given_on, self._number = self.screen, self._number + 1
        number, target = self._number, self.focused or self.screen
        self._late = asyncio.get_running_loop().call_later(_LONGEST, self._release, number)
        await super().on_event(event)
        self._send_through(number, target)

    def _send_through(self, number: int, target: Widget) -> None:
        if not target.post_message(self._Through(number, target)):  # it is closed already
            self._release(number)

    def on_keys_in_order__through(self, message: _Through) -> None:
        """The key is done; a screen that it opened or went back to gets its focus first."""
        message.stop()
        target, rounds = message.target, message.rounds - 1
        if rounds and target.post_message(self._Through(message.number, target, rounds)):
            return
        if any(worker.group == CHECK and not worker.is_finished for worker in self.workers):
            self.set_timer(_SOON, lambda: self._send_through(message.number, target))
            return
        if self._given_on is None or not self._screen_stack or self.screen is self._given_on:
            self._release(message.number)
        else:
            self.screen.call_after_refresh(self.call_later, self._release, message.number)

    def _release(self, number: int) -> None:
        if number != self._number or self._given_on is None:
            return
        if self._late:
            self._late.cancel()
        self._given_on = self._late = None
        if self._held:
            self.call_later(self._next)

    async def _next(self) -> None:
        if self._held and self._given_on is None:
            await self._give(self._held.popleft())
