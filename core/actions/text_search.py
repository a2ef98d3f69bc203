"""Textual similarity: the pictures that fit a phrase."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import (
    LIKE,
    UNLIKE,
    number_field,
    pictures_field,
    text_field,
    vec_type_field,
    vec_types_field,
    where_field,
    whole_field,
)
from core.errors import UsageError
from core.text import printable


@dataclass(frozen=True, kw_only=True)
class TextSearchParameters:
    """Parameters of :data:`TEXT_SEARCH`."""

    vec_type: str = vec_type_field(needs_text=True)
    text: str = text_field(
        "text", 'what the pictures show; or several: `"red car"^2 "blue sky" -truck`; or a picture file'
    )
    template: str = text_field("template", "what a phrase is put into, such as `a photo of {}`", default="{}")
    like: tuple[str, ...] = pictures_field("like", "pictures that fit as well", role=LIKE, optional=True)
    unlike: tuple[str, ...] = pictures_field("unlike", "pictures to stay away from", role=UNLIKE, optional=True)
    also: tuple[str, ...] = vec_types_field("also by", "more vectors, whose rankings are fused", needs_text=True)
    where: str | tuple[str, ...] = where_field()
    at_least: float = number_field("at least", "no picture below this cosine", default=-1.0, least=-1.0, most=1.0)
    top: int = whole_field("show", "how many pictures", default=100, least=1, most=100_000)


def text_search(context: Context, parameters: TextSearchParameters) -> Answer:
    """Rank the collection by cosine to the phrases' direction.

    Raises:
        UsageError: the vec type's model reads no text; the line of phrases is wrong. VectorsMissing: no vectors yet.
    """
    from core.actions.phrases import parse_phrases
    from core.actions.queries import examples, led_by, text_query
    from core.actions.ranking import Limits, Search, ranked
    from core.actions.scope import scope

    phrases = parse_phrases(parameters.text)
    if not any(phrase.weight > 0 for phrase in phrases):
        raise UsageError("text: it says only what is not wanted", "add what the pictures show")
    template = parameters.template or "{}"
    if "{}" not in template:
        raise UsageError("template: it has no {} for the phrase", "such as: a photo of {}")
    names = (parameters.vec_type, *parameters.also)
    scopes = [scope(context, name, parameters.where, needs_text=True) for name in names]
    like, unlike = examples(context, parameters.like), examples(context, parameters.unlike)
    searches, cuts = [], []
    for one in scopes:
        query = text_query(context, one.snapshot, phrases, template)
        searches.append(Search(one, led_by(context, one.snapshot, query.row, like, unlike)))
        if query.cut:
            cuts.append(f"{one.vec_type.model} reads the first {query.cut} tokens of a text: the rest was cut")
    title = f"“{printable(parameters.text)}”"
    own = {example.picture.key for example in (*like, *unlike) if example.picture}
    answer = ranked(context, "text_search", searches, Limits(parameters.top, parameters.at_least, own), title)
    return answer.with_note(" · ".join(cuts))


TEXT_SEARCH = Action(
    name="text_search",
    command="search",
    title="Text search",
    help="pictures that fit a phrase",
    key="slash",
    parameters=TextSearchParameters,
    run=text_search,
)
