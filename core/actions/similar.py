"""Visual similarity: the pictures nearest to one or several others."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import (
    LIKE,
    UNLIKE,
    number_field,
    pictures_field,
    vec_type_field,
    vec_types_field,
    where_field,
    whole_field,
)
from core.text import count


@dataclass(frozen=True, kw_only=True)
class SimilarParameters:
    """Parameters of :data:`SIMILAR`."""

    vec_type: str = vec_type_field()
    like: tuple[str, ...] = pictures_field(
        "like", "the pictures to resemble: in the project, or any picture file", role=LIKE
    )
    unlike: tuple[str, ...] = pictures_field("unlike", "pictures to stay away from", role=UNLIKE, optional=True)
    also: tuple[str, ...] = vec_types_field("also by", "more vectors, whose rankings are fused")
    where: str | tuple[str, ...] = where_field()
    at_least: float = number_field("at least", "no picture below this cosine", default=-1.0, least=-1.0, most=1.0)
    top: int = whole_field("show", "how many pictures", default=100, least=1, most=100_000)


def similar(context: Context, parameters: SimilarParameters) -> Answer:
    """Rank the collection by cosine to the mean direction of the given pictures, which are left out themselves.

    Raises:
        UsageError: a picture is not there. VectorsMissing: no vectors yet. UnreadablePicture: an outside file is none.
    """
    from core.actions.queries import examples, picture_query
    from core.actions.ranking import Limits, Search, ranked
    from core.actions.scope import scope

    scopes = [scope(context, name, parameters.where) for name in (parameters.vec_type, *parameters.also)]
    like, unlike = examples(context, parameters.like), examples(context, parameters.unlike)
    searches = [Search(one, picture_query(context, one.snapshot, like, unlike)) for one in scopes]
    title = "like " + (like[0].name if len(like) == 1 else count(len(like), "picture"))
    if unlike:
        title += ", unlike " + (unlike[0].name if len(unlike) == 1 else count(len(unlike), "picture"))
    own = {example.picture.key for example in (*like, *unlike) if example.picture}
    return ranked(context, "similar", searches, Limits(parameters.top, parameters.at_least, own), title)


SIMILAR = Action(
    name="similar",
    command="similar",
    title="Similar pictures",
    help="pictures that look like one or several others",
    key="s",
    parameters=SimilarParameters,
    run=similar,
)
