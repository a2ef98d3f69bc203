"""Visual similarity: the pictures nearest to one or several others."""

from __future__ import annotations

from dataclasses import dataclass

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import pictures_field, vec_type_field, whole_field
from core.text import count


@dataclass(frozen=True, kw_only=True)
class SimilarParameters:
    """Parameters of :data:`SIMILAR`."""

    vec_type: str = vec_type_field()
    like: tuple[str, ...] = pictures_field("like", "the pictures to resemble: in the project, or any picture file")
    top: int = whole_field("show", "how many pictures", default=100, least=1, most=100_000)


def similar(context: Context, parameters: SimilarParameters) -> Answer:
    """Rank the collection by cosine to the mean direction of the given pictures, which are left out themselves.

    Raises:
        UsageError: a picture is not there. VectorsMissing: no vectors yet. UnreadablePicture: an outside file is none.
    """
    from core.actions.queries import examples, mean_row
    from core.actions.ranking import ranked
    from core.vectors.vec_types import choose, open_reader

    project = context.project
    vec_type = choose(project.vectors_folder, parameters.vec_type, project.settings.default_vec_type, needs_text=False)
    chosen = examples(context, parameters.like)
    snapshot = open_reader(project.vectors_folder, vec_type).snapshot()
    query = mean_row(context, snapshot, chosen)
    title = "like " + (chosen[0].name if len(chosen) == 1 else count(len(chosen), "picture"))
    own = {example.picture.key for example in chosen if example.picture}
    return ranked(context, "similar", vec_type, snapshot, query, parameters.top, title=title, without=own)


SIMILAR = Action(
    name="similar",
    command="similar",
    title="Similar pictures",
    help="pictures that look like one or several others",
    key="s",
    parameters=SimilarParameters,
    run=similar,
)
