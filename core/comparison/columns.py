"""One question through several vec types side by side: what each finds, and where a picture stands in the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.actions.definition import Context
from core.actions.naming import at_fault
from core.actions.phrases import Phrase, parse_wanted
from core.actions.queries import WHOLE, examples, picture_query, text_query
from core.actions.references import Example
from core.arrays import Rows
from core.comparison.common_rows import RowsOfVecType, common_rows
from core.comparison.comparison import default_vec_types
from core.comparison.shared_question import SharedQuestion
from core.errors import ModelChanged, ModelError, PictoscopeError, UnreadablePicture, UsageError
from core.key_arrays import Keys, is_in, whole_keys
from core.keys import KEY
from core.search.nearest import cosines
from core.text import count

MOST_ASKED = 1_000  # pictures: each is looked up by itself
TEN = 10  # "found" means: among as many tens of places as the picture itself is


@dataclass(frozen=True)
class Column:
    """What one vec type answers.

    Attributes:
        name: of the vec type.
        order: indices of the compared pictures, best first, shape (found,), int64; without those of the question.
        places: of each compared picture from 1; 0 for those of the question; shape (n,), int64.
        problem: why it does not answer; then it has no order.
    """

    name: str
    order: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    problem: str = ""


@dataclass(frozen=True)
class Columns:
    """One question through several vec types.

    Attributes:
        keys: of the pictures that all vec types have, sorted, dtype S20, shape (n,).
        of: a column for each vec type, in the order asked for.
        note: what was left out, in words; empty if nothing.
    """

    keys: Keys
    of: tuple[Column, ...]
    note: str

    @property
    def answering(self) -> tuple[Column, ...]:
        """The columns that have an answer: at least one."""
        return tuple(one for one in self.of if not one.problem)

    def ranked(self, column: Column, most: int) -> list[bytes]:
        """Keys of the first pictures of a column, best first."""
        return whole_keys(self.keys[column.order[:most]])

    def place(self, column: Column, key: bytes) -> int | None:
        """Where a picture stands in a column, from 1; None where it was not compared or the column has no answer."""
        at = int(np.searchsorted(self.keys, np.array(key, KEY)))
        if column.problem or at >= len(self.keys) or whole_keys(self.keys[at : at + 1])[0] != key:
            return None
        return int(column.places[at]) or None

    def only_here(self, column: Column, rank: int) -> bool:
        """Whether no other column finds the picture at a rank, from 1.

        That is: one of the first ten stands in nobody else's first ten, one of the second ten in nobody else's first
        twenty, and so on.
        """
        others = [one for one in self.answering if one is not column]
        limit = -(-rank // TEN) * TEN
        index = column.order[rank - 1]
        return bool(others) and all(int(one.places[index]) > limit for one in others)


def ask_side_by_side(context: Context, question: SharedQuestion) -> Columns:
    """Ask several vec types the same.

    Args:
        context: of the project; ``stop`` is looked at between vec types.
        question: pictures or a text, and which vec types.

    Raises:
        UsageError: a picture has left the project, the text is wrong, there is nothing else to rank, there are too
            many pictures, or no vec type can answer. TooFewVectors, VectorsMissing: fewer than two vec types, or too
            few pictures in common.
        StoreDamaged: they cannot be read. Cancelled: the caller set ``stop``.
    """
    if len(question.pictures) > MOST_ASKED:
        raise UsageError(f"{count(len(question.pictures), 'picture')} are chosen", f"ask with {MOST_ASKED} at most")
    names = list(question.names) or default_vec_types(context.project)
    common = common_rows(context.project, names)
    asked = examples(context, question.pictures)
    with at_fault("text"):
        phrases = parse_wanted(question.text) if question.text else ()
    own = is_in(common.keys, np.array(sorted(one.picture.key for one in asked if one.picture), KEY))
    if own.all():
        raise UsageError("there are no other pictures to compare with", "choose fewer pictures")
    columns, errors = list[Column](), list[PictoscopeError]()
    for one in common.of:
        context.check_stop()
        context.say(f"asking {one.vec_type.name}")
        try:
            columns.append(_column(one, _query(context, one, asked, phrases), own))
        except (ModelError, ModelChanged, UnreadablePicture, UsageError) as error:
            errors.append(error)
            nothing = np.zeros(0, np.int64)
            columns.append(Column(one.vec_type.name, nothing, nothing, error.message))
    if len(errors) == len(columns):
        raise errors[0]
    return Columns(common.keys, tuple(columns), common.note)


def _query(context: Context, one: RowsOfVecType, asked: Sequence[Example], phrases: Sequence[Phrase]) -> Rows:
    if not phrases:
        return picture_query(context, one.snapshot, asked)
    if not one.snapshot.manifest.text:
        raise UsageError("reads no text", "ask a vec type that does, such as conse")
    return text_query(context, one.snapshot, phrases, WHOLE).row


def _column(one: RowsOfVecType, query: Rows, own: npt.NDArray[np.bool_]) -> Column:
    scores = cosines(one.snapshot.rows, query)[one.numbers]
    order = np.argsort(-scores, kind="stable").astype(np.int64)
    order = order[~own[order]]
    places = np.zeros(len(scores), np.int64)
    places[order] = np.arange(1, len(order) + 1)
    return Column(one.vec_type.name, order, places)
