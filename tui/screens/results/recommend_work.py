"""What Recommend does in a thread: carry out what was decided, in its order, and rank the rest."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actions.definition import Context
from core.actions.naming import fields_named
from core.actions.recommend import RecommendParameters, as_answer
from core.actions.run import Question
from core.errors import PictoscopeError
from core.labels.recommend_targets import Selection
from core.project import Project

if TYPE_CHECKING:  # NumPy comes with the first ranking, in a thread
    from core.actions.recommend_session import RecommendSession, Suggestions

ACCEPT, REFUSE, UNDO = "accept", "refuse", "undo"


@dataclass(frozen=True)
class Order:
    """Something that was asked for.

    Attributes:
        what: accept, refuse or undo.
        keys: of the pictures that it is about.
    """

    what: str
    keys: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """What comes back.

    Attributes:
        suggestions: the ranking.
        said: what is to be said about the orders that were carried out, and once of how the question was understood.
    """

    suggestions: Suggestions
    said: tuple[str, ...]


class RecommendWork:
    """Orders that wait, and the ranking they change. One thread at a time ranks; orders are added at any time.

    Args:
        project: whose pictures are ranked.
        failed: is told why an order could not be carried out.

    Attributes:
        completion: what is ranked; None until the first ranking.
        handled: orders carried out until now.
    """

    def __init__(self, project: Project, failed: Callable[[PictoscopeError | OSError], object]) -> None:
        self._project = project
        self._failed = failed
        self._carry_out = threading.Lock()
        self._orders: deque[Order] = deque()
        self._remembered = False
        self._said_first: tuple[str, ...] = ()
        self.completion: RecommendSession | None = None
        self.handled = 0

    @property
    def selection(self) -> Selection | None:
        """The group, if it is no tag or saved group yet."""
        target = self.completion.target if self.completion else None
        return target if isinstance(target, Selection) else None

    @property
    def waiting(self) -> bool:
        """Whether there are orders that were not carried out yet."""
        return bool(self._orders)

    def add(self, order: Order) -> None:
        """Have an order carried out before the next ranking."""
        self._orders.append(order)

    def rank(self, context: Context, question: Question[RecommendParameters]) -> Ranking:
        """Carry out what waits, then rank. The first ranking is what was asked for, and is remembered.

        Raises:
            Cancelled: nobody wants it any more. PictoscopeError, OSError: there are no vectors, or no group.
        """
        if self._remembered and self.completion is not None:
            said = self.settle()
            with fields_named(question.action.fields()):
                return Ranking(self.completion.rank(question.parameters.top), said)
        first, _ = question.find(context, self._first, lambda found: as_answer(*found, question.parameters))
        self._remembered = True
        return Ranking(first[1], self._said_first)

    def _first(self, context: Context, given: RecommendParameters) -> tuple[str, Suggestions]:
        """The group's name, and its ranking."""
        from core.actions.recommend_session import start_session

        if self.completion is None:
            self.completion = start_session(context, given.vec_type, given.for_, given.like, given.unlike, given.where)
        self._said_first = (*self.settle(), *context.notes)
        ranking = self.completion.rank(given.top)
        return self.completion.target.name, ranking

    def settle(self) -> tuple[str, ...]:
        """Carry out every order that waits. Returns what is to be said about them."""
        said = []
        with self._carry_out:
            while self._orders:
                order = self._orders.popleft()
                self.handled += 1
                try:
                    said.append(self._carried_out(order))
                except (PictoscopeError, OSError) as error:  # the next ranking shows the picture again
                    self._failed(error)
        return tuple(text for text in said if text)

    def save(self, name: str) -> str:
        """Carry out every order that waits, then save the selection as the tag or group ``name``. Returns a report.

        Raises:
            UsageError: not a name, or that of another group. CatalogError: it cannot be written.
        """
        done = self.settle()
        with self._carry_out:
            completion = self.completion
            if completion is not None and isinstance(completion.target, Selection):
                completion.target = completion.target.save(self._project.catalog, name, completion.ranked_by)
                done = (*done, f"saved as {completion.target.name}; from now on each decision is saved immediately")
        return "\n".join(done)

    def _carried_out(self, order: Order) -> str:
        completion = self.completion
        if completion is None:
            return ""
        if order.what == ACCEPT:
            completion.target.accept(order.keys, completion.ranked_by)
        elif order.what == REFUSE:
            completion.target.refuse(order.keys)
        elif order.what == UNDO:
            undone = completion.target.undo()
            return f"undone: {undone}" if undone else "nothing was decided here that could be undone"
        return ""
