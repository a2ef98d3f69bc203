"""The action ``recommend``: pictures that may also belong to a tag, a saved group or a few pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actions.answer import Answer, Group
from core.actions.definition import Action, Context
from core.actions.parameter_fields import pictures_field, target_field, vec_type_field, where_field, whole_field
from core.actions.parameters import LIKE, UNLIKE
from core.text import count

if TYPE_CHECKING:  # NumPy comes when it is run
    from core.actions.recommend_session import Suggestions


@dataclass(frozen=True, kw_only=True)
class RecommendParameters:
    """Parameters of :data:`RECOMMEND`."""

    vec_type: str = vec_type_field()
    for_: str = target_field("for", "the group to complete: `tag:NAME` or `group:NAME`")
    like: tuple[str, ...] = pictures_field(
        "similar to",
        "pictures that belong together, or also belong to the group",
        role=LIKE,
        optional=True,
        chosen=True,
    )
    unlike: tuple[str, ...] = pictures_field(
        "not like", "pictures that do not belong", role=UNLIKE, optional=True, advanced=True
    )
    where: str | tuple[str, ...] = where_field()
    top: int = whole_field("results", "number of pictures to show", default=100, least=1, most=100_000, advanced=True)


def recommend(context: Context, parameters: RecommendParameters) -> Answer:
    """Rank the undecided pictures by what the group's examples have in common.

    The method is in :mod:`core.search.ridge`. Pictures refused for the tag or group
    are counter-examples and are never suggested again.

    Raises:
        UsageError: neither a group nor pictures are given; no such tag, group or picture; no example has vectors.
        VectorsMissing: no vectors yet.
    """
    from core.actions.recommend_session import start_session

    session = start_session(
        context, parameters.vec_type, parameters.for_, parameters.like, parameters.unlike, parameters.where
    )
    return as_answer(session.target.name, session.rank(parameters.top), parameters)


def as_answer(name: str, found: Suggestions, parameters: RecommendParameters) -> Answer:
    """The suggestions as an answer; ``name``: of the completed group."""
    title = f"for {name}" if parameters.for_ else name
    if parameters.for_ and parameters.like:
        title += f", like {count(len(parameters.like), 'picture')}"
    if parameters.unlike:
        title += f", unlike {count(len(parameters.unlike), 'picture')}"
    answer = Answer("recommend", found.vec_type, title, (Group(title, found.matches),), found.note)
    return answer.with_note(found.remark)


RECOMMEND = Action(
    name="recommend",
    command="recommend",
    title="Recommend",
    help="suggest what else belongs to a tag, a group or a few pictures; learns from accept and refuse",
    key="r",
    parameters=RecommendParameters,
    run=recommend,
    short="Recommend",
)
