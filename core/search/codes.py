"""Rows with 8 bits for each number, and exact nearest rows found through them: a quarter of the bytes is read.

A row ``x`` is stored as ``scale * code`` beside the mean ``m`` of the collection, with what is missing, of length
``error``: x = m + scale * code + rest (scalar quantisation, as "SQ8" in other libraries). A query ``q`` is rounded in
the same way: q = step * rounded + change. So the true product differs from the one of the codes,

    m.q + scale * step * (code . rounded),

by at most ``error * |q| + |scale * code| * |change|`` (Cauchy-Schwarz). Rows whose product could be among the best are
compared by all their bits: the answer is exact, however coarse the codes are.
"""

from __future__ import annotations

import mmap
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core.search.nearest import Nearest, Scores, best, cosines

LARGEST = 127  # of a code
# Rounding of float32 products of rows of length one is smaller, also where bounds are added up.
_SLACK = 1e-5
# Codes decide nothing where so many rows could be among the best: then all are compared by all their bits.
_MOST_CANDIDATES = 1 / 8
_BLOCK = 65_536  # rows for each call: 32 MB of codes of 512 numbers
_ENCODED_AT_ONCE = 512  # rows: 1 MB of 512 numbers, which stays in the cache
_AT_ONCE = 8_192  # rows that are gathered from the file: 16 MB of 512 numbers

Rows = npt.NDArray[np.float32]
Records = npt.NDArray[np.void]


def record(dim: int) -> np.dtype[np.void]:
    """What is stored of a row of ``dim`` numbers: 12 bytes more than they are many."""
    return np.dtype([("scale", "<f4"), ("error", "<f4"), ("length", "<f4"), ("code", "i1", (dim,))])


def encode(rows: Rows, mean: Rows) -> Records:
    """The records of rows.

    Args:
        rows: shape (n, dim), float32.
        mean: shape (dim,), float32: near that of the rows, so that codes are small.

    Returns:
        Shape (n,) of :func:`record`. ``error`` and ``length`` are no smaller than they should be.
    """
    records = np.zeros(len(rows), record(rows.shape[1]))
    for start in range(0, len(rows), _ENCODED_AT_ONCE):
        _encode(rows[start : start + _ENCODED_AT_ONCE], mean, records[start : start + _ENCODED_AT_ONCE])
    return records


@dataclass(frozen=True)
class Codes:
    """The codes of the first rows of a collection.

    Attributes:
        mean: see :func:`encode`.
        records: shape (n,) of :func:`record`; usually mapped from a file.
    """

    mean: Rows
    records: Records

    def __len__(self) -> int:
        return len(self.records)

    def scores(self, query: Rows) -> tuple[Scores, Scores]:
        """Products of all rows with a query, and how far each may be from the true one: shape (n,) each, float32."""
        step = max(float(np.abs(query).max()), 1e-30) / LARGEST
        rounded = np.rint(query / step).clip(-LARGEST, LARGEST).astype(np.int8)
        change = float(np.linalg.norm(query.astype(np.float64) - step * rounded.astype(np.float64)))
        length = float(np.linalg.norm(query.astype(np.float64)))
        offset = np.float32(self.mean.astype(np.float64) @ query.astype(np.float64))
        scores, bounds = np.empty(len(self), np.float32), np.empty(len(self), np.float32)

        def compute(start: int) -> None:
            part = self.records[start : start + _BLOCK]
            end = start + len(part)
            scores[start:end] = _products(rounded, part["code"]) * (part["scale"] * np.float32(step)) + offset
            bounds[start:end] = part["error"] * np.float32(length) + part["length"] * np.float32(change)

        list(_threads().map(compute, range(0, len(self), _BLOCK)))
        return scores, bounds + np.float32(_SLACK * length)

    def wrong(self, rows: Rows, start: int) -> npt.NDArray[np.bool_]:
        """Which records do not say what they should of ``rows``, the first of which has the number ``start``.

        Args:
            rows: shape (n, dim).

        Returns:
            Shape (n,).
        """
        part = self.records[start : start + len(rows)]
        coarse = part["code"].astype(np.float32) * part["scale"][:, None]
        rest = np.linalg.norm((rows - self.mean - coarse).astype(np.float64), axis=1)
        lengths = np.linalg.norm(coarse.astype(np.float64), axis=1)
        right: npt.NDArray[np.bool_] = (rest <= part["error"] + _SLACK) & (lengths <= part["length"] + _SLACK)
        return ~right  # NaN is wrong, too


def nearest_through(
    codes: Codes, rows: Rows, query: Rows, k: int, allowed: npt.NDArray[np.bool_]
) -> tuple[Nearest, Scores]:
    """The nearest rows, exactly as :func:`core.search.nearest.nearest` finds them.

    Args:
        codes: of the first of the rows; those of the others are compared by all their bits.
        rows: shape (n, dim), float32.
        query: shape (dim,), float32.
        k: how many.
        allowed: mask of the rows to consider, shape (n,).

    Returns:
        The nearest, and the scores of all rows, shape (n,), float32: exact for the candidates, else as near as the
        codes say (some 0.0003 on average).
    """
    coarse, bounds = codes.scores(query)
    scores = np.concatenate([coarse, cosines(rows[len(codes) :], query)])
    bounds = np.concatenate([bounds, np.zeros(len(rows) - len(codes), np.float32)])
    sure = best(scores - bounds, k, allowed).scores
    if len(sure) < max(k, 1):
        candidates = np.flatnonzero(allowed)
    else:
        candidates = np.flatnonzero(allowed & ~(scores + bounds < sure[-1]))  # one that is no number, too
    if len(candidates) > _MOST_CANDIDATES * len(rows):
        exact = cosines(rows, query)
        return best(exact, k, allowed), exact
    _read_ahead(rows, candidates)
    for start in range(0, len(candidates), _AT_ONCE):
        numbers = candidates[start : start + _AT_ONCE]
        scores[numbers] = rows[numbers] @ query
    is_candidate = np.zeros(len(rows), bool)
    is_candidate[candidates] = True
    return best(scores, k, is_candidate), scores


def _encode(rows: Rows, mean: Rows, records: Records) -> None:
    finite = np.atleast_1d(np.isfinite(rows).all(axis=1))
    centred = np.where(finite[:, None], rows - mean, np.float32(0))
    scale = np.abs(centred).max(axis=1, initial=0.0) / np.float32(LARGEST)
    scale[scale == 0] = 1
    codes = np.rint(centred / scale[:, None])
    coarse = codes * scale[:, None]
    records["scale"], records["code"] = scale, codes
    records["length"] = _length(coarse)
    records["error"] = np.where(finite, _length(centred - coarse), np.float32(np.inf))  # else it could be ruled out


def _length(rows: Rows) -> Rows:
    """Lengths of rows, shape (n,), float32, rounded up by more than the sum's own rounding."""
    lengths: Rows = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return lengths * np.float32(1 + 1e-4) + np.float32(1e-12)


def _read_ahead(rows: Rows, numbers: npt.NDArray[np.int64]) -> None:
    """Tell the system which rows of a mapped file will be read: it reads many at a time, where they are not in memory.

    Without, each waits for the one before: for 3,000 rows some seconds.
    """
    mapping = getattr(rows, "_mmap", None)
    if not isinstance(mapping, mmap.mmap) or not hasattr(mapping, "madvise") or not rows.flags.c_contiguous:
        return
    begin = rows.ctypes.data - np.frombuffer(mapping, np.uint8).ctypes.data
    for number in numbers.tolist():
        start = begin + number * rows.strides[0]
        page = start - start % mmap.PAGESIZE
        mapping.madvise(mmap.MADV_WILLNEED, page, start + rows.strides[0] - page)


def _products(query: npt.NDArray[np.int8], codes: Any) -> npt.NDArray[np.float32]:
    """Integer products of codes with a query, shape (n,)."""
    import simsimd

    return np.asarray(simsimd.cdist(query[None], codes, "dot"), np.float32).ravel()


@cache
def _threads() -> ThreadPoolExecutor:
    """One for each processor: the product leaves the interpreter to others."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="codes")
