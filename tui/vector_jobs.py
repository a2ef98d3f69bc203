"""Starting jobs that compute vectors, from anywhere in the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import App

from core.errors import PictoscopeError, TooFewVectors, VectorsMissing
from core.jobs.job import Job
from core.key_hints import with_keys
from core.models.catalogue import find
from core.project import Project
from core.text import printable
from core.vectors.vec_type import VecType
from tui.host import host_of
from tui.messages import VectorsChanged
from tui.scanning import is_scanning
from tui.screens.base import PictoscopeScreen, needs_text
from tui.waiting import WaitingQuestions
from tui.widgets.progress import named

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.run import Question
    from tui.screens.settings.create_vectors import VectorsRequest

_FIRST_MODELS = ("effnet-lite0", "conse")  # in the package: similar pictures, and search by words


class VectorJobs:
    """Starts the jobs that compute vectors.

    Args:
        app: shows the dialogs and notifications.
        started: called after a job was started or could not be.
    """

    def __init__(self, app: App[Any], started: Callable[[], None]) -> None:
        self._app = app
        self._started = started
        self.waiting = WaitingQuestions()

    def ask(self, project: Project, *, for_text: bool = False, then: Question[Any] | None = None) -> None:
        """Ask what to create.

        Args:
            project: whose pictures are looked at.
            for_text: preselect a model that reads text.
            then: a question that waits for these vectors; it is asked when they are there.
        """
        from core.vectors import vec_types
        from tui.screens.settings.create_vectors import CreateVectors
        from tui.user_engine import user_engine

        def answered(wanted: VectorsRequest | None) -> None:
            if wanted is not None:
                self._create(project, wanted, then)

        try:
            existing = vec_types.names(project.vectors_folder)
            pictures = project.catalog.count()
        except (PictoscopeError, OSError) as error:
            host_of(self._app).tell(error)
            return
        if not pictures and is_scanning(self._app):
            self._app.notify("still looking for pictures: create vectors when the first are found", markup=False)
            return
        form = CreateVectors(pictures, existing, needs_text=for_text, engine=user_engine())
        self._app.push_screen(form, answered)

    def offer_first(self, project: Project, pictures: int) -> None:
        """After the first scan, offer to compute vectors with the models that need no download."""
        from core.models import rates
        from core.models.options import LoadOptions
        from core.vectors import vec_types
        from tui.screens.dialogs.first_run import Chosen, FirstRun
        from tui.screens.settings.create_vectors import VectorsRequest

        models = [VecType(model) for model in _FIRST_MODELS if find(model).available]

        def answered(chosen: Chosen | None) -> None:
            if chosen == "prepare":
                self._create(project, VectorsRequest(tuple(models), LoadOptions()))
            elif chosen == "choose":
                self.ask(project)

        on_top = next(reversed(self._app.screen_stack), None)  # not over a dialog: a key meant for it would answer
        if models and isinstance(on_top, PictoscopeScreen) and not vec_types.names(project.vectors_folder):
            self._app.push_screen(FirstRun(pictures, [model.name for model in models], rates.known()), answered)

    def restart(self, project: Project, vec_type: str, then: Question[Any] | None = None) -> None:
        """Compute the missing vectors. ``then``: a question that is asked when they are there."""
        from tui.restarting import restart

        def work() -> Job:
            (restarted,) = restart(project, vec_type)
            if restarted.note:
                self._app.notify(restarted.note, markup=False)
            return restarted.job

        self._start(work, with_keys("resuming · {jobs} shows the job"), then)

    def offer(self, project: Project, error: VectorsMissing, question: Question[Any]) -> None:
        """Let a question wait for the job that computes what it lacks.

        If none does, offer Restart if only some vectors are missing, else Create; it waits for what is started then.
        """
        from tui.screens.dialogs.dialogs import Confirm

        if not isinstance(error, TooFewVectors):
            self.ask(project, for_text=needs_text(question.action), then=question)
            return
        if job := self.waiting.add(question, error, host_of(self._app).jobs):
            self._say_waits(question, job)
            return
        vec_type = error.vec_type
        if VecType.parse(vec_type).is_imported:  # no job computes them
            host_of(self._app).tell(error)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.restart(project, vec_type, question)

        self._app.push_screen(Confirm(f"{error.message}. Restart {vec_type} now?", "Restart", loses=False), answered)

    def _create(self, project: Project, wanted: VectorsRequest, then: Question[Any] | None = None) -> None:
        from core.jobs.launch import create_vectors

        if then is not None:
            then = _by_created(then, wanted.vec_types)

        self._start(
            lambda: create_vectors(
                project, *wanted.vec_types, options=wanted.options, sample=wanted.sample, engine=wanted.engine
            ),
            with_keys("started · keeps running when you quit · {jobs} shows the job"),
            then,
        )
        host_of(self._app).broadcast(VectorsChanged)

    def _start(self, work: Callable[[], Job], words: str, then: Question[Any] | None) -> None:
        try:
            job = work()
        except (PictoscopeError, OSError) as error:
            host_of(self._app).tell(error)
        else:
            self._app.notify(f"{named(job)}: {words}", markup=False)
            if then is not None:
                self.waiting.add_for(then, job)
                self._say_waits(then, job)
        self._started()

    def _say_waits(self, question: Question[Any], job: Job) -> None:
        title = printable(question.action.title)
        self._app.notify(f"{title} waits for {named(job)} and is asked when that is done", markup=False)


def _by_created(question: Question[Any], created: Sequence[VecType]) -> Question[Any]:
    """The question, asked with one of the vec types that are created: it may have named another."""
    able = [one.name for one in created if one.spec.text or not needs_text(question.action)]
    if not able or question.values.get("vec_type") in able or question.action.field_named("vec_type") is None:
        return question
    return question.with_values({"vec_type": able[0]})
