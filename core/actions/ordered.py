"""Pictures in the order, and in the groups, that somebody wishes: by what is known of them, or by similarity."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.catalog.arrange import Bucket, group_ids, sort_by_values, sort_ids
from core.catalog.facts import Facts
from core.catalog.order import Order
from core.errors import UsageError
from core.project import Project
from core.text import printable
from core.vectors.nearest import cosines
from core.vectors.vec_types import choose


@dataclass(frozen=True)
class Ordered:
    """Pictures in an order.

    Attributes:
        facts: what the order was made of.
        ids: numbers of the pictures.
        buckets: the same pictures in groups, in this order within each; empty where none are asked for.
        scores: cosine of every picture of ``facts``, shape (n,), NaN for none; None where similarity orders nothing.
    """

    facts: Facts
    ids: array[int]
    buckets: Sequence[Bucket] = ()
    scores: npt.NDArray[np.float64] | None = None

    def scores_of(self, ids: Sequence[int]) -> list[float | None]:
        """The score of each of these pictures."""
        if self.scores is None:
            return [None] * len(ids)
        found = self.scores[self.facts.slots(np.array(ids, np.int64))]
        return [None if np.isnan(score) else float(score) for score in found]


def ordered(project: Project, ids: Sequence[int], order: Order) -> Ordered:
    """Order pictures, then part them.

    By similarity the picture itself comes first, and those without a row last.

    Args:
        project: is read.
        ids: pictures.
        order: what is wished.

    Raises:
        UsageError: there is no such property, or the picture that others resemble has no row.
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
    facts.keys  # noqa: B018  read here, in a thread: whoever asks for the keys of a bucket later must not wait
    return Ordered(facts, found, buckets, scores)


def _similarities(project: Project, facts: Facts, order: Order) -> npt.NDArray[np.float64]:
    """Cosine of each picture to the one that others are to resemble, shape (n,); NaN for those without a row."""
    vec_type = choose(project.vectors_folder, order.vec_type, project.settings.default_vec_type, needs_text=False)
    covered = project.covered(vec_type)
    number = covered.snapshot.row_of(order.like)
    if number is None:
        raise UsageError(
            f"{printable(order.like_name)} has no vectors {vec_type}",
            "choose other vectors, or Restart these: g shows them",
        )
    scores = cosines(covered.snapshot.rows, covered.snapshot.rows[number])
    values = np.full(len(facts.ids), np.nan)
    pictures = facts.ids_of(covered.snapshot.keys[covered.present].tolist())
    values[facts.slots(pictures)] = scores[covered.present][facts.known(pictures)]
    return values
