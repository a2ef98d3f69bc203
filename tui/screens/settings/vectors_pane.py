"""Settings, Vectors: the table of vec types and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import Literal, TypeVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Button, DataTable, Static

from core.errors import PictoscopeError
from core.jobs.job import Job, State, latest_job
from core.jobs.launch import delete_vectors, recreate_vectors
from core.key_hints import key_for, with_keys
from core.project import Project
from core.text import byte_size, count, printable
from core.vectors.vec_types import VecTypeStatus, how_to_complete
from core.vectors.verification import Verification, repair, verify
from tui.advice_by_key import in_app
from tui.host import host_of
from tui.messages import Failed, NotRead, VectorsChanged
from tui.newest import read_newest
from tui.reading import Reading
from tui.restarting import restart
from tui.screens.dialogs.dialogs import Confirm
from tui.screens.settings.failures import FailuresScreen
from tui.widgets.button_row import ButtonRow
from tui.widgets.progress import MARKS, standing
from tui.widgets.table import RowTable

_COLUMNS = ("", "vec type", "model", "grey", "dim", "done / total", "failed", "size", "")
_MODEL, _GREY, _DIM = 2, 3, 4  # left out where there is little room: the vec type's name says it, or nobody asks
_WIDE, _NARROW = 100, 70
_NO_VECTORS = "No vectors yet. Enter or {settings.create} creates some with a model that looks at every picture."
_BUTTONS = (
    ("create", "Create new vectors  {settings.create}"),
    ("restart", "Restart  {vectors-pane.restart}"),
    ("default", "Set default  {vectors-pane.default}"),
    ("verify", "Verify  {vectors-pane.verify}"),
    ("failures", "Failed pictures  {vectors-pane.failed}"),
    ("delete", "Delete  {vectors-pane.delete}"),
)


_T = TypeVar("_T")


class VectorsPane(Vertical):
    """The table, the buttons, and a line that says what Restart would do."""

    BINDINGS = [
        Binding("R", "press('restart')", "Restart"),
        Binding("D", "press('default')", "Default"),
        Binding("V", "press('verify')", "Verify", show=False),
        Binding("F", "press('failures')", "Failed"),
        Binding("X,delete", "press('delete')", "Delete"),
    ]

    class _Loaded(Message):
        def __init__(self, statuses: list[VecTypeStatus]) -> None:
            super().__init__()
            self.statuses = statuses

    class _Verified(Message):
        def __init__(self, name: str, result: Verification | None) -> None:
            super().__init__()
            self.name = name
            self.result = result  # None where it was stopped, or could not be done

    class _Repaired(_Verified):
        pass

    class _Read(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._statuses: list[VecTypeStatus] = []
        self._read_state = Reading("reading which vectors there are")
        self._jobs: list[Job] | None = None  # until they are known
        self._reading = ""  # what Verify does; empty for nothing
        self._stop_reading = Event()

    def compose(self) -> ComposeResult:
        """Table, buttons, remark."""
        yield RowTable("vectors-table", reading=self._read_state)
        with ButtonRow(classes="buttons left"):
            for name, label in _BUTTONS:
                variant: Literal["primary", "default"] = "primary" if name == "create" else "default"
                yield Button(with_keys(label), id=name, variant=variant, compact=True)
        yield Static(id="vectors-remark", markup=False)

    def on_mount(self) -> None:
        """Headers now, rows when they have been read."""
        self.reload()

    def on_resize(self) -> None:
        """Columns for the width there is."""
        self._fill()

    def reload(self) -> None:
        """Read how complete each vec type is."""
        read_newest(self, lambda: self._Loaded(self._project.statuses()), group="vectors", failed=NotRead)

    def show_jobs(self, jobs: list[Job]) -> None:
        """What runs is shown in the table; counts are read again while something does."""
        changed = self._jobs is None or [(job.id, job.state, job.done, job.failed) for job in jobs] != [
            (job.id, job.state, job.done, job.failed) for job in self._jobs or ()
        ]
        self._jobs = jobs
        if changed:
            self.reload()
            self._fill()
        else:
            self._remark()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.press(event.button.id or "")

    def on_row_table_entered_empty(self) -> None:
        """Enter where there are no vectors creates some."""
        self.press("create")

    def action_press(self, name: str) -> None:
        """A key does what the button of this name does."""
        self.press(name)

    def press(self, name: str) -> None:
        """Do what the button of this name says."""
        status = self._current()
        if name == "create":
            host_of(self).action_create_vectors()
        elif name == "failures":
            self.app.push_screen(FailuresScreen(self._project, [status.vec_type.name] if status else []))
        elif status is None:
            self.app.notify(self._read_state.words or with_keys(_NO_VECTORS), markup=False)
        elif name == "restart":
            self._restart_or_ask(status)
        elif name == "default":
            self._try(lambda: self._set_default(status.vec_type.name))
        elif name == "verify":
            self._verify(status.vec_type.name)
        elif name == "delete":
            self._delete(status)

    def on_not_read(self, message: NotRead) -> None:
        """Say so where the rows would stand."""
        self._read_state.failed(message.error)
        self._remark()

    def on_vectors_pane__loaded(self, message: _Loaded) -> None:
        """Show the rows that were read."""
        message.stop()
        self._statuses = message.statuses
        self._read_state.came()
        self._fill()

    def _fitting(self, cells: Sequence[_T]) -> list[_T]:
        width = self.app.size.width
        left_out = () if width >= _WIDE else (_MODEL,) if width >= _NARROW else (_MODEL, _GREY, _DIM)
        return [cell for number, cell in enumerate(cells) if number not in left_out]

    def _fill(self) -> None:
        table: DataTable[Text] = self.query_one(DataTable)
        row = table.cursor_row
        table.clear(columns=True)
        titles = self._fitting(_COLUMNS)
        lines = [self._fitting(self._cells(status)) for status in self._statuses]
        for column, title in enumerate(titles):
            # Given, not found out by Textual: that comes after the cells were drawn, and cuts them on a resize.
            table.add_column(title, width=max([cell_len(title), *(line[column].cell_len for line in lines)]))
        for status, line in zip(self._statuses, lines, strict=True):
            table.add_row(*line, key=status.vec_type.name)
        if self._statuses:
            table.move_cursor(row=min(row, len(self._statuses) - 1), animate=False)
        self._remark()

    def _cells(self, status: VecTypeStatus) -> list[Text]:
        job = latest_job(self._jobs or [], status.vec_type.name)
        state = Text("")
        if status.problem:
            state = Text("✗ cannot be read", "bold")
        elif status.vec_type.is_imported:
            state = Text("imported")
        elif job and job.state is not State.DONE:
            state = Text(f"{MARKS[job.state]} {job.state}")
        elif not status.complete and self._jobs is not None:
            state = Text("■ incomplete")
        return [
            Text("★" if status.default else " "),
            Text(status.vec_type.name, "bold"),
            Text(status.vec_type.model),
            Text("yes" if status.vec_type.greyscale else "–"),
            Text(str(status.dim), justify="right"),
            Text(status.coverage, justify="right"),
            Text(count(status.failed), justify="right"),
            Text(byte_size(status.size), justify="right"),
            state,
        ]

    def _remark(self) -> None:
        status = self._current()
        text = self._read_state.words or with_keys(_NO_VECTORS)
        if self._reading:
            text = self._reading
        elif status:
            text = self._remark_on(status)
        self.query_one("#vectors-remark", Static).update(text)

    def _remark_on(self, status: VecTypeStatus) -> str:
        name, left = status.vec_type.name, status.total - status.done
        job = latest_job(self._jobs or [], name)
        if status.problem:
            return f"{name} cannot be read: {printable(status.problem)}"
        if job and job.state is State.RUNNING:
            return f"{name} is being computed: {standing(job)}. {key_for('jobs')} shows the job."
        if not left:
            return f"{name} is complete."
        if status.vec_type.is_imported:
            return f"{name} lacks {count(left, 'picture')}: {in_app(how_to_complete(status.vec_type))}"
        if self._jobs is None:  # one of them may compute these
            return f"{name} lacks {count(left, 'picture')}."
        if changed := self._changed(name):
            return f"{name}: {printable(changed.error)}. {key_for('vectors-pane.restart')} offers to recreate them."
        if job and job.state is State.FAILED:
            hint = f" ({printable(in_app(job.hint))})" if job.hint else ""
            failure = f"{name} lacks {count(left, 'picture')}: the job failed: {printable(job.error)}{hint}."
            return failure + with_keys(" {vectors-pane.restart} tries again.")
        if not status.failed:
            return f"{name} lacks {count(left, 'picture')}: Restart resumes."
        which = "" if left == status.failed else f", {count(status.failed)} of them"
        unread = f"{name} lacks {count(left, 'picture')}{which} because they could not be read"
        return unread + with_keys(": {vectors-pane.failed} says why, Restart tries again.")

    def on_data_table_row_highlighted(self) -> None:
        self._remark()

    def _current(self) -> VecTypeStatus | None:
        row = self.query_one(DataTable).cursor_row
        return self._statuses[row] if 0 <= row < len(self._statuses) else None

    def _changed(self, name: str) -> Job | None:
        """The last job, if it ended because the model is not that of the rows: of these, not of others in the job."""
        job = latest_job(self._jobs or [], name)
        return job if job and job.model_changed and job.vec_types == (name,) else None

    def _restart_or_ask(self, status: VecTypeStatus) -> None:
        name = status.vec_type.name
        job = self._changed(name)
        if job is None:
            complete = not status.problem and status.done >= status.total
            self._restart(name, "is complete: looking for new pictures" if complete else "resumes")
            return

        def answer(yes: bool | None) -> None:
            if yes:
                self._try(lambda: self._recreate(name))

        question = (
            f"{name}: {job.error}. Recreate them? {count(status.done, 'row')} would be deleted and computed again "
            "by the installed model. Otherwise they stay: pictures added since have no vectors, nothing can "
            "be searched by a phrase or an outside file, and once the old model is back, R in Jobs (J) resumes."
        )
        self.app.push_screen(Confirm(question, "Recreate"), answer)

    def _recreate(self, name: str) -> None:
        recreate_vectors(self._project, name)
        self.app.notify(f"{name}: recreating · {key_for('jobs')} shows the job", markup=False)

    def _restart(self, name: str, doing: str = "resumes") -> None:
        def work() -> None:
            (restarted,) = restart(self._project, name)
            self.app.notify(f"{name} {doing} · {key_for('jobs')} shows the job", markup=False)
            if restarted.note:
                self.app.notify(restarted.note, markup=False)

        self._try(work)

    def _set_default(self, name: str) -> None:
        self._project.update_settings(lambda settings: replace(settings, default_vec_type=name))
        self.app.notify(f"{name} is the default vec type now", markup=False)

    def _delete(self, status: VecTypeStatus) -> None:
        name = status.vec_type.name

        def answer(yes: bool | None) -> None:
            if yes:
                self._try(lambda: self._delete_now(name))

        rows = count(status.done, "row")
        again = "imported" if status.vec_type.is_imported else "computed"
        question = f"Delete the vec type {name}? {rows} would have to be {again} again. The pictures stay."
        self.app.push_screen(Confirm(question, "Delete"), answer)

    def _delete_now(self, name: str) -> None:
        delete_vectors(self._project, name)
        self.app.notify(f"deleted {name}", markup=False)

    # -- verify ---------------------------------------------------------------------------------------------------

    def _verify(self, name: str) -> None:
        """Read every row in a thread; the same key stops it."""
        if self._reading:
            self._stop_reading.set()
            return
        self._stop_reading = stop = Event()
        self._show_reading(f"{name}: reading every row · {key_for('vectors-pane.verify')} stops")
        folder = self._project.vectors_folder / name

        def work() -> None:
            result = None
            try:
                verification = verify(
                    folder,
                    lambda done, total: self._tell_read(name, done, total, with_keys(" · {vectors-pane.verify} stops")),
                    stop,
                )
                result = None if stop.is_set() else verification
            except (PictoscopeError, OSError) as error:
                self.post_message(Failed(error))
            self.post_message(self._Verified(name, result))

        self.run_worker(work, thread=True, group="verify")

    def _repair(self, name: str) -> None:
        """Discard damaged rows in a thread, then compute them again."""
        self._show_reading(f"{name}: repairing damaged rows")
        folder = self._project.vectors_folder / name

        def work() -> None:
            result = None
            try:
                result = repair(folder, lambda done, total: self._tell_read(name, done, total))
            except (PictoscopeError, OSError) as error:
                self.post_message(Failed(error))
            self.post_message(self._Repaired(name, result))

        self.run_worker(work, thread=True, group="verify")

    def _tell_read(self, name: str, done: int, total: int, more: str = "") -> None:
        self.post_message(self._Read(f"{name}: {count(done)} of {count(total, 'row')} read{more}"))

    def _show_reading(self, text: str) -> None:
        """What is being read, in place of the remark; empty when it is over."""
        self._reading = text
        self.query_one("#verify", Button).label = with_keys(
            "Stop  {vectors-pane.verify}" if text else dict(_BUTTONS)["verify"]
        )
        self._remark()

    def on_vectors_pane__read(self, message: _Read) -> None:
        """Say how many rows have been read."""
        message.stop()
        if self._reading:
            self._reading = message.text
            self._remark()

    def on_vectors_pane__repaired(self, message: _Repaired) -> None:
        """Compute the discarded rows again."""
        message.stop()
        self._show_reading("")
        if message.result and message.result.bad:
            self._restart(message.name)
        elif message.result:
            self.app.notify(f"{message.name}: repaired, no damaged rows left", markup=False)

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self._stop_reading.set()

    def on_vectors_pane__verified(self, message: _Verified) -> None:
        """Say what was found; offer to take damaged rows back."""
        message.stop()
        self._show_reading("")
        if message.result is None:
            return
        rows, bad, codes = message.result.rows, len(message.result.bad), message.result.wrong_codes
        if not bad and not codes:
            self.app.notify(f"{message.name}: {count(rows, 'row')}, all intact", markup=False)
            return

        def answer(yes: bool | None) -> None:
            if yes:
                self._repair(message.name)

        verb = "is" if bad == 1 else "are"
        what = "it" if bad == 1 else "them"
        question = f"{message.name}: {count(bad)} of {count(rows, 'row')} {verb} damaged. Compute {what} again?"
        if not bad:
            verb = "is" if codes == 1 else "are"
            question = (
                f"{message.name}: all rows are intact, but {count(codes, 'code')} {verb} wrong. "
                "Delete all codes? Answers stay the same; where rows exceed memory, they take longer."
            )
        self.app.push_screen(Confirm(question, "Repair", loses=False), answer)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (PictoscopeError, OSError) as error:
            self.post_message(Failed(error))
        host_of(self).broadcast(VectorsChanged)
