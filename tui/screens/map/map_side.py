"""One of the maps of the screen: its dots, above them what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from core.errors import JobError
from core.jobs.job import Job, State
from core.maps.methods import METHODS
from core.project import Project
from core.text import count, printable
from tui.screens.map.wishes import Wish
from tui.widgets.map_view import MapView
from tui.widgets.progress import named, standing

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.maps.layout import Layout


class MapSide(Vertical):
    """A map, which may stand beside another one.

    Args:
        project: of the pictures.
        number: 0 for the left one, 1 for the right one.

    Attributes:
        vec_type: name of the vectors that are wished for; empty for the default.
        method: that is wished for.
        placed: what is shown; None while nothing is.
        job: that makes what is wished for.
        is_open: whether it is to be shown.
    """

    def __init__(self, project: Project, number: int) -> None:
        super().__init__(id=f"side-{number + 1}", classes="map-side")
        self._project = project
        self._number = number
        self.vec_type = ""
        self.method: str = METHODS[0]
        self.placed: Layout | None = None
        self.job: Job | None = None
        self.is_open = number == 0
        self._job_ran = False

    def compose(self) -> ComposeResult:
        """The caption, which is there only beside another map, and the dots."""
        yield Static(classes="map-caption")
        yield MapView(self._project, id="map" if self._number == 0 else "map-2")

    @property
    def view(self) -> MapView:
        """The widget that draws the dots."""
        return self.query_one(MapView)

    def wish(self, *, starts_job: bool) -> Wish:
        """What is to be read for this map."""
        return Wish(self.vec_type, self.method, starts_job, self.placed)

    def show(self, layout: Layout, job: Job | None) -> None:
        """Know what is shown now. ``job`` makes what was wished for instead; one that is known already still does."""
        if job is None and self.job is not None and (task := self.job.map_task) is not None:
            job = self.job if task.vec_type == layout.vec_type and task.method != layout.method else None
        self._job_ran = self._job_ran and job is not None and self.job is not None and job.id == self.job.id
        self.placed, self.job = layout, job
        self.vec_type, self.method = layout.vec_type, layout.method

    def open(self, wish: Wish) -> None:
        """Begin with a wish."""
        self.vec_type, self.method, self.is_open = wish.vec_type, wish.method, True

    def close(self) -> None:
        """Show nothing any more. A job goes on."""
        self.placed, self.job, self.is_open = None, None, False

    def look_at(self, jobs: Sequence[Job]) -> bool:
        """Whether the job has made the map, which is wished for from now on; one that ended otherwise is forgotten."""
        now = next((job for job in jobs if self.job is not None and job.id == self.job.id), None)
        if now is not None and now.state is State.INTERRUPTED and not self._job_ran:
            now = _read_again(now)  # seen in the moment before its worker had the lock, it looks interrupted
        if now is None:
            return False
        if now.state is State.RUNNING:
            self._job_ran = True
            return False
        self.job = None
        if now.state is not State.DONE or now.map_task is None:
            if not self._job_ran:  # else the app has seen it run, and says how it ended
                self.notify(f"{named(now)}: {standing(now)}", severity="warning", markup=False)
            return False
        self.vec_type, self.method = now.map_task.vec_type, now.map_task.method
        return True

    def keep(self) -> None:
        """What was wished for cannot be had: it stays as it is."""
        if self.placed is not None:
            self.vec_type, self.method = self.placed.vec_type, self.placed.method

    def words(self, *, short: bool = False) -> list[str]:
        """What the map shows, in words."""
        layout, parts = self.placed, [printable(self.vec_type) or "vectors", self.method]
        if layout is None:
            return parts
        if layout.share is not None:
            parts[1] += f" ({layout.share:.0%})" if short else f" ({layout.share:.0%} of the spread)"
        making = [self._making] if self._making else []
        return [*parts, *making, count(len(layout.keys), "picture")]

    @property
    def _making(self) -> str:
        """What a job is making; empty for nothing."""
        task = self.job.map_task if self.job is not None else None
        return f"{printable(task.method)} being made" if task is not None else ""

    def show_caption(self, remark: str, *, has_keys: bool) -> None:
        """Say what it is; the one that has the keys is bold. ``remark``: what is said of the picture at the cursor."""
        name, *others = self.words(short=True)
        others.sort(key=lambda word: word != self._making)  # what passes goes first: there may be no room for all
        line = " · ".join([name, *([remark] if remark else []), *others])
        self.query_one(".map-caption", Static).update(Text(f" {line}", "bold reverse" if has_keys else ""))


def _read_again(job: Job) -> Job:
    try:
        return Job.read(job.folder)
    except JobError:  # its folder was deleted
        return job
