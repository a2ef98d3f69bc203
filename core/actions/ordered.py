"""Orders and groups pictures by their properties or by similarity."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.catalog.facts import Facts
from core.errors import TooFewVectors
from core.filters.arrange import PictureGroup, group_ids, sort_by_values, sort_ids
from core.filters.ordering import Order
from core.project import Project
from core.search.nearest import cosines
from core.text import count, printable
from core.vectors.vec_types import choose, how_to_complete


@dataclass(frozen=True)
class Ordered:
    """Ordered pictures.

    Attributes:
        facts: the sort keys.
        ids: numbers of the pictures.
        buckets: the same pictures in groups, in this order within each; empty if no grouping was requested.
        scores: cosine of every picture of ``facts``, shape (n,), NaN for none; None if not ordered by similarity.
    """

    facts: Facts
    ids: array[int]
    buckets: Sequence[PictureGroup] = ()
    scores: npt.NDArray[np.float64] | None = None

    def scores_of(self, ids: Sequence[int]) -> list[float | None]:
        """The score of each of these pictures."""
        if self.scores is None:
            return [None] * len(ids)
        scores = self.scores[self.facts.slots(np.array(ids, np.int64))]
        return [None if np.isnan(score) else float(score) for score in scores]


def ordered(project: Project, ids: Sequence[int], order: Order) -> Ordered:
    """Order pictures, then group them.

    By similarity the reference picture comes first, and pictures without a row last.

    Args:
        project: is read.
        ids: pictures.
        order: requested order.

    Raises:
        UsageError: there is no such property. TooFewVectors: the reference picture has no row.
        VectorsMissing: no vectors yet. StoreDamaged: they cannot be read.
    """
    catalog = project.catalog
    facts, scores = catalog.facts(), None
    if order.like:
        scores = _similarities(project, facts, order)
        found = sort_by_values(facts, ids, -scores)
    elif order.by:
        found = sort_ids(catalog, ids, order.by.name, order.descending)
    else:
        found = array("q", ids)
    if order.group is None:
        return Ordered(facts, found, (), scores)
    span = order.span if order.group.kind == "date" else None
    buckets = group_ids(catalog, found, order.group.name, span)
    facts.keys  # noqa: B018  loaded here, in a thread, so that later callers do not wait for it
    return Ordered(facts, found, buckets, scores)


def _similarities(project: Project, facts: Facts, order: Order) -> npt.NDArray[np.float64]:
    """Cosine of each picture to the reference picture, shape (n,); NaN without a row."""
    vec_type = choose(project.vectors_folder, order.vec_type, project.settings.default_vec_type, needs_text=False)
    covered = project.rows_of(vec_type)
    number = covered.snapshot.row_of(order.like)
    if number is None:
        raise TooFewVectors(
            f"{printable(order.like_name)} has no {vec_type} vectors: "
            f"{count(covered.done)} of {count(covered.total, 'picture')} have them",
            how_to_complete(vec_type),
            vec_type.name,
        )
    scores = cosines(covered.snapshot.rows, covered.snapshot.rows[number])
    values = np.full(len(facts.ids), np.nan)
    pictures = facts.ids_of(covered.snapshot.keys[covered.present].tolist())
    values[facts.slots(pictures)] = scores[covered.present][facts.known(pictures)]
    return values
