"""Where an action looks: the rows of a vec type that belong to the part of the project that was asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.answer import Match
from core.actions.definition import Context
from core.actions.queries import examples
from core.catalog.catalog import KEY
from core.catalog.filter_evaluation import keys_where
from core.catalog.lookup import keys_at
from core.errors import UsageError
from core.text import count
from core.vectors.keys import Keys, is_in, whole_keys
from core.vectors.store import Snapshot
from core.vectors.vec_type import VecType
from core.vectors.vec_types import choose

Where = str | tuple[str, ...]
_KEY = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Scope:
    """The rows that an action works on.

    Attributes:
        vec_type: which vectors.
        snapshot: what is committed.
        allowed: which rows are looked at, shape (rows,), bool.
        note: what is missing, in words; empty where every picture is covered.
    """

    vec_type: VecType
    snapshot: Snapshot
    allowed: npt.NDArray[np.bool_]
    note: str

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """Numbers of the rows that are looked at, ascending."""
        return np.flatnonzero(self.allowed)

    def keys_of(self, numbers: npt.NDArray[np.int64]) -> list[bytes]:
        """Keys of rows, 20 bytes each."""
        return whole_keys(self.snapshot.keys[numbers])

    def without(self, keys: Iterable[bytes]) -> Scope:
        """The same scope, some pictures left out."""
        left_out = np.array(sorted(keys), KEY)
        allowed = self.allowed & ~is_in(self.snapshot.keys, left_out)
        return Scope(self.vec_type, self.snapshot, allowed, self.note)


def scope(context: Context, wanted: str, where: Where = "", *, needs_text: bool = False) -> Scope:
    """The rows of the vec type ``wanted`` (empty: the default one) that belong to the pictures ``where`` speaks of.

    Pictures that have left the project keep their rows but are not looked at.

    Raises:
        UsageError: the vec type cannot serve; the filter is wrong; a picture is not there.
        VectorsMissing: no vectors yet. StoreDamaged: they cannot be read.
    """
    project = context.project
    vec_type = choose(project.vectors_folder, wanted, project.settings.default_vec_type, needs_text=needs_text)
    covered = project.covered(vec_type)
    note = ""
    if covered.done + covered.failed < covered.total:
        note = (
            f"{vec_type} covers {count(covered.done)} of {count(covered.total, 'picture')}: Restart computes the rest"
        )
    allowed = covered.present
    if where:
        asked = keys_within(context, where)
        allowed = allowed & is_in(covered.snapshot.keys, asked)
        if not allowed.any():
            raise UsageError("within: no picture there has vectors", "choose other pictures, or Restart the vectors")
    return Scope(vec_type, covered.snapshot, allowed, note)


def matches(
    context: Context,
    keys: Sequence[bytes],
    scores: Sequence[float | None] | None = None,
    remarks: Sequence[str] | None = None,
) -> tuple[Match, ...]:
    """Pictures of an answer, in this order. Those that left the project meanwhile are passed over."""
    pictures = context.project.catalog.by_keys(keys)
    return tuple(
        Match(
            key,
            pictures[key].path,
            scores[number] if scores is not None else None,
            remarks[number] if remarks is not None else "",
        )
        for number, key in enumerate(keys)
        if key in pictures
    )


def keys_within(context: Context, where: Where) -> Keys:
    """Sorted keys of the pictures that a filter or a selection names."""
    catalog = context.project.catalog
    if isinstance(where, str):
        return keys_where(catalog, where, context.project.coverage_keys)
    named = {reference: bytes.fromhex(reference) for reference in where if _KEY.fullmatch(reference)}
    keys = np.array(sorted(named.values()), KEY)
    keys = keys[is_in(keys, catalog.keys())]
    there = set(keys.tolist())
    others = [reference for reference in where if named.get(reference, b"").rstrip(b"\0") not in there]
    paths = {reference: os.path.abspath(os.fsencode(reference)) for reference in others}
    at = keys_at(catalog, paths.values())
    # What is left is a file that was not scanned yet, or an error that says so.
    rest = examples(context, [reference for reference, path in paths.items() if path not in at])
    more = [*at.values(), *(example.picture.key for example in rest if example.picture)]
    return np.unique(np.concatenate([keys, np.array(more, KEY)]))
