"""What is done while nobody presses a key."""

from __future__ import annotations

import time
from typing import Any

from textual import events
from textual.app import App

from tui.garbage import collect_at_rest, release_collector

_LOOKED_EVERY = 0.5  # seconds


class RestingApp(App[int]):
    """An app that looks for garbage when it rests: that stops it for as long as a key may take."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._last_input = time.monotonic()

    async def on_event(self, event: events.Event) -> None:
        """Note when something was typed or the mouse was moved."""
        if isinstance(event, events.InputEvent):
            self._last_input = time.monotonic()
        await super().on_event(event)

    def on_ready(self) -> None:
        """From the first paint on."""
        self.call_after_refresh(release_collector)
        self.set_interval(_LOOKED_EVERY, self._rest)

    def _rest(self) -> None:
        collect_at_rest(time.monotonic() - self._last_input)
