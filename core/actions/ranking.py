"""A query's nearest pictures as an answer. Shared by every action that ranks."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from core.actions.answer import Answer, Group, Match
from core.actions.definition import Context
from core.catalog.catalog import KEY, KEY_BYTES
from core.models.backend import Rows
from core.text import count
from core.vectors.nearest import nearest
from core.vectors.store import Snapshot
from core.vectors.vec_type import VecType


def ranked(
    context: Context,
    action: str,
    vec_type: VecType,
    snapshot: Snapshot,
    query: Rows,
    top: int,
    *,
    title: str,
    without: Collection[bytes] = (),
) -> Answer:
    """The ``top`` pictures of the project nearest to ``query``, shape (dim,).

    Pictures that have left the project keep their rows but are not shown. An incomplete vec type is used as far as it
    goes, and the answer's note says so.
    """
    catalog = context.project.catalog
    present = catalog.keys()
    allowed = snapshot.live & np.isin(snapshot.keys, present)
    covered = int(allowed.sum())
    if without:
        allowed &= ~np.isin(snapshot.keys, np.array(sorted(without), KEY))
    found = nearest(snapshot.rows, query, top, allowed)
    keys = [bytes(key).ljust(KEY_BYTES, b"\0") for key in snapshot.keys[found.numbers]]
    pictures = catalog.by_keys(keys)
    matches = tuple(
        Match(key, pictures[key].path, float(score))
        for key, score in zip(keys, found.scores, strict=True)
        if key in pictures
    )
    note = ""
    if covered + int(np.isin(present, snapshot.failed).sum()) < len(present):
        note = f"{vec_type} covers {count(covered)} of {count(len(present), 'picture')}: Restart computes the rest"
    return Answer(action, vec_type.name, title, (Group(title, matches),), note)
