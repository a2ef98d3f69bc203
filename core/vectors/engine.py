"""What computes rows: an engine takes batches of pictures and gives back rows and reasons of failures.

:mod:`core.vectors.pipeline` makes the batches, and is the one that commits. :mod:`core.vectors.local_engine` computes
on this machine, :mod:`core.engines.cluster_engine` on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.arrays import Rows
from core.catalog.copies import File
from core.images.appearance import Appearance
from core.vectors.failures import Failure

# All files of one picture, the one to read first in front.
Files = tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to compute.

    Attributes:
        files: of the picture.
        targets: which of the vec types that are filled lack it, by their numbers.
        measure: whether its colour and sharpness are wanted too.
    """

    files: Files
    targets: tuple[int, ...]
    measure: bool = False

    @property
    def key(self) -> bytes:
        """The key of the picture."""
        return self.files[0].key


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures that are computed together.

    Attributes:
        number: from 0; no two batches of a run have the same.
        pictures: at least one.
    """

    number: int
    pictures: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """What an engine made of a batch for one vec type.

    Attributes:
        keys: of the rows.
        rows: shape (len(keys), dim), float32, finite.
        failures: the other pictures that this vec type lacked.
        reading: seconds of all threads that read and prepared its pictures; 0 where that does not count.
        encoding: seconds of its model, likewise.
    """

    keys: Sequence[bytes]
    rows: Rows
    failures: Sequence[Failure] = ()
    reading: float = 0.0
    encoding: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What an engine made of a batch.

    Attributes:
        batch: its number.
        computed: by the number of the vec type; those that lacked none of its pictures are left out.
        looks: the measurements that were wanted, by key.
    """

    batch: int
    computed: dict[int, Computed]
    looks: list[tuple[bytes, Appearance]] = field(default_factory=list)


class Engine(Protocol):
    """Computes batches. Used by one thread."""

    @property
    def batch_size(self) -> int:
        """Pictures of a batch, at most. May change while the engine works."""
        ...

    @property
    def batch_bytes(self) -> int:
        """Bytes of the files of a batch, at most (a single larger one is a batch of its own); 0 for any number."""
        ...

    @property
    def window(self) -> int:
        """Batches that are submitted before the first result is taken: memory does not grow beyond them."""
        ...

    def submit(self, batch: Batch) -> None:
        """Begin a batch. Does not wait for it.

        Raises:
            PictoscopeError: the engine cannot go on.
        """
        ...

    def take(self) -> Result | None:
        """The next result, in any order; waits for it. None if the run was told to stop.

        Each batch that was submitted is answered once, by a result with a row or a failure for every picture that it
        wants. Only where the run was told to stop may some be missing.

        Raises:
            PictoscopeError: the engine cannot go on.
        """
        ...

    def close(self) -> None:
        """Give up what was not taken, and let go of everything. May be called more than once."""
        ...
