"""What every screen has: the keys that work everywhere, the line of the running job, jobs and errors delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.screen import Screen

from core.actions.registry import actions
from tui.messages import JobsChanged, Scanned
from tui.widgets.progress import JobLine

if TYPE_CHECKING:
    from tui.app import Pictoscope


class PictoscopeScreen(Screen[None]):
    """A full screen."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012  Textual's way

    @property
    def pictoscope(self) -> Pictoscope:
        """The app, typed."""
        return cast("Pictoscope", self.app)

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Show the job that runs."""
        for line in self.query(JobLine):
            line.show_jobs(message.jobs)

    def on_scanned(self, message: Scanned) -> None:
        """Show the scan."""
        text = f"looking for pictures: {message.report.files:,} files, {message.report.new:,} new"
        for line in self.query(JobLine):
            line.show_scan("" if message.finished else text)

    def on_screen_resume(self) -> None:
        """What happened while another screen was on top."""
        self.post_message(JobsChanged(self.pictoscope.jobs))


# Each screen puts these after its own: the footer shows keys in this order.
COMMON_BINDINGS = (
    Binding("g", "app.settings", "Settings"),
    Binding("J", "app.jobs", "Jobs"),
    Binding("question_mark", "app.help_keys", "Help", key_display="?"),
    Binding("q", "app.leave", "Back"),
)


def action_bindings() -> list[Binding]:
    """A key for each action, as its definition says."""
    return [
        Binding(
            action.key,
            f"app.form('{action.name}')",
            action.title.split()[0] if action.command != "search" else "Text",
            tooltip=action.help,
            key_display=action.shown_key,
        )
        for action in actions()
    ]
