"""Words for clusters: those that fit a cluster's pictures better than the whole collection."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import numpy.typing as npt

from core.actions.definition import Context
from core.actions.scope import Scope
from core.arrays import Rows
from core.text import count
from core.vectors.text_cache import text_rows

_BATCH = 32  # words encoded between two checks for cancellation
_SAMPLE = 4_096  # pictures to estimate the distribution of a word's cosines from
_WORDS = 4  # for each cluster
_FAR = 0.5  # words below this share of the best word's z-score are not used


_FLAT = 1e-4  # smaller standard deviations are rounding of equal cosines: no word stands out


def vocabulary() -> list[str]:
    """Everyday words for what pictures show."""
    return files("core.actions").joinpath("words.txt").read_text("utf-8").split("\n")[:-1]


def words_for(context: Context, within: Scope, means: Rows) -> list[list[str]]:
    """Up to four words for each cluster, the best first; none if no word stands out.

    Args:
        context: provides the encoder.
        within: the collection.
        means: of each cluster's rows, shape (k, dim), not normalised.

    Raises:
        ModelError: the model cannot be loaded.
    """
    words = vocabulary()
    rows = np.concatenate(
        [_rows(context, within, words[start : start + _BATCH], start) for start in range(0, len(words), _BATCH)]
    )
    numbers = within.numbers
    sample = within.snapshot.rows[numbers[:: max(1, len(numbers) // _SAMPLE)]]
    standing = standings(rows, means, np.asarray(sample))
    return [[words[number] for number in _outstanding(column)] for column in standing.T]


def standings(words: Rows, means: Rows, sample: Rows) -> npt.NDArray[np.float32]:
    """z-score of a word's mean cosine in a cluster, by its mean and standard deviation over the collection.

    Cosines alone do not do: some words ("drawing") are near every picture of a collection and would name all clusters.

    Args:
        words: shape (w, dim).
        means: of each cluster's rows, shape (k, dim).
        sample: rows of the collection, shape (n, dim).

    Returns:
        Shape (w, k).
    """
    cosines = words @ sample.T
    spread = cosines.std(axis=1)[:, None]
    above = words @ means.T - cosines.mean(axis=1)[:, None]
    return np.asarray(np.where(spread > _FLAT, above / np.maximum(spread, _FLAT), 0), np.float32)


def _outstanding(standing: npt.NDArray[np.float32]) -> list[int]:
    best = np.argsort(-standing, kind="stable")[:_WORDS]
    return [int(number) for number in best if standing[number] > 0 and standing[number] >= _FAR * standing[best[0]]]


def _rows(context: Context, within: Scope, words: list[str], done: int) -> Rows:
    context.check_stop()
    context.say(f"encoding words for cluster names: {count(done)} so far")
    return text_rows(context.encoder, within.snapshot.manifest, words).rows
