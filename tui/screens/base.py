"""What every screen has: the keys that work everywhere, the line of the running job, jobs and errors delivered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from textual.binding import Binding
from textual.markup import escape
from textual.screen import Screen

from core.actions.definition import Action
from core.actions.parameters import VecTypeParameter
from core.actions.registry import actions
from core.jobs.job import State
from core.text import printable
from tui.messages import Busy, JobsChanged, LabelsChanged, Scanned
from tui.widgets.cells import shorten
from tui.widgets.picture_source import Item
from tui.widgets.preview import Preview
from tui.widgets.progress import JobLine

if TYPE_CHECKING:
    from tui.app import Pictoscope
    from tui.exporting import Offer

_KEY_TEXT = 12  # cells of an action's word at the foot


class PictoscopeScreen(Screen[None]):
    """A full screen. Textual calls the handlers of a class and of its bases: none calls ``super``."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-very-wide")]  # noqa: RUF012  Textual's way

    def __init__(self) -> None:
        super().__init__()
        self._states: list[tuple[str, State]] = []

    @property
    def pictoscope(self) -> Pictoscope:
        """The app, typed."""
        return cast("Pictoscope", self.app)

    @property
    def chosen_keys(self) -> list[bytes]:
        """Keys of the pictures that labels are put on. A screen whose selection may be large says them by itself."""
        chosen: list[Item] = getattr(self, "chosen", [])
        return [item.picture.key for item in chosen]

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

    def on_busy(self, message: Busy) -> None:
        """Show what the app is doing."""
        for line in self.query(JobLine):
            line.show_scan(message.doing)

    def action_labels(self, pane: str = "tags", name: str = "") -> None:
        """What people have named, at a pane and there at a name."""
        from tui.screens.labels import LabelsScreen

        project = self.pictoscope.project
        if project and not isinstance(self, LabelsScreen):
            self.app.push_screen(LabelsScreen(project, pane, name))

    @property
    def exports(self) -> Sequence[Offer]:
        """What of this screen may be exported, what is likeliest first."""
        return ()

    def action_export_list(self) -> None:
        """Ask what to export, and where to; say what was written."""
        from tui.screens.export import ExportDialog

        def written(text: str | None) -> None:
            if text:
                self.notify(f"exported {text}", markup=False)

        offers, project = self.exports, self.pictoscope.project
        if project and offers:
            self.app.push_screen(ExportDialog(project, offers), written)
        else:
            self.notify("there is nothing to export here", markup=False)

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """The picture on show may have other tags and properties."""
        for preview in self.query(Preview):
            preview.reload()

    def action_properties(self) -> None:
        """The properties of the chosen pictures."""
        project = self.pictoscope.project
        keys = self.chosen_keys
        if project and keys:
            from tui.screens.properties import edit_properties

            chosen: list[Item] = getattr(self, "chosen", []) if len(keys) == 1 else []
            edit_properties(self.pictoscope, project, keys, chosen[0].picture.name if chosen else "")

    def on_screen_resume(self) -> None:
        """What happened while another screen was on top."""
        self.post_message(JobsChanged(self.pictoscope.jobs))


EXPORT = Binding("e", "export_list", "Export", show=False)


def typed_path(text: str) -> Path:
    """A path as somebody typed it. ``~`` is home; ``~somebody`` who is not there is a file's name like any other."""
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError:
        return path.absolute()


def needs_text(action: Action[Any]) -> bool:
    """Whether an action works only with vectors of a model that reads text."""
    return any(isinstance(field, VecTypeParameter) and field.needs_text for field in action.fields())


def common_bindings(*quiet: str) -> list[Binding]:
    """The keys of every screen, put after its own. The footer shows them in this order, without those in ``quiet``."""
    return [
        Binding("g", "app.settings", "Settings", show="g" not in quiet),
        Binding("J", "app.jobs", "Jobs", show="J" not in quiet),
        Binding("H", "app.history", "History", show=False),
        Binding("question_mark", "app.help_keys", "Help", key_display="?"),
        Binding("q", "app.leave", "Back"),
    ]


def label_bindings(*, show: bool = True) -> list[Binding]:
    """The keys of what people decide, tags, properties, the screen of all labels, undo, redo, and of exporting it."""
    return [
        Binding("t", "app.tag", "Tag", show=show),
        Binding("T", "app.untag", "Take a tag off", show=False),
        Binding("p", "properties", "Properties", show=False),
        Binding("L", "labels", "Labels", show=False),
        Binding("u", "app.undo", "Undo", show=False),
        Binding("U", "app.redo", "Redo", show=False),
        EXPORT,
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
