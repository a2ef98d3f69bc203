"""Zero-shot clusters: each picture is assigned to the nearest of some phrases or of the project's tags."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actions.answer import Answer
from core.actions.cluster_choices import COMBINE, IGNORE, NAMES, PICTURES, TAGS, TEXTS, USE
from core.actions.definition import Action, Context
from core.actions.naming import at_fault, fault
from core.actions.parameter_fields import (
    choice_field,
    number_field,
    switch_field,
    text_field,
    vec_type_field,
    where_field,
)
from core.text import count, printable

if TYPE_CHECKING:
    from core.actions.cluster_anchors import Anchors
    from core.actions.scope import Scope

NO_MINIMUM = -1.0


@dataclass(frozen=True, kw_only=True)
class ClusterByParameters:
    """Parameters of :data:`CLUSTER_BY`."""

    vec_type: str = vec_type_field(text_with=(("by", TEXTS), ("anchor", NAMES)))
    by: str = choice_field(
        "by", "texts: the phrases that you give; tags: the project's tags", (TEXTS, TAGS), default=TEXTS
    )
    names: str = text_field(
        "names", "phrases or names of tags, separated by commas; all tags if left out", default="", first=True
    )
    anchor: str = choice_field(
        "anchor",
        "what represents a tag: the mean of its pictures, or its name as a text",
        (PICTURES, NAMES),
        default=PICTURES,
        only_with=("by", TAGS),
    )
    parents: str = choice_field(
        "parents",
        "parent tags: used like all others, combined with their child tags, or ignored",
        (USE, COMBINE, IGNORE),
        default=USE,
        only_with=("by", TAGS),
    )
    minimum: float = number_field(
        "minimum",
        "minimum score (cosine) to join a cluster; other pictures go to the rest",
        default=NO_MINIMUM,
        least=-1,
        most=1,
        limit=True,
        advanced=True,
    )
    many: bool = switch_field(
        "many", "put a picture in every cluster that it fits, not only in the nearest", advanced=True
    )
    where: str | tuple[str, ...] = where_field()


def cluster_by(context: Context, parameters: ClusterByParameters) -> Answer:
    """Assign each picture to its nearest phrase or tag. Clusters are sorted by mean cosine, the rest comes last.

    With ``many`` a picture is in every cluster whose minimum cosine it reaches: ``minimum`` or, if not given, where the
    phrase's own scores stand out in this collection.

    Raises:
        UsageError: no phrases or tags; the vec type's model reads no text and texts are asked for; a wrong filter.
        VectorsMissing: no vectors yet. Cancelled: while it worked.
    """
    from core.actions import cluster_anchors
    from core.actions.scope import scope

    by_text = parameters.by == TEXTS or parameters.anchor == NAMES
    names = split_names(parameters.names)
    if parameters.by == TEXTS and not names:
        raise fault("names", "no phrases given", "give some, separated by commas, such as: cat, dog, red car")
    within = scope(context, parameters.vec_type, parameters.where, needs_text=by_text)
    with at_fault("names"):
        if parameters.by == TEXTS:
            anchors = cluster_anchors.of_texts(context, within, names, names)
        else:
            anchors = cluster_anchors.of_tags(context, within, names, parents=parameters.parents, by_name=by_text)
    context.say(f"assigning {count(len(within.numbers), 'picture')}")
    return _answer(context, within, anchors, parameters)


def split_names(line: str) -> list[str]:
    """Split phrases at commas and drop repeated ones; a phrase with a comma is put in double quotes."""
    cells = next(csv.reader([line], skipinitialspace=True), [])
    return list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))


def _answer(context: Context, within: Scope, found: Anchors, parameters: ClusterByParameters) -> Answer:
    from core.actions.cluster_anchors import fitting_members, nearest_members
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
        answer = answer.with_note(f"no pictures for: {listed}")
    return answer


CLUSTER_BY = Action(
    name="cluster_by",
    command="cluster-by",
    title="Clusters by texts or tags",
    help="put each picture into the cluster of its nearest phrase or tag",
    key="C",
    parameters=ClusterByParameters,
    run=cluster_by,
    titled_in_full=True,
)
