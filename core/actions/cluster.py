"""Clusters: pictures that look alike, grouped without being asked for anything in particular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.parameters import choice_field, switch_field, vec_type_field, where_field, whole_field
from core.text import count

if TYPE_CHECKING:
    from core.actions.cluster_groups import Parts
    from core.actions.scope import Scope
    from core.models.backend import Rows
    from core.vectors.assignment import Numbers

K_MEANS, HDBSCAN = "k-means", "hdbscan"
_A_CENTRE = 256  # pictures that a centre is made from: more do not move it (as faiss has it)
_SAMPLE_LEAST, _SAMPLE_MOST = 16_384, 100_000  # pictures that the centres are made from: 200 MB of 512 numbers each
_DENSE_MOST = 50_000  # pictures that HDBSCAN looks at: its time grows with their square
_FLOOR = 0.1  # of a dense cluster's pictures lie further from its centre than what may join it later


@dataclass(frozen=True, kw_only=True)
class ClusterParameters:
    """Parameters of :data:`CLUSTER`."""

    vec_type: str = vec_type_field()
    method: str = choice_field(
        "method",
        "k-means: every picture in one of k clusters; hdbscan: only where pictures lie densely, the rest unclustered",
        (K_MEANS, HDBSCAN),
        default=K_MEANS,
    )
    k: int = whole_field("k", "k-means: how many clusters", default=0, least=1, most=2_000, auto=True)
    least: int = whole_field(
        "least", "hdbscan: how many pictures make a cluster", default=0, least=2, most=100_000, auto=True
    )
    words: bool = switch_field("words", "name clusters by words, where the model reads text", default=True)
    seed: int = whole_field("seed", "the same seed gives the same clusters", default=0)
    where: str | tuple[str, ...] = where_field()


def cluster(context: Context, parameters: ClusterParameters) -> Answer:
    """Group the collection. The tightest cluster comes first, and in each its most typical picture.

    Nothing depends on the order in which vectors were computed: the same pictures and seed give the same clusters.

    Raises:
        UsageError: a wrong filter. VectorsMissing: no vectors yet. Cancelled: while it worked.
    """
    from core.actions.cluster_groups import grouped
    from core.actions.scope import scope

    within = scope(context, parameters.vec_type, parameters.where)
    parts, notes = (_dense if parameters.method == HDBSCAN else _around_centres)(context, within, parameters)
    groups, trouble = grouped(context, within, parts, words=parameters.words)
    there = len(groups) - bool(parts.rest and groups and groups[-1].score is None)
    title = f"{count(there, 'cluster')} of {count(len(within.numbers), 'picture')}"
    answer = Answer("cluster", within.vec_type.name, title, groups, within.note)
    for note in (*notes, trouble):
        answer = answer.with_note(note)
    return answer


def _around_centres(context: Context, within: Scope, parameters: ClusterParameters) -> tuple[Parts, list[str]]:
    from core.actions.cluster_groups import Parts
    from core.vectors.assignment import assign
    from core.vectors.cluster_count import SAMPLE, automatic_k
    from core.vectors.kmeans import spherical_kmeans

    numbers, check = within.numbers, context.check_stop
    k, notes = parameters.k, []
    if not k:
        context.say("looking for the number of clusters")
        _, rows = _sample(within, SAMPLE, parameters.seed)
        found = automatic_k(rows, len(numbers), parameters.seed, check)
        k = found.k
        if not found.apart and len(numbers) > 2:
            notes.append(f"no number of clusters stands out: {k} is a handy one, set another with k")
    size = min(max(_A_CENTRE * k, _SAMPLE_LEAST), _SAMPLE_MOST)
    context.say(f"making {count(k, 'cluster')}")
    _, rows = _sample(within, size, parameters.seed)
    centres = spherical_kmeans(rows, k, parameters.seed, check)
    if len(rows) < len(numbers):
        notes.append(f"centres from a sample of {count(len(rows), 'picture')}")
    if len(centres) < parameters.k:
        notes.append(f"{count(parameters.k)} clusters were asked for: there are only {count(len(centres))}")
    context.say(f"assigning {count(len(numbers), 'picture')}")
    return Parts(assign(within.snapshot.rows, numbers, centres, check).labels, len(centres)), notes


def _dense(context: Context, within: Scope, parameters: ClusterParameters) -> tuple[Parts, list[str]]:
    import numpy as np

    from core.actions.cluster_groups import Parts
    from core.vectors.assignment import NOWHERE, assign, centres_of, scores_of
    from core.vectors.density import dense_groups

    rows, numbers, check = within.snapshot.rows, within.numbers, context.check_stop
    places, sampled = _sample(within, _DENSE_MOST, parameters.seed)
    least = parameters.least or max(5, round(len(sampled) ** 0.5 / 4))
    context.say(f"looking where {count(len(sampled), 'picture')} lie densely")
    found = dense_groups(sampled, least, check)
    total = int(found.max(initial=NOWHERE)) + 1
    labels = np.full(len(numbers), NOWHERE, np.int32)
    labels[places] = found
    notes = [f"a cluster has {count(least, 'picture')} at least"]
    if not total:
        notes = [f"nowhere do {count(least, 'picture')} lie densely: try a smaller number, or k-means"]
    elif len(places) < len(numbers):
        context.say("assigning the other pictures")
        centres = centres_of(rows, numbers, labels, total, check)
        scores = scores_of(rows, numbers, labels, centres, check)
        floors = np.array([np.quantile(scores[labels == label], _FLOOR) for label in range(total)])
        nearest = assign(rows, numbers, centres, check)
        joins = nearest.scores >= floors[nearest.labels]
        joins[places] = False
        labels[joins] = nearest.labels[joins]
        notes.append(f"found in a sample of {count(len(places), 'picture')}: the others joined the nearest, if near")
    return Parts(labels, total, rest="unclustered"), notes


def _sample(within: Scope, size: int, seed: int) -> tuple[Numbers, Rows]:
    """Some of the pictures, all if there are fewer: their places in ``within.numbers``, and their rows in memory.

    In the order of the pictures' keys, whichever order the rows were computed in. Keys are checksums: it tells nothing.
    """
    import numpy as np

    numbers = within.numbers
    order = np.argsort(within.snapshot.keys[numbers], kind="stable")
    if size < len(order):
        order = order[np.sort(np.random.default_rng(seed).choice(len(order), size, replace=False))]
    return order, np.asarray(within.snapshot.rows[numbers[order]])


CLUSTER = Action(
    name="cluster",
    command="cluster",
    title="Clusters",
    help="pictures that look alike, grouped",
    key="c",
    parameters=ClusterParameters,
    run=cluster,
)
