"""The measuring behind Compare: in a thread, with progress, stopped and started again; and what changes meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.message import Message

from core.actions.definition import Context
from core.comparison.comparison import Comparison, Measure, compare
from core.comparison.known_texts import text_sources
from core.comparison.labelling import sources
from core.errors import Cancelled, PictoscopeError, TooFewVectors
from core.project import Project
from core.unexpected import bugs_as_errors
from core.vectors.vec_types import VecTypeStatus
from tui.messages import JobsChanged, LabelsChanged, VectorsChanged, refused
from tui.newest import read_newest
from tui.screens.base import PictoscopeScreen
from tui.screens.compare.compare_choices import CompareChoices
from tui.screens.compare.compare_words import changed_since

WithStatuses = Callable[[Sequence[VecTypeStatus], Sequence[str], Sequence[str]], None]


class MeasuringScreen(PictoscopeScreen):
    """Compares vec types; classes made from it show what was found.

    Args:
        project: whose vec types are compared.
    """

    @dataclass
    class _Doing(Message):
        run: threading.Event
        text: str

    @dataclass
    class _Compared(Message):
        run: threading.Event
        found: Comparison
        default: str
        going_on: bool

    @dataclass
    class _NoComparison(Message):
        run: threading.Event
        error: PictoscopeError

    @dataclass
    class _Statuses(Message):
        statuses: Sequence[VecTypeStatus]
        then: WithStatuses | None
        sources: Sequence[str]
        texts: Sequence[str]
        default: str

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._choices = CompareChoices()
        self._stop = threading.Event()
        self._doing = ""
        self._found: Comparison | None = None
        self._failure: PictoscopeError | None = None
        self._since = ""  # what has changed since it was measured
        self._labels_changed = False  # since then

    @property
    def comparison(self) -> Comparison | None:
        """The comparison on show; None before the first."""
        return self._found

    @property
    def is_measuring(self) -> bool:
        """Whether more is to come."""
        return bool(self._doing)

    def _show(self) -> None:
        """Show where it stands."""
        raise NotImplementedError

    def _show_doing(self) -> None:
        """Say what the measurement is doing."""
        raise NotImplementedError

    def _show_measured(self, found: Comparison, default: str) -> None:
        """Show what was found. ``default``: name of the default vec type."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """Who leaves does not want the answer."""
        self._stop.set()

    # -- measuring ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._stop.set()  # the one before, should it still run
        self._stop = stop = threading.Event()
        self._doing, self._failure, self._since = "reading vectors", None, ""
        self._labels_changed = False
        context = Context(
            self._project, self.host.encoder, stop, lambda text: self._post_unless(stop, self._Doing(stop, text))
        )
        choices = self._choices

        def work() -> None:
            try:
                with bugs_as_errors():
                    self._measure(context, choices)
            except Cancelled:
                return
            except (PictoscopeError, OSError) as error:
                known = error if isinstance(error, PictoscopeError) else refused(error)
                self._post_unless(stop, self._NoComparison(stop, known))

        self.run_worker(work, thread=True, group="compare")
        self._show()

    def _measure(self, context: Context, choices: CompareChoices) -> None:
        """Measure in a thread. Without labels what takes seconds is shown before models are loaded."""

        def show(found: Comparison, *, going_on: bool) -> None:
            default = self._project.settings.default_vec_type
            self._post_unless(context.stop, self._Compared(context.stop, found, default, going_on))

        at_once = {Measure.LABELS} if choices.measures is None else choices.measures
        found = compare(context, choices.names, choices.by, measures=at_once, texts=choices.texts)
        more = choices.measures is None and found.by_labels is None
        show(found, going_on=more)
        if more:
            show(compare(context, choices.names, choices.by), going_on=False)

    def _post_unless(self, stop: threading.Event, message: Message) -> None:
        if not stop.is_set():
            self.post_message(message)

    def on_measuring_screen__doing(self, message: _Doing) -> None:
        """Say what the measurement is doing."""
        message.stop()
        if message.run is self._stop:
            self._doing = message.text
            self._show_doing()

    def on_measuring_screen__compared(self, message: _Compared) -> None:
        """Show what has been measured so far."""
        message.stop()
        if message.run is self._stop:
            self._found = message.found
            self._doing = self._doing if message.going_on else ""
            self._show_measured(message.found, message.default)
            self._look_again()

    def on_measuring_screen__no_comparison(self, message: _NoComparison) -> None:
        """Say why, and what to do; what was measured before stays."""
        message.stop()
        if message.run is not self._stop:
            return
        self._doing, self._failure = "", message.error
        if self._found is not None:
            self.host.tell(message.error)
            self._failure = None
        self._show()

    def action_again(self) -> None:
        """Measure again, with what was asked for."""
        self._run()

    def action_cancel(self) -> None:
        """Stop measuring."""
        self._stop.set()
        self._doing = ""
        self._show()

    # -- what changes meanwhile -----------------------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Vec types may have been created or deleted."""
        self._look_again()

    def on_vectors_changed(self, message: VectorsChanged) -> None:
        """Another default, or others to compare."""
        self._look_again()

    def on_jobs_changed(self, message: JobsChanged) -> None:
        """A job may have changed what was measured."""
        self._look_again()

    def on_labels_changed(self, message: LabelsChanged) -> None:
        """What was measured against labels or judgements may not be so any more."""
        self._labels_changed = True
        self._look_again()

    def _look_again(self) -> None:
        self._read_statuses(None)

    def _read_statuses(self, then: WithStatuses | None) -> None:
        project = self._project

        def read() -> Message:
            statuses, default = project.statuses(), project.settings.default_vec_type
            return self._Statuses(statuses, then, sources(project), text_sources(project), default)

        if then is None:
            read_newest(self, read, group="look")
        else:
            read_newest(self, read, group="form", only_last=True)

    def on_measuring_screen__statuses(self, message: _Statuses) -> None:
        """Say what has changed since; where there was too little to compare, there may be enough now."""
        message.stop()
        if message.then:
            message.then(message.statuses, message.sources, message.texts)
            return
        if self._found is not None:
            self._since = changed_since(self._found, message.statuses, labels=self._labels_changed)
            self._show_measured(self._found, message.default)
        able = [one for one in message.statuses if one.done and not one.problem]
        if isinstance(self._failure, TooFewVectors) and len(able) > 1 and not self._choices.names and not self._doing:
            self._run()
