"""Jobs: every job with its bar, rate, time left, log, and the workers of a cluster that compute it."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.coordinate import Coordinate
from textual.widgets import Button, DataTable, RichLog, Static

from core.errors import PictoscopeError
from core.jobs.events import EventTail
from core.jobs.job import Job, State
from core.jobs.launch import restart_job
from core.jobs.worker_tallies import KIND as WORKERS
from core.jobs.worker_tallies import worker_tallies
from core.key_hints import with_keys
from core.project import Project
from core.text import clock, count, printable
from core.vectors import vec_types
from tui.advice_by_key import in_app
from tui.messages import Failed, JobsChanged, JobsNotRead
from tui.reading import Reading
from tui.screens.base import PictoscopeScreen, common_bindings
from tui.screens.settings.failures import FailuresScreen
from tui.user_engine import place_of
from tui.widgets.job_workers import JobWorkers
from tui.widgets.keys_footer import KeysFooter
from tui.widgets.progress import MARKS, JobLine, bar, named, standing
from tui.widgets.table import RowTable

_BAR = 10
_NAMES = 1  # the column of names
_NAME = 16  # cells that it has at the least
_WIDEST = 20  # cells; what a worker says of itself may be longer, and is cut at the edge
_PADDING = 2  # cells of a column

_NO_JOBS = "no jobs yet · enter creates vectors, which is a job"


class JobsScreen(PictoscopeScreen):
    """Every job of the project, the newest first."""

    BINDINGS = [
        Binding("x", "cancel", "Cancel job"),
        Binding("R", "restart", "Restart"),
        Binding("f", "failures", "Failed"),
        Binding("escape", "app.leave", "Back", show=False),
        *common_bindings("J"),
    ]

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._jobs: list[Job] = []
        self._reading = Reading("looking for jobs")
        self._shown = ""
        self._tail: EventTail | None = None
        self._ended = False  # whether the log says how the job ended

    @property
    def resumes_as(self) -> tuple[str, str]:
        return "jobs", ""

    def compose(self) -> ComposeResult:
        """Table, buttons, workers of a cluster, log."""
        yield Static(Text(" Jobs", "bold"), id="header")
        yield RowTable("jobs-table", show_header=False, reading=self._reading)
        with Horizontal(classes="buttons left"):
            yield Button(with_keys("Cancel  {jobs.cancel-job}"), id="cancel", compact=True)
            yield Button(with_keys("Restart  {jobs.restart}"), id="restart", compact=True)
            yield Button(with_keys("Failed pictures  {jobs.failed}"), id="failures", compact=True)
        yield JobWorkers(id="workers")
        log = RichLog(id="log", wrap=True, markup=False, highlight=False, max_lines=5_000, min_width=1)
        log.border_title = "log"
        yield log
        yield JobLine()
        yield KeysFooter()

    def on_mount(self) -> None:
        """Columns of steady width: nothing jumps while numbers grow."""
        table = self.query_one(DataTable)
        for name, width in (
            ("state", 1),
            ("vec type", None),
            ("bar", _BAR),
            ("done", None),
            ("failed", None),
            ("standing", None),
        ):
            table.add_column(name, width=width)
        table.focus()

    def on_jobs_not_read(self, message: JobsNotRead) -> None:
        """Say so where the list would stand; what was listed before stays."""
        before = self._reading.words
        self._reading.failed(message.error)
        if self._reading.words != before:
            self._follow()

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """Show where each stands."""
        self._reading.came()
        table: DataTable[Text] = self.query_one(DataTable)
        rows = _rows(message.jobs, self.app.size.width)
        if [job.id for job in message.jobs] != [job.id for job in self._jobs]:
            newest_is_new = bool(message.jobs) and message.jobs[0].id not in {job.id for job in self._jobs}
            kept = table.cursor_row
            table.clear()
            for job, cells in zip(message.jobs, rows, strict=True):
                table.add_row(*cells, key=job.id)
            if message.jobs:
                table.move_cursor(row=0 if newest_is_new else min(kept, len(message.jobs) - 1), animate=False)
        else:
            self._update(rows)
        self._jobs = message.jobs
        self._follow()

    def on_resize(self) -> None:
        """Names get the room there is, and the log is written again: its lines are as long as it was wide."""
        self._update(_rows(self._jobs, self.app.size.width))
        self._shown = ""
        self.call_after_refresh(self._follow)

    def _update(self, rows: list[list[Text]]) -> None:
        table: DataTable[Text] = self.query_one(DataTable)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                table.update_cell_at(Coordinate(row, column), cell, update_width=True)

    def on_data_table_row_highlighted(self) -> None:
        """The log of another job."""
        self._follow()

    def on_row_table_entered_empty(self) -> None:
        """Enter where there are no jobs starts one."""
        self.host.action_create_vectors()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "cancel":
            self.action_cancel()
        elif event.button.id == "restart":
            self.action_restart()
        else:
            self.action_failures()

    def action_cancel(self) -> None:
        """Let the job finish its batch and stop; one that makes a map stops at once."""
        job = self._current()
        if job is None:
            self.notify(self._no_job, markup=False)
            return
        try:
            job.cancel()
            how = "stopping · Restart begins again" if job.map_task else "stopping after this batch · Restart resumes"
            self.notify(how, markup=False)
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def action_restart(self) -> None:
        """Compute what the job's vec types lack, or make its map again."""
        job = self._current()
        if job is None:
            self.notify(self._no_job, markup=False)
            return
        try:
            if job.map_task:
                from core.maps.job import start_map

                start_map(self._project, job.map_task)
            else:
                self._restart_vectors(job)
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))

    def _restart_vectors(self, job: Job) -> None:
        """Where the job ran, if that is this machine or the engine of the user's settings; else on this machine."""
        place = place_of(job)
        restart_job(self._project, job, place.engine)
        if place.note:
            self.notify(place.note, markup=False)

    def action_failures(self) -> None:
        """What could not be read, by the vec types of the job."""
        job = self._current()
        if job is not None and job.map_task:
            self.notify("a map is made of vectors: it reads no pictures that could fail", markup=False)
            return
        there = set(vec_types.names(self._project.vectors_folder))
        wanted = [name for name in (job.vec_types if job else ()) if name in there]
        self.app.push_screen(FailuresScreen(self._project, wanted))

    def _current(self) -> Job | None:
        row = self.query_one(DataTable).cursor_row
        return self._jobs[row] if 0 <= row < len(self._jobs) else None

    @property
    def _no_job(self) -> str:
        return self._reading.words or _NO_JOBS

    def _follow(self) -> None:
        job = self._current()
        log = self.query_one(RichLog)
        running = job is not None and job.state is State.RUNNING
        self.query_one("#cancel", Button).disabled = not running
        self.query_one("#restart", Button).disabled = job is None or running
        if job is None:
            log.border_title = self._no_job
            self.query_one(JobWorkers).show(())
            return
        if job.id != self._shown:
            self._shown, self._tail, self._ended = job.id, EventTail(job.folder), False
            log.clear()
            log.border_title = Text(f"log of {named(job)}")
            self.query_one(JobWorkers).show(())
        events = self._tail.new() if self._tail else []
        if counted := next((event for event in reversed(events) if event.kind == WORKERS), None):
            self.query_one(JobWorkers).show(worker_tallies(counted))
        for event in events:
            if event.kind == "log":
                text = in_app(printable(str(event.values.get("text", ""))))
                log.write(_log_line(clock(event.time), text))
        if not running and not self._ended:
            self._ended = True
            rest = "makes it from the start" if job.map_task else "resumes"
            more = "" if job.state is State.DONE else with_keys(" · {jobs.restart} ") + rest
            log.write(Text(in_app(standing(job)) + more, "bold"))  # whole: the table has no room for it


def _log_line(when: str, text: str) -> Table:
    """What was said, beside when: what does not fit the line goes on below its beginning."""
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(Text(when, "dim"), Text(text))
    return line


def _rows(found: list[Job], width: int) -> list[list[Text]]:
    """The table's cells. Names get what the other columns leave of ``width``."""
    rows = [_cells(job) for job in found]
    if rows:
        besides = sum(min(_WIDEST, max(cell.cell_len for cell in column)) for column in zip(*rows, strict=True))
        room = max(_NAME, width - besides - _PADDING * len(rows[0]) - 1)
        for job, cells in zip(found, rows, strict=True):
            cells[_NAMES] = Text(named(job, room), "bold")
    return rows


def _cells(job: Job) -> list[Text]:
    seen = job.done + job.failed
    return [
        Text(MARKS[job.state], "bold"),
        Text(),
        Text(bar(seen, job.total, _BAR)),
        Text(f"{count(job.done)} of {count(job.total)}{job.unit}" if job.total else "", justify="right"),
        Text(f"{count(job.failed)} failed" if job.failed else ""),
        Text(standing(job) if job.state in (State.RUNNING, State.DONE) else str(job.state)),
    ]
