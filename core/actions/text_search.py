"""Textual similarity: the pictures that fit a phrase."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import text_field, vec_type_field, whole_field
from core.text import printable


@dataclass(frozen=True, kw_only=True)
class TextSearchParameters:
    """Parameters of :data:`TEXT_SEARCH`."""

    vec_type: str = vec_type_field(needs_text=True)
    text: str = text_field("text", "what the pictures show, in a few words")
    top: int = whole_field("show", "how many pictures", default=100, least=1, most=100_000)


def text_search(context: Context, parameters: TextSearchParameters) -> Answer:
    """Rank the collection by cosine to the phrase's vector.

    Raises:
        UsageError: the vec type's model reads no text. VectorsMissing: no vectors yet.
    """
    from core.actions.ranking import ranked
    from core.vectors.text_cache import text_row
    from core.vectors.vec_types import choose, open_reader

    project = context.project
    vec_type = choose(project.vectors_folder, parameters.vec_type, project.settings.default_vec_type, needs_text=True)
    snapshot = open_reader(project.vectors_folder, vec_type).snapshot()
    query = text_row(context.encoder, snapshot.manifest, parameters.text)
    title = f"“{printable(parameters.text)}”"
    answer = ranked(context, "text_search", vec_type, snapshot, query.rows[0], parameters.top, title=title)
    if query.cut[0]:
        answer = answer.with_note(f"{vec_type.model} reads the first {query.cut[0]} tokens of a text: the rest was cut")
    return answer


TEXT_SEARCH = Action(
    name="text_search",
    command="search",
    title="Text search",
    help="pictures that fit a phrase",
    key="slash",
    parameters=TextSearchParameters,
    run=text_search,
)
