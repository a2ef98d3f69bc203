"""Unsupervised clusters: groups of pictures that look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actions.answer import Answer
from core.actions.definition import Action, Context
from core.actions.naming import called, fault
from core.actions.parameter_fields import choice_field, switch_field, vec_type_field, where_field, whole_field
from core.text import count

if TYPE_CHECKING:
    from core.actions.cluster_groups import Parts
    from core.actions.scope import Scope
    from core.arrays import Rows
    from core.search.assignment import Numbers

K_MEANS, HDBSCAN = "k-means", "hdbscan"
_A_CENTRE = 256  # pictures per centre: more do not move it (the value of faiss)
_SAMPLE_LEAST, _SAMPLE_MOST = 16_384, 100_000  # pictures to compute the centres from: 200 MB of 512 numbers each
_DENSE_MOST = 50_000  # pictures for HDBSCAN: its time is quadratic
_FEWEST = 2  # pictures
_FLOOR = 0.1  # quantile of a dense cluster's cosines to its centre that another picture must reach to join


@dataclass(frozen=True, kw_only=True)
class ClusterParameters:
    """Parameters of :data:`CLUSTER`."""

    vec_type: str = vec_type_field()
    method: str = choice_field(
        "method",
        "k-means: every picture in one of k clusters; hdbscan: only dense regions, the rest unclustered",
        (K_MEANS, HDBSCAN),
        default=K_MEANS,
    )
    k: int = whole_field(
        "k",
        "k-means: number of clusters",
        default=0,
        least=1,
        most=2_000,
        auto=True,
        only_with=("method", K_MEANS),
    )
    least: int = whole_field(
        "smallest",
        "hdbscan: minimum number of pictures in a cluster",
        default=0,
        least=2,
        most=100_000,
        auto=True,
        only_with=("method", HDBSCAN),
    )
    words: bool = switch_field("names", "name clusters by words, which needs a text model", default=True, advanced=True)
    seed: int = whole_field(
        "seed", "start of the random numbers: the same seed gives the same clusters", default=0, advanced=True
    )
    where: str | tuple[str, ...] = where_field()


def cluster(context: Context, parameters: ClusterParameters) -> Answer:
    """Cluster the collection. The tightest cluster comes first, and in each cluster its most typical picture.

    The result does not depend on the order in which vectors were computed, only on the pictures and the seed.

    Raises:
        UsageError: a wrong filter; a seed where nothing is random. VectorsMissing: no vectors yet.
        TooFewVectors: of fewer than two pictures. Cancelled: while it worked.
    """
    from core.actions.cluster_groups import grouped
    from core.actions.scope import scope

    within = scope(context, parameters.vec_type, parameters.where, least=_FEWEST)
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
    from core.search.assignment import assign
    from core.search.cluster_count import SAMPLE, choose_k
    from core.search.kmeans import spherical_kmeans

    numbers, check = within.numbers, context.check_stop
    k, notes = parameters.k, []
    if not k:
        context.say("looking for the number of clusters")
        _, rows = _sample(within, SAMPLE, parameters.seed)
        clustering = choose_k(rows, len(numbers), parameters.seed, check)
        k = clustering.k
        if not clustering.separated and len(numbers) > 2:
            notes.append(f"no number of clusters is clearly best: using {k}; set {called('k')} for another")
    size = min(max(_A_CENTRE * k, _SAMPLE_LEAST), _SAMPLE_MOST)
    context.say(f"computing {count(k, 'cluster')}")
    _, rows = _sample(within, size, parameters.seed)
    centres = spherical_kmeans(rows, k, parameters.seed, check)
    if len(rows) < len(numbers):
        notes.append(f"centres computed from a sample of {count(len(rows), 'picture')}")
    if len(centres) < parameters.k:
        notes.append(f"{count(parameters.k)} clusters were requested, only {count(len(centres))} found")
    context.say(f"assigning {count(len(numbers), 'picture')}")
    return Parts(assign(within.snapshot.rows, numbers, centres, check).labels, len(centres)), notes


def _dense(context: Context, within: Scope, parameters: ClusterParameters) -> tuple[Parts, list[str]]:
    import numpy as np

    from core.actions.cluster_groups import Parts
    from core.search.assignment import UNASSIGNED, assign, centres_of, scores_of
    from core.search.hdbscan import dense_clusters

    rows, numbers, check = within.snapshot.rows, within.numbers, context.check_stop
    if parameters.seed and len(numbers) <= _DENSE_MOST:
        message = f"hdbscan uses all of up to {_DENSE_MOST:,} pictures, so nothing is random"
        raise fault("seed", message, "leave it out")
    indices, sampled = _sample(within, _DENSE_MOST, parameters.seed)
    least = parameters.least or max(5, round(len(sampled) ** 0.5 / 4))
    context.say(f"finding dense regions among {count(len(sampled), 'picture')}")
    clustering = dense_clusters(sampled, least, check)
    total = int(clustering.max(initial=UNASSIGNED)) + 1
    labels = np.full(len(numbers), UNASSIGNED, np.int32)
    labels[indices] = clustering
    notes = [f"a cluster has at least {count(least, 'picture')}"]
    if not total:
        notes = [f"no dense region has {count(least, 'picture')}: try a smaller number, or k-means"]
    elif len(indices) < len(numbers):
        context.say("assigning the other pictures")
        centres = centres_of(rows, numbers, labels, total, check)
        scores = scores_of(rows, numbers, labels, centres, check)
        floors = np.array([np.quantile(scores[labels == label], _FLOOR) for label in range(total)])
        nearest = assign(rows, numbers, centres, check)
        joins = nearest.scores >= floors[nearest.labels]
        joins[indices] = False
        labels[joins] = nearest.labels[joins]
        notes.append(
            f"found in a sample of {count(len(indices), 'picture')}: the others joined a cluster, if near enough"
        )
    return Parts(labels, total, rest="unclustered"), notes


def _sample(within: Scope, size: int, seed: int) -> tuple[Numbers, Rows]:
    """A random sample, all pictures if there are fewer: indices into ``within.numbers``, and the rows in memory.

    Sorted by key, so that the order of computation does not matter. Keys are hashes: their order is uninformative.
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
    help="group pictures that look alike",
    key="c",
    parameters=ClusterParameters,
    run=cluster,
    short="Cluster",
    titled_in_full=True,
)
