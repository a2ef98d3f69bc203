"""The part of the app that shows pictures in the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from threading import Event
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import SystemCommand
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from tui.driver import PictureDriver
from tui.graphics.answers import CELL
from tui.graphics.terminal import UNASKED, Terminal
from tui.graphics.tmux import attached_since
from tui.keys_in_order import KeysInOrder
from tui.pictures import Pictures
from tui.typed_ahead import CellSaid

if TYPE_CHECKING:  # NumPy and Pillow come after the first paint
    from tui.graphics.renderer import Renderer

_TMUX_LOOKED_EVERY = 0.5  # seconds


class PictureApp(KeysInOrder):
    """An app whose screens show pictures as well as the terminal can.

    Args:
        terminal: what is known of it.
    """

    def __init__(self, terminal: Terminal = UNASKED) -> None:
        super().__init__()
        self.cell_asked = Event()  # whether the terminal was asked, and has not answered yet
        self.pictures = Pictures(self, terminal)
        self._attached = self._drawn_for = attached_since(os.environ)

    @property
    def terminal(self) -> Terminal:
        """What is known of the terminal."""
        return self.pictures.terminal

    @property
    def renderer(self) -> Renderer:
        """Draws pictures for this terminal."""
        return self.pictures.renderer

    def get_driver_class(self) -> type[Driver]:
        """Textual's, with a way for the data of pictures."""
        driver = super().get_driver_class()
        return PictureDriver if driver is LinuxDriver else driver

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """The screens that are seen through the one on top: none if that is opaque.

        Textual counts the next one in any case, and draws the whole terminal again whenever that one gets a message: 60
        KB twice a second while a job runs.
        """
        stack = self._screen_stack
        return [] if stack and stack[-1].styles.background.a == 1 else super()._background_screens

    def on_mount(self) -> None:
        """After Ctrl+Z and 'fg', and in another terminal of tmux, there is nothing of ours any more."""
        self.app_resume_signal.subscribe(self, lambda _: self.draw_all_again())
        if self.pictures.terminal.passthrough:
            self.set_interval(_TMUX_LOOKED_EVERY, self._look_at_tmux)

    def _look_at_tmux(self) -> None:
        """tmux tells of another terminal only where ``focus-events`` is on, or the size differs.

        Until tmux has drawn its window on a new terminal it drops what is meant for the terminal alone: pictures come
        with the next look.
        """
        before, self._attached = self._attached, attached_since(os.environ)
        if self._drawn_for != self._attached == before:
            self._drawn_for = before
            self.draw_all_again()

    def draw_all_again(self) -> None:
        """Draw the whole screen and its pictures again: the terminal may have lost them."""
        self.pictures.forget()
        self.screen.refresh(layout=True)

    def on_app_focus(self) -> None:
        """Within tmux another terminal may have been attached, which has none of our pictures."""
        if self.pictures.terminal.passthrough:
            self.draw_all_again()

    def picture_commands(self) -> Iterable[SystemCommand]:
        """For the command palette: one for a terminal that has lost its pictures."""
        yield SystemCommand("Draw again", "Draw the whole screen and its pictures again", self.draw_all_again)

    def post_display_hook(self) -> None:
        """A frame has been drawn."""
        self.pictures.after_frame()

    def on_resize(self, event: events.Resize) -> None:
        """The window or the size of its characters has changed."""
        driver = self._driver
        measured = driver.pixels if isinstance(driver, PictureDriver) else None
        if self.pictures.resized(event.size, event.pixel_size or measured) and isinstance(driver, PictureDriver):
            self.cell_asked.set()
            driver.send(CELL.decode("ascii"))

    def on_cell_said(self, message: CellSaid) -> None:
        """The terminal has answered how large a cell is."""
        self.pictures.use_cell(message.cell)

    def give_back(self) -> str:
        """What must be sent before the terminal is given back."""
        return self.pictures.give_back()
