"""What every screen has: what it offers to the app, the keys that work everywhere, the line of the running job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual import on
from textual.binding import Binding
from textual.events import Click, ScreenResume
from textual.markup import escape
from textual.screen import Screen
from textual.widgets import Static

from core.actions.definition import Action
from core.actions.parameters import VecTypeParameter
from core.actions.registry import actions
from core.comparison.shared_question import SharedQuestion
from core.jobs.job import State
from core.text import printable
from tui.exporting import Offer
from tui.host import Host, host_of
from tui.messages import Busy, JobsChanged, LabelsChanged, NotScanned, Scanned
from tui.widgets.cells import header, header_room, shorten
from tui.widgets.form_controls import Place
from tui.widgets.picture_source import Item
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

_RIGHT = 3  # button of the mouse
_KEY_TEXT = 12  # cells of an action's word at the foot


class PictoscopeScreen(Screen[None]):
    """A full screen. Textual calls the handlers of a class and of its bases: none calls ``super``."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-very-wide")]

    def __init__(self) -> None:
        super().__init__()
        self._states: list[tuple[str, State]] = []
        self._was_on_top = False

    @property
    def host(self) -> Host:
        """The app, as far as screens may use it."""
        return host_of(self)

    def draw_header(self, title: str, facts: str) -> None:
        """The title as far as there is room for it, and the facts at the right."""
        width = self.app.size.width
        self.query_one("#header", Static).update(header(Text(shorten(title, header_room(facts, width))), facts, width))

    # -- what a screen offers to the app: each says what it has ---------------------------------------------------

    @property
    def chosen(self) -> list[Item]:
        """The pictures that actions are about. Of very many ask for their keys alone."""
        return []

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the same. A screen whose selection may be large says them by itself."""
        return [item.picture.key for item in self.chosen]

    @property
    def places(self) -> tuple[Place, ...]:
        """Parts of the collection that the form of an action offers."""
        return ()

    @property
    def shared_question(self) -> SharedQuestion | None:
        """What is asked side by side from here: the selection, the question of an answer. None: Compare opens."""
        return None

    @property
    def subject(self) -> str:
        """The tag or saved group that an action may be about: ``tag:NAME``, ``group:NAME``; empty for none."""
        return ""

    @property
    def answered_with(self) -> str:
        """Name of the vec type that brought the pictures together that are shown here; empty for none."""
        return ""

    @property
    def resumes_as(self) -> tuple[str, str]:
        """The screen's name for :meth:`tui.host.Host.resume_screen` and its pane; empty where it is not opened again.

        Answers are not: the next start computes nothing unasked, and History opens them.
        """
        return "", ""

    @property
    def about(self) -> str:
        """A sentence for the help of this screen, such as the method behind it; empty for none."""
        return ""

    @property
    def exports(self) -> Sequence[Offer]:
        """What of this screen may be exported, what is likeliest first."""
        return ()

    def on_click(self, event: Click) -> None:
        """A right click opens the menu of everything that can be done here."""
        if event.button == _RIGHT:
            event.stop()
            self.app.action_command_palette()

    @property
    def awaited(self) -> str:
        """That what is to be shown here is still being read, or why it could not be; empty once it is known.

        Until then no key says that there is nothing here.
        """
        return ""

    def nothing_chosen(self) -> None:
        """Say why a key for the chosen pictures does nothing."""
        self.notify(self.awaited or "no picture here to do that with", markup=False)

    def hindrance(self, action: str, parameters: tuple[object, ...]) -> str:
        """Why an action of this screen cannot be done now, in a sentence; empty if it can. Its key is disabled then."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys are there where they can do something; elsewhere the app says why they cannot."""
        return self.is_attached and not self.hindrance(action, parameters)

    # -- what every screen is told --------------------------------------------------------------------------------

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Show the job that runs. When one has ended the picture on show has other vectors than before."""
        for line in self.query(JobLine):
            line.show_jobs(message.jobs)
        states = [(job.id, job.state) for job in message.jobs]
        if states != self._states:
            self._states = states
            for preview in self.query(Preview):
                preview.reload()

    def on_scanned(self, message: Scanned) -> None:
        """Show the scan."""
        text = f"looking for pictures: {message.report.files:,} files, {message.report.new:,} new"
        for line in self.query(JobLine):
            line.show_scan("" if message.finished else text)

    def on_not_scanned(self, message: NotScanned) -> None:
        """The scan is over."""
        for line in self.query(JobLine):
            line.show_scan("")

    def on_busy(self, message: Busy) -> None:
        """Show what the app is doing."""
        for line in self.query(JobLine):
            line.show_scan(message.doing)

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """The picture on show may have other tags and properties."""
        for preview in self.query(Preview):
            preview.reload()

    @on(ScreenResume)
    def style_again_but_at_first(self, event: ScreenResume) -> None:
        """When the screen opens, its widgets have just been styled."""
        event.refresh_styles = event.refresh_styles and self._was_on_top
        self._was_on_top = True

    def on_screen_resume(self) -> None:
        """What happened while another screen was on top."""
        if self.host.jobs_known:
            self.post_message(JobsChanged(self.host.jobs))


EXPORT = Binding("e", "app.export_list", "Export", show=False)


def needs_text(action: Action[Any]) -> bool:
    """Whether an action works only with vectors of a model that reads text."""
    return any(isinstance(field, VecTypeParameter) and field.needs_text for field in action.fields())


def common_bindings(*quiet: str) -> list[Binding]:
    """The keys of every screen, put after its own. The footer shows them in this order, without those in ``quiet``."""
    return [
        Binding("g", "app.settings", "Settings", show="g" not in quiet),
        Binding("J", "app.jobs", "Jobs", show="J" not in quiet),
        Binding("H", "app.history", "History", show=False),
        Binding("equals_sign", "app.compare", "Compare", show=False, key_display="="),
        Binding("question_mark", "app.help_keys", "Help", key_display="?"),
        Binding("f1", "app.help_keys", "Help", show=False),
        Binding("q", "app.leave", "Back"),
    ]


def label_bindings(*, show: bool = True) -> list[Binding]:
    """The keys of tags, properties, the screen of all labels, undo, redo, and of taking pictures elsewhere."""
    return [
        Binding("t", "app.tag", "Tag", show=show),
        Binding("T", "app.untag", "Remove tag", show=False),
        Binding("p", "app.properties", "Properties", show=False),
        Binding("L", "app.labels", "Labels", show=False),
        Binding("u", "app.undo", "Undo", show=False),
        Binding("U", "app.redo", "Redo", show=False),
        EXPORT,
        Binding("y", "app.copy_paths", "Copy path", show=False),
        Binding("O", "app.open_in_viewer", "Open in another program", show=False),
    ]


def action_bindings(*, show: bool = True) -> list[Binding]:
    """A key for each action, as its definition says; in the footer where ``show``."""
    return [
        Binding(
            action.key,
            f"app.form('{action.name}')",
            shorten(printable(action.short or action.title), _KEY_TEXT),
            show=show and bool(action.short),
            tooltip=escape(printable(action.help)),
            key_display=action.shown_key,
        )
        for action in actions()
    ]
