"""What Results, Recommend and Duplicates have in common: an action that is asked in a thread, and no answer."""

from __future__ import annotations

import threading
from typing import Any

from core.actions.parameters import ScopeParameter
from core.actions.run import Question
from core.errors import PictoscopeError, VectorsMissing
from core.project import Project
from core.text import count, printable
from tui.advice_by_key import in_app
from tui.messages import refused
from tui.screens.base import PictoscopeScreen


def one_line(error: PictoscopeError | OSError) -> str:
    """What went wrong, and what to do, for a form."""
    known = error if isinstance(error, PictoscopeError) else refused(error)
    return f"{known.message} ({in_app(known.hint)})" if known.hint else known.message


class QuestionScreen(PictoscopeScreen):
    """Asks an action when it is opened; ``_stop`` is set when nobody waits for the answer any more.

    Args:
        project: that is asked about.
        question: that is asked.
        from_form: whether a form asked it. Without an answer the form comes back, with all that was given.
    """

    def __init__(self, project: Project, question: Question[Any], *, from_form: bool = False) -> None:
        super().__init__()
        self._from_form = from_form
        self._project = project
        self._question = question
        self._stop = threading.Event()

    @property
    def question(self) -> Question[Any]:
        """The question that is asked now."""
        return self._question

    @property
    def has_answer(self) -> bool:
        """Whether an answer is on show."""
        raise NotImplementedError

    @property
    def within(self) -> str:
        """The part of the collection that is looked at, in words; empty for all of it."""
        fields = (field.name for field in self._question.action.fields() if isinstance(field, ScopeParameter))
        where = next((self._question.values.get(name) for name in fields), "")
        if not where:
            return ""
        return f"within {printable(where) if isinstance(where, str) else count(len(where), 'picture')}"

    def on_unmount(self) -> None:
        """Who leaves does not want the answer."""
        self._stop.set()

    def action_again(self) -> None:
        """The same question by other vectors."""
        self.host.open_form(self._question.action, self._question.values, again=True)

    def go_back(self, error: PictoscopeError | OSError) -> bool:
        """Leave without an answer, to where the person came from. Missing vectors can be created there.

        Returns False, and stays, where something was opened over the screen meanwhile.
        """
        if self.app.screen is not self:
            self.host.tell(error)
            return False
        host, question = self.host, self._question
        self.app.pop_screen()
        # What opens a dialog is called by the app: this screen is gone before the dialog answers.
        if isinstance(error, VectorsMissing):
            if not host.can_wait_for(error):
                host.tell(error)
            self.app.call_later(host.offer_vectors, error, question)
        elif self._from_form:
            self.app.call_later(host.open_form, question.action, question.values, error=one_line(error))
        else:
            self.host.tell(error)
        return True
