"""The form of an action, filled in for the chosen pictures, and the screen that shows its answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.app import App

from core.actions.definition import Action
from core.actions.parameters import PicturesParameter, TargetParameter
from core.actions.registry import find
from core.catalog.lookup import file_names
from core.errors import PictoscopeError
from core.filters.saved import SavedFilters
from core.project import Project
from tui.host import host_of
from tui.last_choices import LastChoices
from tui.messages import Failed, NotRead
from tui.screens.base import PictoscopeScreen, needs_text
from tui.vector_jobs import VectorJobs
from tui.waiting import computed
from tui.widgets.form_controls import NAMES_SHOWN, where_to_begin

if TYPE_CHECKING:
    from core.actions.run import Question

_MOST_EXAMPLES = 1_000  # chosen pictures that a form takes as examples; more are a part of the collection to look in


class ActionDialogs:
    """Asks for the parameters of actions, and shows their answers.

    Args:
        app: shows the screens.
        vectors: starts jobs for the vectors that an action lacks.
    """

    def __init__(self, app: App[Any], vectors: VectorJobs) -> None:
        self._app = app
        self._vectors = vectors

    @property
    def _screen(self) -> PictoscopeScreen | None:
        """The current screen, unless it is a dialog."""
        return self._app.screen if isinstance(self._app.screen, PictoscopeScreen) else None

    def begin(self, action: Action[Any], last_choices: LastChoices | None) -> dict[str, Any]:
        """The initial values of an action's form: the last ones, and the pictures that are chosen on the screen now."""
        values: dict[str, Any] = dict(last_choices.of(action)) if last_choices else {}
        screen = self._screen
        subject = screen.subject if screen else ""
        subjects = [field.name for field in action.fields() if isinstance(field, TargetParameter) and subject]
        values |= dict.fromkeys(subjects, subject)
        examples = [field.name for field in action.fields() if isinstance(field, PicturesParameter) and field.chosen]
        if examples and not subjects:
            chosen = screen.chosen if screen and len(screen.chosen_keys) <= _MOST_EXAMPLES else []
            values |= dict.fromkeys(examples, tuple(os.fsdecode(item.picture.path) for item in chosen))
        return values

    def ask(
        self,
        project: Project,
        action: Action[Any],
        values: Mapping[str, Any],
        last_choices: LastChoices | None,
        *,
        again: bool = False,
        begin_at: str = "",
        error: str = "",
    ) -> None:
        """See :meth:`Host.open_form`."""
        from core.actions.action_history import ActionHistory
        from tui.screens.results.action_form import ActionForm, Create, Outcome, Restart
        from tui.widgets.filter_suggester import FilterSuggester, vocabulary

        def answered(result: Outcome | None) -> None:
            if isinstance(result, Create):
                self._vectors.ask(project, for_text=needs_text(action), then=result.question)
            elif isinstance(result, Restart):
                self._vectors.restart(project, result.vec_type, result.question)
            elif result is not None:
                if last_choices:
                    last_choices.remember(action, result.values)
                if again:
                    self._app.pop_screen()
                self.show_answer(project, result, from_form=True)

        screen = self._screen
        begin_at = "vec_type" if again else begin_at
        places, names = screen.places if screen else (), _names(project, action, values)
        form = ActionForm(action, places, values, begin_at=begin_at, error=error, names=names)
        self._app.push_screen(form, answered)

        # The form opens at once, so that it gets what is typed; what it needs from the disk is read afterwards.
        def find_out() -> None:
            try:
                texts, filters = ActionHistory(project).texts(action), list(SavedFilters(project.catalog).all())
                suggester = FilterSuggester(lambda: vocabulary(project))
                statuses, computing = project.statuses(), computed(host_of(self._app).jobs)
                form.post_message(
                    ActionForm.Statuses(statuses, texts, filters=filters, suggester=suggester, computing=computing)
                )
            except (PictoscopeError, OSError) as error:
                if not form.post_message(NotRead(error)):  # it is closed
                    self._app.post_message(Failed(error))

        self._app.run_worker(find_out, thread=True, exclusive=True, group="form")

    def search(self, project: Project, values: Mapping[str, Any], last_choices: LastChoices | None) -> None:
        """Search by text while it is typed."""
        from tui.screens.results.search import SearchScreen

        action = find("text_search")

        def confirmed(question: Question[Any]) -> None:
            if last_choices:
                last_choices.remember(action, question.values)

        def open_form(given: Mapping[str, Any]) -> None:
            self.ask(project, action, given, last_choices)

        within = where_to_begin(action, self._screen.places if self._screen else ())
        self._app.push_screen(SearchScreen(project, {**values, "where": within}, confirmed, open_form))

    def show_answer(
        self, project: Project, question: Question[Any], *, from_form: bool = False, trail: tuple[str, ...] = ()
    ) -> None:
        """Run an action and show its answer on the screen made for it, else on the screen of results."""
        if question.action.name == "duplicates":
            from tui.screens.results.duplicates import DuplicatesScreen

            self._app.push_screen(DuplicatesScreen(project, question, from_form=from_form))
        elif question.action.name == "recommend":
            from tui.screens.results.recommend import RecommendScreen

            self._app.push_screen(RecommendScreen(project, question, from_form=from_form))
        else:
            from tui.screens.results.results import ResultsScreen

            self._app.push_screen(ResultsScreen(project, question, from_form=from_form, trail=trail))


def _names(project: Project, action: Action[Any], values: Mapping[str, Any]) -> dict[str, str]:
    """File names of the few chosen pictures that a form names: they may be given by key."""
    given = [
        str(reference)
        for field in action.fields()
        if isinstance(field, PicturesParameter)
        for reference in (values.get(field.name) or ())[:NAMES_SHOWN]
    ]
    try:
        return file_names(project.catalog, given)
    except PictoscopeError:  # the action says so
        return {}
