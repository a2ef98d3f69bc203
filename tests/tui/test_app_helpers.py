"""Waiting for the interface: a key has been answered when press ends, however long the way to the answer is."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from app_helpers import press_then, settled, text_of, until
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static


class Opened(Screen[None]):
    """What the key opens."""

    def compose(self) -> ComposeResult:
        yield Static("here it is", id="text")


class Relays(App[None]):
    """Opens a screen after its message has been handed on many times, without any work: it idles all the while."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "open", "Open"), Binding("l", "open_later", "Later")]

    class Handed(Message):
        def __init__(self, times: int) -> None:
            super().__init__()
            self.times = times

    def action_open(self) -> None:
        self.post_message(self.Handed(100))

    def action_open_later(self) -> None:
        asyncio.get_running_loop().call_later(0.05, self.post_message, self.Handed(1))

    def on_relays_handed(self, message: Handed) -> None:
        if message.times:
            self.call_later(self.post_message, self.Handed(message.times - 1))
        else:
            self.push_screen(Opened())


async def test_the_screen_that_a_key_opens_is_there_and_laid_out_when_press_ends() -> None:
    app = Relays()
    async with app.run_test() as pilot:
        await pilot.press("o")
        assert isinstance(app.screen, Opened)
        assert app.screen.query_one("#text").region.width > 0


async def test_a_widget_that_waits_for_something_else_than_a_message_is_waited_for() -> None:
    class Slow(Relays):
        async def action_open(self) -> None:
            await asyncio.sleep(0.05)
            await self.push_screen(Opened())

    app = Slow()
    async with app.run_test() as pilot:
        await pilot.press("o")
        assert isinstance(app.screen, Opened)


async def test_what_is_waited_for_is_painted_and_what_leads_there_is_not() -> None:
    app = Relays()
    painted = []
    app.post_display_hook = lambda: painted.append(text_of(app))  # type: ignore[method-assign]
    async with app.run_test() as pilot:
        await pilot.pause()
        painted.clear()
        text = Static("")
        await app.mount(text)
        for number in range(3):
            text.update(f"text {number}")
            text.refresh(layout=True)
            await settled(app, painted=False)
        await until(pilot, lambda: "text 2" in text_of(app))
        assert ["text 2" in shown for shown in painted] == [True]


async def test_a_screen_that_comes_by_itself_is_waited_for() -> None:
    app = Relays()
    async with app.run_test() as pilot:
        await press_then(pilot, "l", screen=Opened)
        assert app.screen.query_one("#text").region.width > 0
