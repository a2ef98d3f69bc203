"""Group recommendation: what else belongs to a tag, a saved group or a few pictures."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer, Group
from core.actions.definition import Action, Context
from core.actions.parameters import (
    LIKE,
    UNLIKE,
    pictures_field,
    subject_field,
    vec_type_field,
    where_field,
    whole_field,
)


@dataclass(frozen=True, kw_only=True)
class RecommendParameters:
    """Parameters of :data:`RECOMMEND`."""

    vec_type: str = vec_type_field()
    for_: str = subject_field("for", "the group to complete: `tag:NAME` or `group:NAME`")
    like: tuple[str, ...] = pictures_field(
        "like", "pictures that belong together, where no tag or group is named", role=LIKE, optional=True, chosen=True
    )
    unlike: tuple[str, ...] = pictures_field(
        "unlike", "pictures that do not belong to them", role=UNLIKE, optional=True
    )
    where: str | tuple[str, ...] = where_field()
    top: int = whole_field("show", "how many pictures", default=100, least=1, most=100_000)


def recommend(context: Context, parameters: RecommendParameters) -> Answer:
    """Rank the pictures that are not decided by what the group's examples have in common.

    The method is in :mod:`core.vectors.recommender`. What was refused for the tag or group
    teaches what does not belong, and is never suggested again.

    Raises:
        UsageError: neither a group nor pictures are given; no such tag, group or picture; no example has vectors.
        VectorsMissing: no vectors yet.
    """
    from core.actions.completion import completion

    session = completion(
        context, parameters.vec_type, parameters.for_, parameters.like, parameters.unlike, parameters.where
    )
    found = session.rank(parameters.top)
    name = session.subject.name
    title = f"for {name}" if parameters.for_ else name
    answer = Answer("recommend", found.vec_type, title, (Group(title, found.matches),), found.note)
    return answer.with_note(found.remark)


RECOMMEND = Action(
    name="recommend",
    command="recommend",
    title="Recommend",
    help="what else belongs to a tag, a group or a few pictures; learns from accept and refuse",
    key="r",
    parameters=RecommendParameters,
    run=recommend,
    short="Recommend",
)
