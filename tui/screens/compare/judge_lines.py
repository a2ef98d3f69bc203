"""The lines above the pictures that are judged: how far the comparison is, what to do, and what else to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.key_hints import with_keys
from core.text import count, printable
from tui.widgets.cells import first_that_fits

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.comparison.judging import JudgedResult
    from core.comparison.judging_session import JudgingSession

_GO_ON = "{judge-grid.judge-all} goes on judging all the same, {leave} goes back"
_CHANGED = "{judge.choose-questions-again} chooses questions again"


def standing(result: JudgedResult, room: int, *, hidden: bool) -> str:
    """How far the comparison is, in the longest words that fit ``room`` cells; without names while they are hidden."""
    from core.comparison.judged_words import standing_words

    return first_that_fits(([line] for line in standing_words(result, hidden=hidden)), room)


def guide(pictures: int, marked: int, room: int) -> str:
    """What to do with the pictures on show, in at most ``room`` cells where possible."""
    keys = with_keys("{judge-grid.relevant} marks, {judge-grid.judge-all} judges all")
    asked = f"which of these {count(pictures)} are like the large picture?"
    number = f"{count(marked)} marked"
    lines = (
        (f"{asked} {keys}: what is not marked is no answer", number),
        (f"{asked} {keys}", number),
        (asked, number),
        (number,),
    )
    return first_that_fits(lines, room)


def notes(session: JudgingSession, changed: Sequence[str], *, goes_on: bool) -> list[str]:
    """What else should be known.

    Args:
        session: that is judged.
        changed: vec types whose rows have changed since the questions were chosen.
        goes_on: whether a question is asked although the answer may be sure: then the answer is said here.
    """
    from core.comparison.judged_words import verdict_words

    lines = [verdict_words(session.result)] if goes_on and session.result.decided else []
    if changed:
        names = " and ".join(map(printable, changed))
        before = "the questions are those of before"
        lines.append(f"vectors of {names} have changed; {before}: {with_keys(_CHANGED)}")
    if session.passed_over:
        lines.append(f"{count(session.passed_over, 'question')} left out, because some of their pictures are gone")
    return [line for line in lines if line]


def instead_of_a_question(session: JudgingSession, *, stopped: bool) -> str:
    """What stands where no question is asked: ``stopped`` because the answer is sure, else because none is left."""
    from core.comparison.judged_words import verdict_words

    if stopped:
        return f"{verdict_words(session.result)} {with_keys(_GO_ON)}"
    left = f"; {count(session.skipped, 'question')} skipped" if session.skipped else ""
    return f"no question is left{left}. {verdict_words(session.result)}"
