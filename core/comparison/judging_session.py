"""One person judges question after question; what was judged is kept, so that a session goes on where it stopped."""

from __future__ import annotations

import getpass
from collections.abc import Collection, Sequence

from core.actions.definition import Context
from core.actions.pixel_check import PixelCheck
from core.catalog.copies import FilesOnDemand
from core.comparison.common_rows import common_rows
from core.comparison.judging import JudgedResult, Plan, PlannedQuestion, of_person, plan, result
from core.comparison.near_copies import Outline
from core.errors import PictoscopeError, UsageError
from core.filters.evaluation import keys_where
from core.labels.judgements import Judgement, Judgements
from core.names import clean_name
from core.project import Project

_SOMEBODY = "me"


def login_name() -> str:
    """The name under which a person judges unless another is given: of the login, else ``me``."""
    try:
        return clean_name(getpass.getuser(), "person")
    except (OSError, KeyError, ImportError, UsageError):  # a container without accounts; a name that cannot be kept
        return _SOMEBODY


def outline_of(project: Project) -> Outline:
    """Reads the outlines of pictures, for near copies."""
    return PixelCheck(project.thumbnails, FilesOnDemand(project.catalog)).outline


class JudgingSession:
    """The questions of a plan, those of them that a person has judged, and the one that is asked now.

    The plan stays as it is while it is judged: rows that are deleted or added meanwhile do not change what is asked.

    Args:
        project: open.
        asked: the plan.
        person: who judges.

    Attributes:
        person: who judges.
        current: the question that is asked now; None if none is left.
        to_judge: keys of its pictures that this person has not judged yet, in the order in which they are shown.
        result: what the judgements of this person say so far.
        passed_over: questions that were not asked because some of their pictures are gone.
    """

    def __init__(self, project: Project, asked: Plan, person: str) -> None:
        self._project = project
        self._plan = asked
        self._rows = _rows_of(project)
        self._skipped: list[bytes] = []
        self._known: dict[bytes, dict[bytes, bool]] = {}
        self.person = person
        self.current: PlannedQuestion | None = None
        self.to_judge: list[bytes] = []
        self.passed_over = 0
        self.result: JudgedResult = result(asked, ())
        self.read()

    @classmethod
    def open(
        cls, context: Context, names: Sequence[str], person: str = "", where: str = "", *, seed: int = 0
    ) -> JudgingSession:
        """Plan the questions: seconds.

        Args:
            context: the project; ``stop`` is looked at often.
            names: of two vec types or more.
            person: who judges; by default the name of the login.
            where: a filter; all pictures by default.
            seed: of the draw.

        Raises:
            UsageError: a name, the filter or the person is wrong; fewer than two vec types, or too few pictures.
            AnswerAlike: nothing is to be judged. VectorsMissing, TooFewVectors: not enough rows. StoreDamaged: they
            cannot be read. Cancelled: the caller set ``stop``.
        """
        project = context.project
        person = clean_name(person, "person") if person else login_name()
        within = keys_where(project.catalog, where, project.coverage_keys) if where else None
        common = common_rows(project, names, within)
        context.say(f"choosing questions for {', '.join(names)}")
        own = of_person(Judgements(project.catalog).all(), person)
        judged = tuple(dict.fromkeys(one.question.picture for one in own))
        asked = plan(common, outline_of(project), judged, seed=seed, check=context.check_stop)
        return cls(project, asked, person)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the vec types that are judged."""
        return self._plan.names

    @property
    def skipped(self) -> int:
        """How many questions were skipped in this session."""
        return len(self._skipped)

    @property
    def coming(self) -> list[bytes]:
        """Keys of the pictures of the question that comes after the current one, to be drawn ahead; may be empty."""
        following = (one for one in self._plan.questions if one is not self.current and self._is_open(one))
        question = next(following, None)
        return [question.key, *question.to_judge(self._known.get(question.key, {}))] if question else []

    def read(self) -> None:
        """Read the judgements again: they were changed by undo or by another program."""
        judgements = Judgements(self._project.catalog).all(self.person)
        self._known = _by_question(judgements)
        self.result = result(self._plan, judgements, self.person)
        self._go_on()

    def judge(self, relevant: Collection[bytes]) -> None:
        """Judge all pictures of the current question in one step, and go to the next question.

        Args:
            relevant: keys of those that are good answers; the others are not.

        Raises:
            CatalogError: the catalog cannot be written; nothing has changed then.
        """
        if self.current is None:
            return
        judged = {key: key in relevant for key in self.to_judge}
        Judgements(self._project.catalog).judge(self.current.question, self.person, judged)
        self.read()

    def skip(self) -> None:
        """Ask something else; the question comes back in the next session."""
        if self.current is not None:
            self._skipped.append(self.current.key)
            self._go_on()

    def take_skip_back(self) -> bool:
        """Ask the question that was skipped last. Returns whether there was one."""
        if not self._skipped:
            return False
        self._skipped.pop()
        self._go_on()
        return True

    def changed_rows(self) -> list[str]:
        """Names of the vec types that were deleted, or have other rows than those that the questions come from."""
        now = _rows_of(self._project)
        return [name for name in self.names if now.get(name) != self._rows.get(name)]

    def _is_open(self, one: PlannedQuestion) -> bool:
        return one.key not in self._skipped and bool(one.to_judge(self._known.get(one.key, {})))

    def _go_on(self) -> None:
        """Find the first question that is open and whose pictures are all there."""
        self.current, self.to_judge, self.passed_over = None, [], 0
        for one in self._plan.questions:
            if self._is_open(one):
                keys = one.to_judge(self._known.get(one.key, {}))
                if len(self._project.catalog.by_keys([one.key, *keys])) == len(keys) + 1:
                    self.current, self.to_judge = one, keys
                    return
                self.passed_over += 1


def _by_question(judgements: Sequence[Judgement]) -> dict[bytes, dict[bytes, bool]]:
    by_question: dict[bytes, dict[bytes, bool]] = {}
    for one in judgements:
        if one.question.picture:
            by_question.setdefault(one.question.picture, {})[one.key] = one.relevant
    return by_question


def _rows_of(project: Project) -> dict[str, int]:
    """How many pictures have a row, by the name of the vec type; empty if that cannot be read: Settings says why."""
    try:
        return {one.vec_type.name: one.done for one in project.statuses()}
    except (PictoscopeError, OSError):
        return {}
