"""What earlier judgements of this project say about the vec types that are compared."""

from __future__ import annotations

from core.actions.definition import Context
from core.comparison.common_rows import CommonRows
from core.comparison.judging import JudgedResult, of_person, plan, result
from core.comparison.near_copies import Outline
from core.errors import UsageError
from core.key_arrays import whole_keys
from core.labels.judgements import Judgements


def compare_by_judgements(
    context: Context, common: CommonRows, outline: Outline, *, seed: int = 0
) -> JudgedResult | None:
    """The result of all persons' judgements; None if there are none that these vec types could be compared by.

    Its ``questions`` are 0 where something was judged, but nothing that says which of these vec types is better.

    Args:
        context: the project; ``stop`` is looked at often.
        common: the compared pictures.
        outline: see :func:`core.comparison.near_copies.near_copies`.
        seed: of the questions that stand for all in the weights.

    Raises:
        Cancelled: the caller set ``stop``.
    """
    judgements = of_person(Judgements(context.project.catalog).all(), "")
    there = set(whole_keys(common.keys))
    judged = tuple(dict.fromkeys(one.question.picture for one in judgements if one.question.picture in there))
    if not judged or len(common.of) < 2:
        return None
    context.say("comparing with judgements")
    try:
        asked = plan(common, outline, judged, most=0, seed=seed, check=context.check_stop)
    except UsageError:  # they answer alike, or the pictures are too few
        return None
    return result(asked, judgements)
