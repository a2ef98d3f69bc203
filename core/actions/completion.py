"""Completing a group: its examples and what was refused rank the rest, and every decision ranks it anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.answer import Match
from core.actions.definition import Context
from core.actions.queries import Example, example_rows, examples
from core.actions.scope import Scope, Where, matches, scope
from core.catalog.catalog import KEY, KEY_BYTES
from core.catalog.subjects import Selection, Subject, find_subject
from core.errors import UsageError
from core.models.backend import Rows
from core.text import count, printable
from core.vectors.background import Background, background
from core.vectors.coverage import Covered
from core.vectors.keys import is_in
from core.vectors.nearest import nearest
from core.vectors.recommender import Direction, learn

METHOD = "whitened ridge regression: examples 1, refused and the average picture 0"
# The statistics of a collection that grows by less than this share stay as they are.
_GROWTH = 1.1
_FEWEST_FOR_LIMIT = 3  # examples: fewer cannot tell how much alike the group's pictures are


@dataclass(frozen=True)
class Suggestions:
    """The candidates for a group, and how it stands.

    Attributes:
        vec_type: name of the vectors used.
        matches: likeliest first; the score is 0 as the average picture; 1 is what examples are drawn to.
        likely: how many of them are no less alike than the example ``limit`` is to the others.
        limit: name of the example at the lower quartile, fit to be shown; empty where there are too few to say.
        members: keys of the group's pictures.
        refused: keys of the pictures that were ever refused for it.
        note: what the person should know; empty for nothing.
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
        """Where the likely ones end, in words; empty where that cannot be said."""
        if not self.limit or self.likely == len(self.matches):
            return ""
        where = f"after the first {self.likely:,}" if self.likely else "all"
        return f"{where} less alike than the example {self.limit}"


class Completion:
    """Ranks, and ranks again. For one thread at a time.

    Args:
        context: what actions use.
        subject: the group.
        vec_type: which vectors; empty for the default ones.
        where: the part of the collection that candidates come from.
        outside: examples that are no pictures of the project.

    Attributes:
        subject: may be replaced by another of the same pictures, when a selection was saved.
    """

    def __init__(
        self, context: Context, subject: Subject, vec_type: str, where: Where = "", outside: Sequence[Example] = ()
    ) -> None:
        self.subject = subject
        self._context = context
        self._vec_type = vec_type
        self._where = where
        self._outside = list(outside)
        self._outside_rows: Rows | None = None
        self._covered: Covered | None = None
        self._scope: Scope | None = None
        self._background: tuple[int, Background] | None = None
        self._numbers: dict[bytes, int] = {}  # row of each picture that was met; -1 for none

    @property
    def outside_paths(self) -> tuple[str, ...]:
        """The examples that are no pictures of the project."""
        return tuple(os.fsdecode(example.path) for example in self._outside)

    def rank(self, top: int) -> Suggestions:
        """The ``top`` likeliest of the pictures that are not decided.

        Raises:
            UsageError: no example has vectors; the tag or group is gone. VectorsMissing: the vectors are.
        """
        looked_at = self._look()
        self._context.check_stop()
        members, refused = self.subject.members(), self.subject.refused()
        rows = looked_at.snapshot.rows
        accepted, against = self._rows_of(members), self._rows_of(sorted(refused))
        examples_rows = np.concatenate([rows[accepted[accepted >= 0]], self._rows_outside(looked_at)])
        if not len(examples_rows):
            raise self._no_examples(len(members) + len(self._outside), looked_at)
        statistics = self._statistics()
        self._context.check_stop()
        direction = learn(statistics, examples_rows, rows[against[against >= 0]])
        allowed = looked_at.allowed.copy()
        allowed[accepted[accepted >= 0]] = allowed[against[against >= 0]] = False
        found = nearest(rows, direction.weights, top, allowed)
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
        """The rows to rank. Kept while neither the vectors nor the pictures change."""
        project = self._context.project
        if self._scope is None:
            self._scope = scope(self._context, self._vec_type, self._where)
        covered = project.covered(self._scope.vec_type)
        if covered is not self._covered:
            self._scope = scope(self._context, self._scope.vec_type.name, self._where)
            self._covered, self._numbers = covered, {}
        return self._scope

    def _rows_of(self, keys: Sequence[bytes]) -> npt.NDArray[np.int64]:
        """Number of the row of each picture, -1 for none. A pass over all keys only where one was never met."""
        new = sorted(key for key in keys if key not in self._numbers)
        if new and self._covered is not None:
            snapshot, present = self._covered.snapshot, self._covered.present
            hits = np.flatnonzero(is_in(snapshot.keys, np.array(new, KEY)) & present)
            self._numbers.update(dict.fromkeys(new, -1))
            self._numbers.update(
                (key.ljust(KEY_BYTES, b"\0"), number)
                for key, number in zip(snapshot.keys[hits].tolist(), hits.tolist(), strict=True)
            )
        return np.array([self._numbers[key] for key in keys], np.int64)

    def _rows_outside(self, looked_at: Scope) -> Rows:
        if self._outside_rows is None:
            self._outside_rows = (
                example_rows(self._context, looked_at.snapshot, self._outside)
                if self._outside
                else np.zeros((0, looked_at.snapshot.manifest.dim), np.float32)
            )
        return self._outside_rows

    def _statistics(self) -> Background:
        covered = self._covered
        assert covered is not None  # noqa: S101  _look comes first
        if self._background is None or covered.done > _GROWTH * self._background[0]:
            numbers = np.flatnonzero(covered.present)
            self._background = (covered.done, background(covered.snapshot.rows, numbers))
        return self._background[1]

    def _limit(self, direction: Direction, members: list[bytes], accepted: npt.NDArray[np.int64]) -> tuple[float, str]:
        """The score that the example at the lower quartile would have if it were none, and its name.

        On the labelled drawings, after 5 decisions, 46 of 100 pictures above it belong to the group; above the lowest
        score of all, which an example that fits ill draws down, 14 of 100.
        """
        used = len(direction.used)
        if used < _FEWEST_FOR_LIMIT:
            return -np.inf, ""
        lowest = int(np.argsort(direction.held_out, kind="stable")[(used - 1) // 4])
        place = int(direction.used[lowest])
        with_rows = np.flatnonzero(accepted >= 0)
        if place >= len(with_rows):
            return float(direction.held_out[lowest]), self._outside[place - len(with_rows)].name
        key = members[int(with_rows[place])]
        picture = self._context.project.catalog.by_keys([key]).get(key)
        return float(direction.held_out[lowest]), printable(picture.name) if picture else ""

    def _no_examples(self, given: int, looked_at: Scope) -> UsageError:
        if not given:
            return UsageError(f"{self.subject.name} has no pictures yet", "put the first few into it yourself")
        what = "the example has" if given == 1 else f"none of the {given:,} examples has"
        return UsageError(
            f"{self.subject.name}: {what} vectors {looked_at.vec_type}",
            "choose other vectors, or Restart these: they may be incomplete",
        )

    def _note(self, looked_at: Scope, accepted: npt.NDArray[np.int64], found: int) -> str:
        without = int(np.count_nonzero(accepted < 0))
        parts = [
            looked_at.note,
            f"{count(without, 'example')} without vectors" if without else "",
            "" if found else "every picture here is decided",
        ]
        return " · ".join(part for part in parts if part)


def completion(
    context: Context, vec_type: str, target: str, like: Sequence[str], unlike: Sequence[str], where: Where
) -> Completion:
    """A completion of a tag or group by name, or of pictures.

    Args:
        context: what actions use.
        vec_type: which vectors; empty for the default ones.
        target: ``tag:NAME`` or ``group:NAME``; empty for a selection.
        like: pictures that belong together, where there is no ``target``.
        unlike: pictures that do not belong to them.
        where: the part of the collection that candidates come from.

    Raises:
        UsageError: neither is given; no such tag, group or picture.
    """
    if target:
        return Completion(context, find_subject(context.project.catalog, target), vec_type, where)
    if not like:
        raise UsageError("recommend for what?", "give example pictures, or a group: tag:NAME, group:NAME")
    chosen = examples(context, like)
    refused = [example.picture.key for example in examples(context, unlike) if example.picture]
    outside = [example for example in chosen if example.picture is None]
    name = chosen[0].name if len(chosen) == 1 else count(len(chosen), "picture")
    members = [example.picture.key for example in chosen if example.picture]
    return Completion(context, Selection(members, refused, f"like {name}"), vec_type, where, outside)
