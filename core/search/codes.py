"""Rows with 8 bits for each number, and exact nearest rows found through them: a quarter of the bytes is read.

A row ``x`` is stored as ``scale * code`` beside the mean ``m`` of the collection, with what is missing, of length
``error``: x = m + scale * code + rest (scalar quantisation, as "SQ8" in other libraries). A query ``q`` is rounded in
the same way: q = step * rounded + change. So the true product differs from the one of the codes,

    m.q + scale * step * (code . rounded),

by at most ``error * |q| + |scale * code| * |change|`` (Cauchy-Schwarz). Rows whose product could be among the best are
compared again: first their codes with the query as it is, which leaves ``error * |q|``, then what is left by all its
bits. The answer is exact, however coarse the codes are.

Codes are stored from 0 to 255, 128 more than they are: products of such numbers are computed a third faster, for want
of a sign. With c = code + 128 and r = rounded + 128, code . rounded = c.r - 128 sum(c) - 128 sum(r) + 128 * 128 * dim.
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
# Rows whose codes lie together, and what a thread does at a time: 8 MB of codes of 512 numbers. What is known of the
# rows lies apart from the codes: beside each code it would be read twice, the second time from memory again.
GROUP = 16_384
_ZERO = 128  # what is stored for 0
# Rounding of float32 products of rows of length one is smaller, also where bounds are added up.
_SLACK = 1e-5
# Codes decide nothing where so many rows could be among the best: then all are compared by all their bits.
_MOST_CANDIDATES = 1 / 8
_IN_CACHE = 512  # rows: 1 MB of 512 numbers, which stays there while they are encoded or decoded
_AT_ONCE = 8_192  # rows that are gathered from the file: 16 MB of 512 numbers
_MOST_NUMBERS = 32_768  # of one product: 255 * 255 times as many are below 2**31

Rows = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Groups = npt.NDArray[np.void]

_KNOWN = ("scale", "error", "length", "sum")  # of each row


def group(dim: int, rows: int = GROUP) -> np.dtype[np.void]:
    """What is stored of some rows of ``dim`` numbers: 16 bytes a row more than they are many."""
    known = [(name, "<i4" if name == "sum" else "<f4", (rows,)) for name in _KNOWN]
    return np.dtype([("code", "u1", (rows, dim)), *known])


def encode(rows: Rows, mean: Rows, slots: int = 0) -> Groups:
    """The codes of some rows.

    Args:
        rows: shape (n, dim), float32.
        mean: shape (dim,), float32: near that of the rows, so that codes are small.
        slots: rows that there is place for, if more than n. What is not used is zeros.

    Returns:
        Shape () of :func:`group`. ``error`` and ``length`` are no smaller than they should be.
    """
    encoded = np.zeros((), group(rows.shape[1], max(slots, len(rows), 1)))
    for start in range(0, len(rows), _IN_CACHE):
        part = slice(start, min(len(rows), start + _IN_CACHE))
        _encode(rows[part], mean, encoded, part)
    return encoded


@dataclass(frozen=True)
class Codes:
    """The codes of the first rows of a collection.

    Attributes:
        mean: see :func:`encode`.
        groups: shape (n,) of :func:`group`; usually mapped from a file. All but the last are full.
        count: of rows.
    """

    mean: Rows
    groups: Groups
    count: int

    def __len__(self) -> int:
        return self.count

    @property
    def nbytes(self) -> int:
        """Bytes that say something of a row."""
        return self.count * group(len(self.mean), 1).itemsize

    def scores(self, query: Rows) -> tuple[Scores, Scores]:
        """Products of all rows with a query, and how far each may be from the true one: shape (n,) each, float32."""
        exact = query.astype(np.float64)
        step = max(float(np.abs(query).max()), 1e-30) / LARGEST
        rounded = np.rint(query / step).clip(-LARGEST, LARGEST)
        change = np.float32(np.linalg.norm(exact - step * rounded.astype(np.float64)))
        length = float(np.linalg.norm(exact))
        offset = np.float32(self.mean.astype(np.float64) @ exact)
        stored = (rounded + _ZERO).astype(np.uint8)
        constant = float(_ZERO * (_ZERO * len(stored) - int(stored.sum(dtype=np.int64))))
        scores, bounds = np.empty(len(self), np.float32), np.empty(len(self), np.float32)

        def compute(number: int) -> None:
            span, part = self._group(number)
            products = part["sum"] * float(-_ZERO)  # float64: all of it is exact
            products += _products(stored, part["code"])
            products += constant
            np.multiply(products, part["scale"] * np.float32(step), out=scores[span], casting="same_kind")
            scores[span] += offset
            np.multiply(part["error"], np.float32(length), out=bounds[span])
            bounds[span] += part["length"] * change
            bounds[span] += np.float32(_SLACK * length)

        list(_threads().map(compute, range(-(-len(self) // self._rows_a_group))))
        return scores, bounds

    def scores_of(self, numbers: npt.NDArray[np.int64], query: Rows) -> tuple[Scores, Scores]:
        """As :meth:`scores`, of some rows, with the query as it is: three times as slow and half as far from the truth.

        Args:
            numbers: of rows, shape (m,).
            query: shape (dim,), float32.

        Returns:
            Shape (m,) each.
        """
        length = float(np.linalg.norm(query.astype(np.float64)))
        offset = np.float32(self.mean.astype(np.float64) @ query.astype(np.float64))
        scores, bounds = np.empty(len(numbers), np.float32), np.empty(len(numbers), np.float32)
        for start in range(0, len(numbers), _IN_CACHE):
            span = slice(start, start + _IN_CACHE)
            at = np.divmod(numbers[span], self._rows_a_group)
            codes = self.groups["code"][at].astype(np.float32)
            codes -= np.float32(_ZERO)
            scores[span] = (codes @ query) * self.groups["scale"][at] + offset
            bounds[span] = self.groups["error"][at] * np.float32(length) + np.float32(_SLACK * length)
        return scores, bounds

    def wrong(self, rows: Rows, start: int) -> npt.NDArray[np.bool_]:
        """Which codes do not say what they should of ``rows``, the first of which has the number ``start``.

        Args:
            rows: shape (n, dim).

        Returns:
            Shape (n,).
        """
        at = np.divmod(np.arange(start, start + len(rows)), self._rows_a_group)
        scale, error, length, total, code = (self.groups[name][at] for name in (*_KNOWN, "code"))
        coarse = (code.astype(np.float32) - _ZERO) * scale[:, None]
        rest = np.linalg.norm((rows - self.mean - coarse).astype(np.float64), axis=1)
        lengths = np.linalg.norm(coarse.astype(np.float64), axis=1)
        right = (rest <= error + _SLACK) & (lengths <= length + _SLACK) & (total == code.sum(axis=1, dtype=np.int64))
        return np.asarray(~right, bool)  # NaN is wrong, too

    @property
    def _rows_a_group(self) -> int:
        return int(self.groups.dtype["scale"].shape[0])

    def _group(self, number: int) -> tuple[slice, dict[str, npt.NDArray[Any]]]:
        """The rows of a group, and their part of each of its fields."""
        start = number * self._rows_a_group
        span = slice(start, min(len(self), start + self._rows_a_group))
        return span, {name: self.groups[name][number, : span.stop - start] for name in (*_KNOWN, "code")}


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
    scores, bounds = codes.scores(query)
    if len(codes) < len(rows):
        scores = np.concatenate([scores, cosines(rows[len(codes) :], query)])
        bounds = np.concatenate([bounds, np.zeros(len(rows) - len(codes), np.float32)])
    candidates = _candidates(scores, bounds, k, allowed)
    if len(candidates) > _MOST_CANDIDATES * len(rows):
        exact = cosines(rows, query)
        return best(exact, k, allowed), exact
    coded = candidates[: np.searchsorted(candidates, len(codes))]
    scores[coded], bounds[coded] = codes.scores_of(coded, query)
    everything = np.ones(len(candidates), bool)
    candidates = candidates[_candidates(scores[candidates], bounds[candidates], k, everything)]
    _read_ahead(rows, candidates)
    for start in range(0, len(candidates), _AT_ONCE):
        numbers = candidates[start : start + _AT_ONCE]
        scores[numbers] = rows[numbers] @ query
    found = best(scores[candidates], k)
    return Nearest(candidates[found.numbers], found.scores), scores


def _candidates(scores: Scores, bounds: Scores, k: int, allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Numbers of the allowed rows that could be among the ``k`` best, ascending."""
    edges = scores - bounds
    sure = best(edges, k, allowed).scores
    if len(sure) < max(k, 1):
        return np.flatnonzero(allowed)
    np.add(scores, bounds, out=edges)
    return np.flatnonzero(allowed & ~(edges < sure[-1]))  # one that is no number, too


def _encode(rows: Rows, mean: Rows, encoded: Groups, part: slice) -> None:
    finite = np.atleast_1d(np.isfinite(rows).all(axis=1))
    centred = np.where(finite[:, None], rows - mean, np.float32(0))
    scale = np.abs(centred).max(axis=1, initial=0.0) / np.float32(LARGEST)
    scale[scale == 0] = 1
    codes = np.rint(centred / scale[:, None])
    coarse = codes * scale[:, None]
    encoded["scale"][part], encoded["code"][part] = scale, codes + _ZERO
    encoded["sum"][part] = encoded["code"][part].sum(axis=1, dtype=np.int64)
    encoded["length"][part] = _length(coarse)
    # Infinite where a number is none: else the row could be ruled out.
    encoded["error"][part] = np.where(finite, _length(centred - coarse), np.float32(np.inf))


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


def _products(query: Bytes, codes: Bytes) -> npt.NDArray[np.float64]:
    """Products of codes with a query, as they are stored: shape (n,), whole numbers."""
    import simsimd

    parts = [slice(start, start + _MOST_NUMBERS) for start in range(0, len(query), _MOST_NUMBERS)]
    first, *others = (np.asarray(simsimd.cdist(query[None, part], codes[:, part], "dot"))[0] for part in parts)
    return np.asarray(sum(others, first))


@cache
def _threads() -> ThreadPoolExecutor:
    """One for each processor: the product leaves the interpreter to others."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="codes")
