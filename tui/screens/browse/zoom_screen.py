"""What the screens of large pictures have in common: keys that enlarge them and move over them."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.binding import Binding

from tui.screens.base import PictoscopeScreen
from tui.widgets.zoom import Zoom
from tui.widgets.zoomed_picture import ZoomedPicture


def zoom_bindings(following: str, previous: str) -> list[Binding]:
    """The keys that zoom and move. ``following``, ``previous``: what left and right go to while all is in sight."""
    return [
        Binding("right,l", "across(1)", following, key_display="→"),
        Binding("left,h", "across(-1)", previous, key_display="←"),
        Binding("down,j", "pan(0, 1)", "Down, if enlarged", show=False, key_display="↓"),
        Binding("up,k", "pan(0, -1)", "Up, if enlarged", show=False, key_display="↑"),
        Binding("plus", "zoom(1)", "Zoom", key_display="+"),
        Binding("minus", "zoom(-1)", "Smaller", show=False, key_display="-"),
        Binding("0", "whole", "Whole picture", show=False),
        Binding(
            "1", "actual_size", "Actual size", show=False, tooltip="a pixel of the picture for each of the terminal"
        ),
    ]


class ZoomScreen(PictoscopeScreen):
    """Shows :attr:`zoomed`, and changes which part of it is in sight."""

    @property
    def zoomed(self) -> ZoomedPicture:
        """The widget that the keys zoom."""
        raise NotImplementedError

    def show_part(self, change: Callable[[Zoom], Zoom]) -> None:
        """Show another part."""
        self.zoomed.show_part(change(self.zoomed.zoom))

    def action_go(self, step: int) -> None:
        """What left and right do while all is in sight."""
        raise NotImplementedError

    def action_across(self, step: int) -> None:
        """The next or the previous one; where it is enlarged, its part to the right or left."""
        if self.zoomed.zoom.is_whole:
            self.action_go(step)
        else:
            self.action_pan(step, 0)

    def action_pan(self, right: int, down: int) -> None:
        """Another part of an enlarged picture."""
        if not self.zoomed.zoom.is_whole:
            self.show_part(lambda zoom: zoom.moved(right, down))

    def action_zoom(self, steps: int) -> None:
        """Larger or smaller, until the whole picture is shown."""
        self.show_part(lambda zoom: zoom.by(steps))

    def action_whole(self) -> None:
        """Show the whole picture."""
        self.show_part(lambda zoom: Zoom())

    def action_actual_size(self) -> None:
        """A pixel of the picture for each pixel of the terminal."""
        zoom = self.zoomed.at_actual_size()
        self.show_part(lambda before: zoom)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.action_zoom(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.action_zoom(-1)
