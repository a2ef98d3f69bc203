"""Completing a group: its examples and the refused pictures rank the rest; every decision re-ranks it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.answer import Match
from core.actions.definition import Context
from core.actions.naming import at_fault, called, fault
from core.actions.queries import example_rows, like_and_unlike
from core.actions.references import Example
from core.actions.scope import Scope, Where, matches, scope
from core.arrays import Rows
from core.errors import PictoscopeError, UsageError
from core.key_arrays import is_in
from core.keys import KEY, whole_key
from core.labels.recommend_targets import RecommendTarget, Selection, find_target
from core.search.ridge import Direction, fit_direction
from core.search.whitening import Whitening, fit_whitening
from core.text import count, printable
from core.vectors.coverage import Covered
from core.vectors.vec_types import too_few

# The statistics are recomputed once the collection has grown by this factor.
_GROWTH = 1.1
_FEWEST_FOR_LIMIT = 3  # examples: fewer do not tell how similar the group's pictures are


@dataclass(frozen=True)
class Suggestions:
    """The candidates for a group, and its current state.

    Attributes:
        vec_type: name of the vectors used.
        matches: likeliest first; score 0 is the average picture, 1 the target value of examples.
        likely: how many of them are at least as similar as the example ``limit`` is to the other examples.
        limit: name of the example at the lower quartile, printable; empty if there are too few examples.
        members: keys of the group's pictures.
        refused: keys of the pictures that were refused for it.
        note: for the user; may be empty.
    """

    vec_type: str
    matches: tuple[Match, ...]
    likely: int
    limit: str
    members: tuple[bytes, ...]
    refused: frozenset[bytes]
    note: str

    @property
    def remark(self) -> str:
        """Where the likely pictures end, in words; empty if unknown."""
        if not self.limit or self.likely == len(self.matches):
            return ""
        where = f"from no. {self.likely + 1:,} on," if self.likely else "all"
        return f"{where} less similar than your weak example {self.limit}"


class RecommendSession:
    """Ranks the candidates for a target after each decision. For one thread at a time.

    Args:
        context: of the action.
        target: tag, group or selection to complete.
        vec_type: which vectors; empty for the default ones.
        where: restricts the candidates.
        also: examples in addition to the target's pictures; pictures of the project or other files.
        against: counter-examples, likewise. They are not stored.

    Attributes:
        target: replaced by a group when a selection is saved.
    """

    def __init__(
        self,
        context: Context,
        target: RecommendTarget,
        vec_type: str,
        where: Where = "",
        also: Sequence[Example] = (),
        against: Sequence[Example] = (),
    ) -> None:
        self.target = target
        self._context = context
        self._vec_type = vec_type
        self._where = where
        self._also, self._against = list(also), list(against)
        self._also_rows: Rows | None = None
        self._against_rows: Rows | None = None
        self._covered: Covered | None = None
        self._scope: Scope | None = None
        self._background: tuple[int, Whitening] | None = None
        self._numbers: dict[bytes, int] = {}  # row of each picture that was met; -1 for none

    @property
    def also_paths(self) -> tuple[str, ...]:
        """The examples in addition to the target's pictures."""
        return tuple(os.fsdecode(example.path) for example in self._also)

    @property
    def against_paths(self) -> tuple[str, ...]:
        """The counter-examples that are not stored."""
        return tuple(os.fsdecode(example.path) for example in self._against)

    @property
    def ranked_by(self) -> str:
        """Name of the vec type that ranks; empty before the first ranking."""
        return self._scope.vec_type.name if self._scope else ""

    def rank(self, top: int) -> Suggestions:
        """The ``top`` likeliest undecided pictures.

        Raises:
            UsageError: the tag or group is gone, or has no pictures. TooFewVectors: no example has vectors.
            VectorsMissing: the vectors are gone.
        """
        looked_at = self._look()
        self._context.check_stop()
        members, refused = self.target.members(), self.target.refused()
        rows = looked_at.snapshot.rows
        accepted, against = self._rows_of(members), self._rows_of(sorted(refused))
        also_rows, against_rows = self._rows_beside(looked_at)
        examples_rows = np.concatenate([rows[accepted[accepted >= 0]], also_rows])
        if not len(examples_rows):
            raise self._no_examples(len(members) + len(self._also), looked_at)
        statistics = self._statistics()
        self._context.check_stop()
        direction = fit_direction(
            statistics, examples_rows, np.concatenate([rows[against[against >= 0]], against_rows])
        )
        beside = self._rows_of([example.picture.key for example in (*self._also, *self._against) if example.picture])
        allowed = looked_at.allowed.copy()
        for decided in (accepted, against, beside):
            allowed[decided[decided >= 0]] = False
        found, _ = looked_at.snapshot.nearest(direction.weights, top, allowed)
        scores = found.scores.astype(np.float64) + direction.offset
        keys = looked_at.keys_of(found.numbers)
        self._numbers.update(zip(keys, found.numbers.tolist(), strict=True))
        limit, name = self._limit(direction, members, accepted)
        return Suggestions(
            looked_at.vec_type.name,
            matches(self._context, keys, scores.tolist()),
            int(np.count_nonzero(scores >= limit)),
            name,
            tuple(members),
            frozenset(refused),
            self._note(looked_at, accepted, len(found.numbers)),
        )

    def _look(self) -> Scope:
        """The rows to rank. Cached while neither the vectors nor the pictures change."""
        project = self._context.project
        if self._scope is None:
            self._scope = scope(self._context, self._vec_type, self._where)
        covered = project.rows_of(self._scope.vec_type)
        if covered is not self._covered:
            self._scope = scope(self._context, self._scope.vec_type.name, self._where)
            self._covered, self._numbers = covered, {}
        return self._scope

    def _rows_of(self, keys: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Row number of each picture, -1 for none. Scans all keys only if a picture is not in the cache."""
        new = sorted(key for key in keys if key not in self._numbers)
        if new and self._covered is not None:
            snapshot, present = self._covered.snapshot, self._covered.present
            hits = np.flatnonzero(is_in(snapshot.keys, np.array(new, KEY)) & present)
            self._numbers.update(dict.fromkeys(new, -1))
            self._numbers.update(
                (whole_key(key), number)
                for key, number in zip(snapshot.keys[hits].tolist(), hits.tolist(), strict=True)
            )
        return np.array([self._numbers[key] for key in keys], np.int64)

    def _rows_beside(self, looked_at: Scope) -> tuple[Rows, Rows]:
        """Rows of the examples beside the group's own, for it and against it; computed once."""
        none = np.zeros((0, looked_at.snapshot.manifest.dim), np.float32)
        if self._also_rows is None or self._against_rows is None:
            self._also_rows, self._against_rows = (
                example_rows(self._context, looked_at.snapshot, chosen) if chosen else none
                for chosen in (self._also, self._against)
            )
        return self._also_rows, self._against_rows

    def _statistics(self) -> Whitening:
        covered = self._covered
        assert covered is not None  # noqa: S101  _look comes first
        if self._background is None or covered.done > _GROWTH * self._background[0]:
            numbers = np.flatnonzero(covered.present)
            self._background = (covered.done, fit_whitening(covered.snapshot.rows, numbers))
        return self._background[1]

    def _limit(self, direction: Direction, members: list[bytes], accepted: npt.NDArray[np.int64]) -> tuple[float, str]:
        """The held-out score of the example at the lower quartile, and its name.

        On the labelled drawings, after 5 decisions, 46 of 100 pictures above it belong to the group; above the lowest
        held-out score, which a single outlier among the examples lowers, 14 of 100.
        """
        used = len(direction.used)
        if used < _FEWEST_FOR_LIMIT:
            return -np.inf, ""
        lowest = int(np.argsort(direction.held_out, kind="stable")[(used - 1) // 4])
        index = int(direction.used[lowest])
        with_rows = np.flatnonzero(accepted >= 0)
        if index >= len(with_rows):
            return float(direction.held_out[lowest]), self._also[index - len(with_rows)].name
        key = members[int(with_rows[index])]
        picture = self._context.project.catalog.by_keys([key]).get(key)
        return float(direction.held_out[lowest]), printable(picture.name) if picture else ""

    def _no_examples(self, given: int, looked_at: Scope) -> PictoscopeError:
        if not given:
            return UsageError(f"{self.target.name} has no pictures yet", "add the first few yourself")
        return too_few(looked_at.vec_type, 0, given, prefix=f"{self.target.name}: ", why="no example to learn from")

    def _note(self, looked_at: Scope, accepted: npt.NDArray[np.int64], found: int) -> str:
        without = int(np.count_nonzero(accepted < 0))
        parts = [
            looked_at.note,
            f"{count(without, 'example')} without vectors" if without else "",
            "" if found else "every picture is decided",
        ]
        return " · ".join(part for part in parts if part)


def start_session(
    context: Context, vec_type: str, target: str, like: Sequence[str], unlike: Sequence[str], where: Where
) -> RecommendSession:
    """A session for a tag or group by name, or for pictures.

    Args:
        context: of the action.
        vec_type: which vectors; empty for the default ones.
        target: ``tag:NAME`` or ``group:NAME``; empty for a selection.
        like: pictures that belong together, or also belong to ``target``.
        unlike: pictures that do not belong.
        where: restricts the candidates.

    Raises:
        UsageError: neither a target nor pictures are given; no such tag, group or picture; a picture is in both
            like and unlike.
    """
    chosen, refused = like_and_unlike(context, like, unlike)
    if target:
        with at_fault("for_"):
            found = find_target(context.project.catalog, target)
        return _for_target(context, found, vec_type, where, (chosen, refused))
    if not chosen:
        hint = f"write tag:NAME or group:NAME, or give pictures: {called('like')}"
        raise fault("for_", "it is missing, and so are examples", hint)
    name = chosen[0].name if len(chosen) == 1 else count(len(chosen), "picture")
    members, others = ([one.picture.key for one in given if one.picture] for given in (chosen, refused))
    also, against = ([one for one in given if one.picture is None] for given in (chosen, refused))
    return RecommendSession(context, Selection(members, others, f"like {name}"), vec_type, where, also, against)


def _for_target(
    context: Context, target: RecommendTarget, vec_type: str, where: Where, beside: tuple[list[Example], list[Example]]
) -> RecommendSession:
    """A session for a tag or group with additional examples ``beside`` its own: for it, and against it.

    Raises:
        UsageError: an example contradicts an earlier decision.
    """
    chosen, refused = beside
    members = set(target.members())
    wrong = [one for one in refused if one.picture and one.picture.key in members]
    if wrong:
        raise fault("unlike", f"{wrong[0].name} belongs to {target.name}", "remove it there, or leave it out")
    against = target.refused()
    wrong = [one for one in chosen if one.picture and one.picture.key in against]
    if wrong:
        raise fault("like", f"{wrong[0].name} was refused for {target.name}", "accept it there, or leave it out")
    also = [one for one in chosen if not (one.picture and one.picture.key in members)]
    return RecommendSession(context, target, vec_type, where, also, refused)
