"""The rows that an action works on: those of a vec type for the requested part of the project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.answer import Match
from core.actions.definition import Context
from core.actions.naming import at_fault, called, fault
from core.actions.queries import examples
from core.arrays import all_alike
from core.catalog.lookup import keys_at
from core.errors import TooFewVectors, UsageError
from core.filters.evaluation import keys_where
from core.key_arrays import Keys, is_in, whole_keys
from core.keys import KEY
from core.project import Project
from core.text import count, printable
from core.vectors import store
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType
from core.vectors.vec_types import choose, how_to_complete, too_few

Where = str | tuple[str, ...]
_KEY = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Scope:
    """The rows that an action works on.

    Attributes:
        vec_type: of the vectors.
        snapshot: of the committed rows.
        allowed: mask of the rows to use, shape (rows,), bool.
        note: what is missing, and whether the rows say anything, in words; empty if there is nothing to say.
        incomplete: whether pictures have no row yet.
    """

    vec_type: VecType
    snapshot: Snapshot
    allowed: npt.NDArray[np.bool_]
    note: str
    incomplete: bool = False

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """Numbers of the allowed rows, ascending."""
        return np.flatnonzero(self.allowed)

    def keys_of(self, numbers: npt.NDArray[np.int64]) -> list[bytes]:
        """Keys of rows, 20 bytes each."""
        return whole_keys(self.snapshot.keys[numbers])

    def without(self, keys: Iterable[bytes]) -> Scope:
        """This scope without some pictures."""
        left_out = np.array(sorted(keys), KEY)
        allowed = self.allowed & ~is_in(self.snapshot.keys, left_out)
        return Scope(self.vec_type, self.snapshot, allowed, self.note, self.incomplete)


def scopes_of(
    context: Context, vec_type: str, also: Sequence[str], where: Where, *, needs_text: bool = False
) -> list[Scope]:
    """A scope of the vec type, and of each in ``also``; see :func:`scope`."""
    named = [("vec_type", vec_type), *(("also", name) for name in also)]
    return [scope(context, name, where, needs_text=needs_text, parameter=parameter) for parameter, name in named]


def scope(
    context: Context,
    wanted: str,
    where: Where = "",
    *,
    needs_text: bool = False,
    least: int = 1,
    parameter: str = "vec_type",
) -> Scope:
    """The rows of the vec type ``wanted`` (empty: the default one) of the pictures that ``where`` selects.

    Rows of pictures that have left the project are kept but not used.

    Args:
        context: the project.
        wanted: name of a vec type.
        where: a filter or a selection; empty for all pictures.
        needs_text: require a model that reads text.
        least: minimum number of rows, if there are as many pictures; with fewer rows an error is raised.
        parameter: which holds ``wanted``.

    Raises:
        UsageError: the vec type cannot serve; the filter is wrong, or no picture passes it; a picture is not there; the
            project is empty, or none of its pictures could be read.
        TooFewVectors: fewer rows than ``least``, though there are as many pictures. VectorsMissing: no vectors yet.
        StoreDamaged: they cannot be read.
    """
    project = context.project
    with at_fault(parameter):
        vec_type = choose(project.vectors_folder, wanted, project.settings.default_vec_type, needs_text=needs_text)
    covered = project.rows_of(vec_type)
    _check_enough(vec_type, covered.done, covered.total, least, failed=covered.failed, rows_ever=len(covered.present))
    notes, incomplete = [], covered.done + covered.failed < covered.total
    if incomplete:
        rest = _rest(project, vec_type)
        notes.append(f"{vec_type} covers {count(covered.done)} of {count(covered.total, 'picture')}: {rest}")
    allowed = covered.present
    if where:
        asked = keys_within(context, where)
        if not len(asked):
            raise _nothing_within(where)
        allowed = allowed & is_in(covered.snapshot.keys, asked)
        failed = int(np.count_nonzero(is_in(covered.snapshot.failed, asked)))
        _check_enough(vec_type, int(np.count_nonzero(allowed)), len(asked), least, within=True, failed=failed)
    if all_alike(covered.snapshot.rows, np.flatnonzero(allowed)):
        notes.append(f"all {vec_type} rows looked at are the same: no picture is nearer than another")
    return Scope(vec_type, covered.snapshot, allowed, " · ".join(notes), incomplete)


def _rest(project: Project, vec_type: VecType) -> str:
    """What becomes of the pictures without a row."""
    if vec_type.is_imported:
        return "the rest has no rows"
    if store.has_writer(project.vectors_folder / vec_type.name):
        return "the rest is being computed"
    return "Restart computes the rest"


def _check_enough(
    vec_type: VecType, done: int, total: int, least: int, *, within: bool = False, failed: int = 0, rows_ever: int = 0
) -> None:
    """Refuse to work on fewer than ``least`` rows.

    Args:
        vec_type: of the vectors.
        done: rows that there are.
        total: pictures that could have one.
        least: rows that are needed.
        within: whether a filter or selection restricts the pictures.
        failed: pictures that could not be read.
        rows_ever: rows of this vec type, including those of pictures that have left the project.
    """
    if total and done >= min(least, total):
        return
    prefix = f"{called('where')}: " if within else ""
    if not total:
        raise UsageError("the project has no pictures", "add some: pictoscope add FOLDER")
    if done + failed >= total:
        raise UsageError(
            f"{prefix}{failed:,} of {count(total, 'picture')} could not be read, {done:,} have {vec_type.name} vectors",
            f"see why: pictoscope vectors failures {vec_type.name}",
        )
    why = f"at least {least:,} are needed" if done else "the pictures changed" if rows_ever else ""
    raise too_few(vec_type, done, total, prefix=prefix, why=why)


def _nothing_within(where: Where) -> UsageError:
    what = (
        f"no picture matches {printable(where)}"
        if isinstance(where, str)
        else "none of these pictures is in the project"
    )
    return fault("where", what, "change it, or leave it out for all pictures")


def without_examples(looked_at: Scope, keys: Iterable[bytes]) -> Scope:
    """The scope without the query's example pictures.

    Raises:
        TooFewVectors: no row is left, and some pictures have no row yet.
    """
    rest = looked_at.without(keys)
    if rest.incomplete and not rest.allowed.any():
        done = int(np.count_nonzero(looked_at.allowed))
        message = f"{looked_at.note}; nothing but the {'example' if done == 1 else 'examples'} can be compared yet"
        raise TooFewVectors(message, how_to_complete(looked_at.vec_type), looked_at.vec_type.name)
    return rest


def matches(
    context: Context,
    keys: Sequence[bytes],
    scores: Sequence[float | None] | None = None,
    remarks: Sequence[str] | None = None,
) -> tuple[Match, ...]:
    """Matches for the pictures of an answer, in this order. Pictures that have left the project are skipped."""
    pictures = context.project.catalog.by_keys(keys)
    return tuple(
        Match(
            key,
            pictures[key].path,
            scores[index] if scores is not None else None,
            remarks[index] if remarks is not None else "",
        )
        for index, key in enumerate(keys)
        if key in pictures
    )


def keys_within(context: Context, where: Where) -> Keys:
    """Sorted keys of the pictures that a filter or a selection selects."""
    catalog = context.project.catalog
    if isinstance(where, str):
        with at_fault("where"):
            return keys_where(catalog, where, context.project.coverage_keys)
    keys_by_reference = {reference: bytes.fromhex(reference) for reference in where if _KEY.fullmatch(reference)}
    keys = np.array(sorted(keys_by_reference.values()), KEY)
    keys = keys[is_in(keys, catalog.keys())]
    # A key that ends in zeros is shorter in `known_keys`: NumPy's S20 drops trailing zeros.
    known_keys = set(keys.tolist())
    paths = {
        reference: os.path.abspath(os.fsencode(reference))
        for reference in where
        if keys_by_reference.get(reference, b"").rstrip(b"\0") not in known_keys
    }
    keys_by_path = keys_at(catalog, paths.values())
    # The remaining references are files that were not scanned yet, or errors.
    unknown_references = [reference for reference, path in paths.items() if path not in keys_by_path]
    found = examples(context, unknown_references, "where")
    more_keys = [*keys_by_path.values(), *(example.picture.key for example in found if example.picture)]
    return np.unique(np.concatenate([keys, np.array(more_keys, KEY)]))
