"""Textual similarity: the pictures that match a phrase."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.naming import at_fault, fault
from core.actions.parameter_fields import (
    minimum_score_field,
    pictures_field,
    results_field,
    text_field,
    vec_type_field,
    vec_types_field,
    where_field,
)
from core.actions.parameters import LIKE, UNLIKE
from core.text import printable


@dataclass(frozen=True, kw_only=True)
class TextSearchParameters:
    """Parameters of :data:`TEXT_SEARCH`."""

    vec_type: str = vec_type_field(needs_text=True)
    text: str = text_field(
        "text", 'what the pictures show; or several: `"red car"^2 "blue sky" -truck`; or a picture file'
    )
    template: str = text_field(
        "template", "prompt template for each phrase, such as `a photo of {}`", default="{}", advanced=True
    )
    like: tuple[str, ...] = pictures_field(
        "similar to", "pictures that the results should also resemble", role=LIKE, optional=True, advanced=True
    )
    unlike: tuple[str, ...] = pictures_field(
        "not like", "pictures that the results should not resemble", role=UNLIKE, optional=True, advanced=True
    )
    also: tuple[str, ...] = vec_types_field(
        "also by", "more vec types to rank by; their rankings are combined", needs_text=True
    )
    where: str | tuple[str, ...] = where_field()
    at_least: float = minimum_score_field()
    top: int = results_field()


def text_search(context: Context, parameters: TextSearchParameters) -> Answer:
    """Rank the collection by cosine to the phrases' direction.

    Raises:
        UsageError: the vec type's model reads no text; the line of phrases is wrong, names a picture that is not there
            or says nothing to the model; a picture is wanted and not wanted. VectorsMissing: no vectors yet.
    """
    from core.actions.phrases import parse_wanted
    from core.actions.queries import WHOLE, like_and_unlike, shift_query, text_query
    from core.actions.ranking import RankingLimits, Search, ranked
    from core.actions.scope import scopes_of

    with at_fault("text"):
        phrases = parse_wanted(parameters.text)
    template = parameters.template or WHOLE
    if "{}" not in template:
        raise fault("template", "it has no {} for the phrase", "such as: a photo of {}")
    scopes = scopes_of(context, parameters.vec_type, parameters.also, parameters.where, needs_text=True)
    like, unlike = like_and_unlike(context, parameters.like, parameters.unlike)
    searches: list[Search] = []
    notes: list[str] = []
    for one in scopes:
        query = text_query(context, one.snapshot, phrases, template)
        searches.append(Search(one, shift_query(context, one.snapshot, query.row, like, unlike)))
        notes += [query.note] if query.note else []
    title = f"“{printable(parameters.text)}”"
    own = {example.picture.key for example in (*like, *unlike) if example.picture}
    answer = ranked(context, "text_search", searches, RankingLimits(parameters.top, parameters.at_least, own), title)
    return answer.with_note(" · ".join(dict.fromkeys(notes)))


TEXT_SEARCH = Action(
    name="text_search",
    command="search",
    title="Text search",
    help="find pictures that match a phrase",
    key="slash",
    parameters=TextSearchParameters,
    run=text_search,
    short="Text",
)
