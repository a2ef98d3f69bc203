"""The action ``similar``: the pictures nearest to one or several others."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameter_fields import (
    minimum_score_field,
    pictures_field,
    results_field,
    vec_type_field,
    vec_types_field,
    where_field,
)
from core.actions.parameters import LIKE, UNLIKE
from core.text import count


@dataclass(frozen=True, kw_only=True)
class SimilarParameters:
    """Parameters of :data:`SIMILAR`."""

    vec_type: str = vec_type_field()
    like: tuple[str, ...] = pictures_field(
        "similar to", "the pictures to resemble: in the project, or any picture file", role=LIKE
    )
    unlike: tuple[str, ...] = pictures_field(
        "not like", "pictures that the results should not resemble", role=UNLIKE, optional=True, advanced=True
    )
    also: tuple[str, ...] = vec_types_field("also by", "more vec types to rank by; their rankings are combined")
    where: str | tuple[str, ...] = where_field()
    at_least: float = minimum_score_field()
    top: int = results_field()


def similar(context: Context, parameters: SimilarParameters) -> Answer:
    """Rank the collection by cosine to the mean direction of the given pictures, which are left out.

    Raises:
        UsageError: a picture does not exist, or is both in like and in unlike. VectorsMissing: no vectors yet.
        UnreadablePicture: a file cannot be read as a picture.
    """
    from core.actions.queries import like_and_unlike, picture_query
    from core.actions.ranking import RankingLimits, Search, ranked
    from core.actions.scope import scopes_of

    scopes = scopes_of(context, parameters.vec_type, parameters.also, parameters.where)
    like, unlike = like_and_unlike(context, parameters.like, parameters.unlike)
    searches = [Search(one, picture_query(context, one.snapshot, like, unlike)) for one in scopes]
    title = "like " + (like[0].name if len(like) == 1 else count(len(like), "picture"))
    if unlike:
        title += ", unlike " + (unlike[0].name if len(unlike) == 1 else count(len(unlike), "picture"))
    own = {example.picture.key for example in (*like, *unlike) if example.picture}
    return ranked(context, "similar", searches, RankingLimits(parameters.top, parameters.at_least, own), title)


SIMILAR = Action(
    name="similar",
    command="similar",
    title="Similar pictures",
    help="find pictures that look like one or several others",
    key="s",
    parameters=SimilarParameters,
    run=similar,
    short="Similar",
)
