"""Pictures in order of their similarity to one of them, and in groups."""

from __future__ import annotations

import numpy as np
import pytest

from core.actions.definition import Context
from core.actions.ordered import ordered
from core.actions.run import Question
from core.actions.similar import SIMILAR
from core.errors import TooFewVectors, VectorsMissing
from core.filters.ordering import DEFAULT_ORDER, Order, Sortable


def test_the_most_similar_come_first_as_the_action_ranks_them(context: Context) -> None:
    catalog = context.project.catalog
    ids = catalog.picture_ids()
    first = catalog.pictures(ids)[3]
    order = Order(like=first.key, like_name=first.name, vec_type="effnet-lite0")
    found = ordered(context.project, ids, order)
    answer = Question.of(SIMILAR, {"vec_type": "effnet-lite0", "like": (first.key.hex(),)}).ask(context)
    matches = answer.groups[0].matches
    keys = [picture.key for picture in catalog.pictures(found.ids)]
    assert keys == [first.key, *(match.key for match in matches)]
    assert found.facts.keys_of(found.ids) == keys
    scores = found.scores_of(found.ids)
    assert np.allclose([float(score or 0) for score in scores[1:]], [match.score or 0 for match in matches])
    assert scores[0] == pytest.approx(1, abs=1e-5)


def test_pictures_without_a_row_come_last_and_cannot_be_resembled(context: Context) -> None:
    catalog = context.project.catalog
    ids = catalog.picture_ids()
    first = catalog.pictures(ids)[3]
    with catalog.transaction() as database:  # a picture that was added since
        database.execute("INSERT INTO pictures VALUES (1000, ?, 5, 5, 'PNG', '')", (b"\1" * 20,))
        database.execute("INSERT INTO files (folder, name, picture, size, mtime_ns) VALUES (1, 'A', 1000, 5, 5)")
    order = Order(like=first.key, like_name=first.name, vec_type="effnet-lite0")
    found = ordered(context.project, [1000, *ids], order)
    assert found.ids[-1] == 1000
    assert found.scores_of([1000]) == [None]
    with pytest.raises(TooFewVectors, match="A has no effnet-lite0 vectors: 25 of 26 pictures have them"):
        ordered(context.project, ids, Order(like=b"\1" * 20, like_name="A", vec_type="effnet-lite0"))
    with pytest.raises(VectorsMissing):
        ordered(context.project, ids, Order(like=first.key, like_name="A", vec_type="conse+grey"))


def test_groups_hold_the_same_pictures_in_the_same_order(context: Context) -> None:
    ids = context.project.catalog.picture_ids()
    order = Order(by=Sortable("size", "number"), descending=True, group=Sortable("date", "date"), span="year")
    found = ordered(context.project, ids, order)
    assert sorted(found.ids) == sorted(ids)
    listed = [number for bucket in found.buckets for number in bucket.ids]
    assert sorted(listed) == sorted(ids)
    for bucket in found.buckets:
        assert list(bucket.ids) == [number for number in found.ids if number in set(bucket.ids)]
    assert found.scores_of(ids) == [None] * len(ids)
    assert list(ordered(context.project, ids, DEFAULT_ORDER).ids) == list(ids)
