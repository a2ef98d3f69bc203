"""The pictures that several vec types have rows of, and those rows in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Rows, all_alike
from core.errors import TooFewVectors, UsageError
from core.key_arrays import Keys, is_in
from core.project import Project
from core.search.assignment import Numbers
from core.text import count
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType
from core.vectors.vec_types import choose

MOST = 6  # vec types at once: as many columns as a wide terminal has room for


@dataclass(frozen=True)
class RowsOfVecType:
    """The rows of one vec type that are compared.

    Attributes:
        vec_type: of the vectors.
        snapshot: of the committed rows: a job or another program that changes them does not disturb the comparison.
        numbers: row of each compared picture, shape (n,), int64.
        left_out: how many pictures have a row here but not in all other vec types.
    """

    vec_type: VecType
    snapshot: Snapshot
    numbers: Numbers
    left_out: int

    def rows(self) -> Rows:
        """A copy of the rows in the order of the compared pictures, shape (n, dim), float32: 200 MB for 100,000 x 512.

        Made at each call: hold on to one vec type at a time.
        """
        return np.asarray(self.snapshot.rows[self.numbers], np.float32)

    @property
    def all_alike(self) -> bool:
        """Whether all compared rows are the same numbers, so that no picture is nearer than another."""
        return all_alike(self.snapshot.rows, self.numbers)


@dataclass(frozen=True)
class CommonRows:
    """The same pictures through several vec types.

    Attributes:
        keys: of the pictures that all vec types have, sorted, dtype S20, shape (n,).
        pictures: how many pictures were asked for.
        of: the rows, one entry for each vec type, in the order asked for.
        note: what was left out, in words; empty if nothing.
    """

    keys: Keys
    pictures: int
    of: tuple[RowsOfVecType, ...]
    note: str


def common_rows(project: Project, names: Sequence[str], within: Keys | None = None, *, least: int = 2) -> CommonRows:
    """The pictures that all these vec types have.

    Args:
        project: open.
        names: of vec types, one or more, each once.
        within: sorted keys of the pictures to compare on, dtype S20; all pictures of the project by default.
        least: minimum number of common pictures.

    Raises:
        UsageError: a name is unknown or repeated, there are more than six, or fewer pictures than ``least``.
            VectorsMissing, TooFewVectors: no vectors of a name, or fewer common pictures than ``least``.
            StoreDamaged: they cannot be read.
    """
    if len(set(names)) < len(names):
        raise UsageError(f"{', '.join(names)}: a vec type is there twice", "give each of them once")
    if not 1 <= len(names) <= MOST:
        raise UsageError(f"{len(names)} vec types", f"give 1 to {MOST}")
    chosen = [choose(project.vectors_folder, name, "", needs_text=False) for name in names]
    covered = [project.rows_of(vec_type) for vec_type in chosen]
    asked = project.catalog.keys() if within is None else within
    if within is not None and not len(within):
        raise UsageError("no picture matches the filter", "change it, or leave it out for all pictures")
    keys = asked
    for one in covered:
        keys = keys[is_in(keys, np.sort(one.snapshot.keys[one.present]))]
    if len(keys) < least:
        raise _too_few(chosen, [one.done for one in covered], len(keys), len(asked), least)
    return CommonRows(
        keys,
        len(asked),
        tuple(
            _rows_of(vec_type, one.snapshot, one.present, keys, asked)
            for vec_type, one in zip(chosen, covered, strict=True)
        ),
        "" if len(keys) == len(asked) else _note(len(keys), len(asked), len(chosen)),
    )


def _rows_of(vec_type: VecType, snapshot: Snapshot, present: np.ndarray, keys: Keys, asked: Keys) -> RowsOfVecType:
    rows = np.flatnonzero(present)
    own = snapshot.keys[rows]
    order = np.argsort(own, kind="stable")
    numbers = rows[order][np.searchsorted(own[order], keys)]
    return RowsOfVecType(vec_type, snapshot, numbers, int(np.count_nonzero(is_in(own, asked))) - len(keys))


def _note(common: int, asked: int, vec_types: int) -> str:
    who = {1: "it has", 2: "both have"}.get(vec_types, "all of them have")
    return f"compared on the {count(common, 'picture')} that {who}, of {count(asked)}"


def _too_few(
    chosen: Sequence[VecType], done: Sequence[int], common: int, asked: int, least: int
) -> UsageError | TooFewVectors:
    shared = f"{', '.join(map(str, chosen))} have {count(common, 'picture')} of {count(asked)} in common"
    if common == asked:
        hint = "add pictures: pictoscope add FOLDER; or compare on more of them, if a filter chose these"
        return UsageError(f"{shared}; a comparison needs {least}", hint)
    behind = chosen[int(np.argmin(done))]
    return TooFewVectors(
        f"{shared}; a comparison needs {least}",
        f"complete them: {behind.restart_command}",
        behind.name,
    )
