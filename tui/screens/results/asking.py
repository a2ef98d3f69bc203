"""How the question of a screen of results is asked, shown, changed, and taken back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from textual.message import Message

from core.actions.answer import Answer
from core.actions.definition import Context
from core.actions.parameters import LIKE, PicturesParameter, TextParameter
from core.actions.run import Question
from core.catalog.lookup import file_names
from core.comparison.shared_question import SharedQuestion
from core.errors import PictoscopeError, UsageError
from core.project import Project
from core.text import printable
from tui.messages import Answered, Failed
from tui.newest import read_newest
from tui.screens.grid_screen import GridScreen
from tui.screens.question_screen import QuestionScreen
from tui.widgets.question_line import Example, QuestionLine

_EXAMPLES = 100  # pictures of a question that are shown one by one


class AskingScreen(GridScreen, QuestionScreen):
    """Asks in a thread, which posts :class:`Answered`. ``+`` and ``-`` ask again with other pictures, undo goes back.

    Args:
        project: that is asked about.
        question: that is asked.
        from_form: whether a form asked it.
        trail: names of the groups that the question looks within, the outermost first.
    """

    class _NoAnswer(Failed):
        """The action could not be done."""

    class _Doing(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self, project: Project, question: Question[Any], *, from_form: bool = False, trail: tuple[str, ...] = ()
    ) -> None:
        super().__init__(project, question, from_form=from_form)
        self._trail = trail
        self._action = question.action
        self._earlier: list[Question[Any]] = []  # before each + and -
        self._answer: Answer | None = None
        self._doing = ""

    # -- the question ---------------------------------------------------------------------------------------------

    @property
    def awaited(self) -> str:
        return self.grid.empty if self._answer is None else ""

    @property
    def _no_answer_yet(self) -> str:
        """Why a key that needs an answer does nothing."""
        return "still searching" if self._doing else self.awaited

    def action_refine(self, role: str) -> None:
        """Rank again: more like these pictures, or less."""
        field = next(
            field for field in self._action.fields() if isinstance(field, PicturesParameter) and field.role == role
        )
        before = [str(reference) for reference in self._question.values.get(field.name) or ()]
        added = [key.hex() for key in self.chosen_keys]
        if self._answer is None:
            self.notify(self._no_answer_yet, markup=False)
            return
        if not added:
            self.nothing_chosen()
            return
        more = (*before, *(key for key in added if key not in before))
        self._change_question({field.name: more})
        grid = self.grid
        if grid.selected:
            grid.action_clear_selection()

    def _change_question(self, values: dict[str, Any]) -> None:
        """Ask with other values; undo goes back.

        Raises:
            UsageError: of the values.
        """
        changed = self._question.with_values(values)
        self._earlier.append(self._question)
        self._question = changed
        self._run()

    def on_question_line_removed(self, message: QuestionLine.Removed) -> None:
        """Rank again without this picture."""
        example = message.example
        left = [one for one in self._question.values.get(example.field) or () if str(one) != example.reference]
        try:
            self._change_question({example.field: tuple(left)})
        except UsageError:
            self.notify("the question needs at least one picture", markup=False)

    @property
    def shared_question(self) -> SharedQuestion | None:
        """The selected pictures, else the pictures or the text of the question."""
        if chosen := super().shared_question:
            return chosen
        liked = [
            str(reference)
            for field in self._action.fields()
            if isinstance(field, PicturesParameter) and field.role == LIKE
            for reference in self._question.values.get(field.name) or ()
        ]
        pictures, text = tuple(liked), str(self._question.values.get("text") or "")
        if text:
            return SharedQuestion(text=text)
        return SharedQuestion(pictures) if pictures else None

    def action_undo_refine(self) -> None:
        """As it was before the last + or -; where there was none, what was decided last."""
        if self._earlier:
            self._question = self._earlier.pop()
            self._run()
        else:
            self.host.action_undo()

    def _show_question(self) -> None:
        """The pictures of the question, and its text with them: alone it stands in the title."""
        given = [
            (field.name, "+" if field.role == LIKE else "-", str(reference))
            for field in self._action.fields()
            if isinstance(field, PicturesParameter) and field.role
            for reference in self._question.values.get(field.name) or ()
        ]
        names = self._names([reference for _, _, reference in given[:_EXAMPLES]])
        examples = [Example(*one, name) for one, name in zip(given, names, strict=False)]
        text = self.question_text if given else ""
        more, within = len(given) - len(examples), "" if self._trail else self.within
        self.query_one(QuestionLine).show(text, examples, more=more, trail=self._trail, within=within)

    @property
    def question_text(self) -> str:
        """The text that the question line shows."""
        return next(
            (
                str(self._question.values.get(field.name) or "")
                for field in self._action.fields()
                if type(field) is TextParameter and field.required
            ),
            "",
        )

    def _names(self, references: Sequence[str]) -> list[str]:
        """File names of pictures that are given by path or key."""
        try:
            names = file_names(self._project.catalog, references)
        except PictoscopeError:  # the action says so
            names = {}
        return [names.get(reference, reference) for reference in references]

    # -- asking ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._stop.set()  # the one before, should it still run
        self._stop = stop = threading.Event()
        self._doing = self._waiting_for()
        self._show_question()
        self.show_header()
        context = Context(
            self._project, self.host.encoder, stop, lambda text: self._post_unless(stop, self._Doing(text))
        )
        question = self._question

        read_newest(
            self,
            lambda: Answered(self.answer(question, context)),
            group="action",
            failed=self._NoAnswer,
            only_last=True,
        )

    def answer(self, question: Question[Any], context: Context) -> Answer:
        """Ask, in a thread; the answer is kept in the history."""
        return question.ask(context)

    def _post_unless(self, stop: threading.Event, message: Message) -> None:
        if not stop.is_set():
            self.post_message(message)

    def on_asking_screen__doing(self, message: _Doing) -> None:
        """Say what the action is doing."""
        message.stop()
        self._doing = message.text
        if self._answer is None:
            self.show_words(message.text)
        self.show_header()

    def on_model_loading(self) -> None:
        """Say what is waited for."""
        if self._doing:
            self._doing = self._waiting_for()
            self.show_header()
        if self._answer is None:
            self.show_words(self._waiting_for())

    def _waiting_for(self) -> str:
        loading = self.host.loading_model
        return f"loading {printable(loading)}…" if loading else "searching…"

    def on_asking_screen__no_answer(self, message: _NoAnswer) -> None:
        """Nothing to show here: back to where the person came from, with the reason. Missing vectors can be created."""
        message.stop()
        if not self._stop.is_set():
            self.no_answer(message.error)

    def no_answer(self, error: PictoscopeError | OSError) -> None:
        """Stay at the answer before this one; without one leave."""
        self._doing = ""
        if self._answer is not None:  # it was to be ranked again: what is there stays
            self.host.tell(error)
            if self._earlier:
                self._question = self._earlier.pop()
            self.show_header()
            return
        if not self.go_back(error):
            self.show_words(printable(str(error)))
