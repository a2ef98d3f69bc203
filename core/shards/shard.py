"""A shard: the share of the pictures that one machine computes. The key of a picture alone decides in which it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import UsageError
from core.key_arrays import Keys
from core.text import printable

MOST_SHARDS = 10_000
_FORM = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")
_HEAD = np.dtype([("head", ">u8"), ("tail", "V12")])


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several shares of about equal size.

    Attributes:
        number: from 1 to ``of``.
        of: how many shards there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard of ``3/40``.

        Raises:
            UsageError: not of this form.
        """
        match = _FORM.fullmatch(text)
        shard = cls(int(match[1]), int(match[2])) if match else None
        if shard is None or not shard.is_valid:
            raise UsageError(
                f"--shard: {printable(text)!r} is not a shard",
                f"give its number and how many there are, as in 3/40: from 1/1 to {MOST_SHARDS}/{MOST_SHARDS}",
            )
        return shard

    @property
    def is_valid(self) -> bool:
        """Whether there can be such a shard."""
        return 1 <= self.number <= self.of <= MOST_SHARDS

    def among(self, keys: Keys) -> Keys:
        """Those of ``keys``, shape (n,), dtype S20, that are in this shard, in their order."""
        return np.compress(shard_numbers(keys, self.of) == self.number, keys)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def shard_numbers(keys: Keys, of: int) -> npt.NDArray[np.int64]:
    """The number of the shard of each key, from 1 to ``of``, shape (n,).

    A key is a SHA-1, so its first 8 bytes are spread evenly. They alone decide: pictures that are added later change
    no other picture's shard, and machines need not agree on anything but ``of``.
    """
    if not len(keys):
        return np.zeros(0, np.int64)
    heads = np.ascontiguousarray(keys).view(_HEAD)["head"].astype(np.uint64)
    return (heads % np.uint64(of)).astype(np.int64) + 1
