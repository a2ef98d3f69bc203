"""Clusters that are asked for: each picture goes to the nearest of some phrases, or of the project's tags."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import (
    choice_field,
    number_field,
    switch_field,
    text_field,
    vec_type_field,
    where_field,
)
from core.errors import UsageError
from core.text import count, printable

if TYPE_CHECKING:
    from core.actions.anchors import Anchors
    from core.actions.scope import Scope

TEXTS, TAGS = "texts", "tags"
PICTURES, NAMES = "pictures", "names"
USE, COMBINE, IGNORE = "use", "combine", "ignore"
NO_MINIMUM = -1.0


@dataclass(frozen=True, kw_only=True)
class ClusterByParameters:
    """Parameters of :data:`CLUSTER_BY`."""

    vec_type: str = vec_type_field()
    by: str = choice_field("by", "texts: your phrases; tags: those of the project", (TEXTS, TAGS), default=TEXTS)
    names: str = text_field(
        "names", "the phrases, or names of tags, with commas between them; all tags if left out", default=""
    )
    anchor: str = choice_field(
        "anchor",
        "what stands for a tag: the mean of its pictures, or its name as a text",
        (PICTURES, NAMES),
        default=PICTURES,
    )
    parents: str = choice_field(
        "parents",
        "tags with tags below them: used like all others, combined into those below, or ignored",
        (USE, COMBINE, IGNORE),
        default=USE,
    )
    minimum: float = number_field(
        "minimum", "cosine below which a picture goes to the rest; -1 for none", default=NO_MINIMUM, least=-1, most=1
    )
    many: bool = switch_field("many", "a picture in every cluster that it fits, not only in the nearest")
    where: str | tuple[str, ...] = where_field()


def cluster_by(context: Context, parameters: ClusterByParameters) -> Answer:
    """Put each picture to its nearest phrase or tag. Clusters by their mean cosine, the rest last.

    With ``many`` a picture is in every cluster whose cosine it reaches: ``minimum``, or where that is none, where the
    phrase's own scores stand out in this collection.

    Raises:
        UsageError: no phrases or tags; the vec type's model reads no text and texts are asked for; a wrong filter.
        VectorsMissing: no vectors yet. Cancelled: while it worked.
    """
    from core.actions import anchors
    from core.actions.scope import scope

    by_text = parameters.by == TEXTS or parameters.anchor == NAMES
    names = split_names(parameters.names)
    if parameters.by == TEXTS and not names:
        raise UsageError("names: no phrase is given", "give some with commas between them, such as: cat, dog, red car")
    within = scope(context, parameters.vec_type, parameters.where, needs_text=by_text)
    if parameters.by == TEXTS:
        found = anchors.of_texts(context, within, names, names)
    else:
        found = anchors.of_tags(context, within, names, parents=parameters.parents, by_name=by_text)
    context.say(f"assigning {count(len(within.numbers), 'picture')}")
    return _answer(context, within, found, parameters)


def split_names(line: str) -> list[str]:
    """Phrases with commas between them, each once; one that holds a comma stands in double quotes."""
    cells = next(csv.reader([line], skipinitialspace=True), [])
    return list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))


def _answer(context: Context, within: Scope, found: Anchors, parameters: ClusterByParameters) -> Answer:
    from core.actions.anchors import fitting_members, nearest_members
    from core.actions.cluster_groups import ranked_groups

    minimum = None if parameters.minimum == NO_MINIMUM else parameters.minimum
    put = fitting_members if parameters.many else nearest_members
    members, rest = put(context, within, found.rows, minimum)
    groups = ranked_groups(context, within, [printable(name) for name in found.names], members, rest)
    empty = [name for name, (numbers, _) in zip(found.names, members, strict=True) if not len(numbers)]
    title = f"{count(len(within.numbers), 'picture')} by {count(len(found.names), parameters.by.removesuffix('s'))}"
    answer = Answer("cluster_by", within.vec_type.name, title, groups, within.note).with_note(found.note)
    if empty:
        listed = ", ".join(printable(name) for name in empty[:5]) + (" …" if len(empty) > 5 else "")
        answer = answer.with_note(f"without a picture: {listed}")
    return answer


CLUSTER_BY = Action(
    name="cluster_by",
    command="cluster-by",
    title="Clusters by texts or tags",
    help="each picture to its nearest phrase, or to the tag whose pictures it resembles",
    key="C",
    parameters=ClusterByParameters,
    run=cluster_by,
)
