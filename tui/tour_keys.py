"""The part of the app that has the tour of the demo."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import Binding

from tui.graphics.terminal import UNASKED, Terminal
from tui.screen_keys import ScreenKeys
from tui.tour.state import remember_step
from tui.tour.tour import Tour, is_demo


class TourKeys(ScreenKeys):
    """The keys that skip a step and leave the tour, and the command that begins it.

    Attributes:
        tour: which may be off.
    """

    BINDINGS: ClassVar[list[Any]] = [  # before those of a line that takes letters, and of a dialog
        Binding("ctrl+g", "skip_tour_step", "Skip tour step", show=False, priority=True),
        Binding("ctrl+t", "leave_tour", "Leave tour", show=False, priority=True),
    ]

    def __init__(self, terminal: Terminal = UNASKED) -> None:
        super().__init__(terminal)
        self.tour = Tour(self)

    def open_demo(self) -> None:
        raise NotImplementedError

    def go_home(self) -> None:
        """Close the project, and show Home."""
        raise NotImplementedError

    def post_display_hook(self) -> None:
        """What is on the screen now may be what the tour waits for."""
        super().post_display_hook()
        self.tour.frame_drawn()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of the tour are there while there is one."""
        return self.tour.is_on if action in ("skip_tour_step", "leave_tour") else True

    def action_skip_tour_step(self) -> None:
        """Go on to the next step of the tour."""
        self.tour.skip()

    def action_leave_tour(self) -> None:
        """End the tour."""
        self.tour.leave()

    def action_begin_tour(self) -> None:
        """The tour from its first step, in the demo: another project is closed."""
        remember_step(0)
        if self.project and is_demo(self.project):
            self.tour.begin(self.project)
        else:
            self.go_home()
            self.open_demo()
