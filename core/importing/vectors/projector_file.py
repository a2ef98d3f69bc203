"""The two TSV files of the Embedding Projector: numbers between tabs, and the pictures in a second file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from core.errors import UsageError
from core.importing.text_file import encoding_of, lines, opened
from core.importing.vectors.block import Block, Numbers, block_rows, check_dim, joined, no_rows
from core.importing.vectors.key_file import references
from core.text import count, printable


class ProjectorFile:
    """Two TSV files; see :class:`core.importing.vectors.block.VectorsFile`.

    Args:
        path: of the numbers.
        keys: of the metadata; None: ``X.metadata.tsv`` or ``metadata.tsv`` beside it.

    Raises:
        UsageError: its first line is no row of numbers, or there is no metadata.
    """

    def __init__(self, path: Path, keys: Path | None) -> None:
        self._path = path
        with opened(path, encoding_of(path, ""), "\n") as text:
            first = next(lines(text, path), "")
        if not first.strip():
            raise no_rows(path)
        self.dim = first.count("\t") + 1
        check_dim(path, self.dim)
        self._parsed([first], 0)
        self._keys = keys or _beside(path)
        self.files: tuple[Path, ...] = (path, self._keys)
        self.description = f"Embedding Projector, pictures named by {printable(self._keys.name)}"

    def blocks(self) -> Iterator[Block]:
        """See :class:`core.importing.vectors.block.VectorsFile`."""
        return joined(self._path, self._keys, references(self._keys, projector=True), self._parts())

    def _parts(self) -> Iterator[Numbers]:
        with opened(self._path, encoding_of(self._path, ""), "\n") as text:
            read = lines(text, self._path)
            first = 0
            while batch := list(islice(read, block_rows(self.dim))):
                while batch and not batch[-1].strip() and not any(rest.strip() for rest in read):
                    batch.pop()  # empty lines at the end
                if batch:
                    yield self._parsed(batch, first)
                first += len(batch)

    def _parsed(self, batch: list[str], first: int) -> Numbers:
        """The numbers of lines, shape (n, dim), float64."""
        if all(line.count("\t") == self.dim - 1 and line.strip() for line in batch):
            try:
                return np.loadtxt(batch, np.float64, delimiter="\t", comments=None, ndmin=2)
            except ValueError:
                pass  # the line is looked for below
        for number, line in enumerate(batch, first + 1):
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) != self.dim:
                raise UsageError(
                    f"{printable(self._path)}, line {number:,} has {count(len(cells), 'number')}, "
                    f"the first line {self.dim:,}",
                    "each line is one row; there are no headings",
                )
            for cell in cells:
                try:
                    float(cell)
                except ValueError:
                    raise UsageError(
                        f"{printable(self._path)}, line {number:,}: {printable(cell[:40])!r} is not a number",
                        "give .npy, Parquet, safetensors, or numbers between tabs without headings",
                    ) from None
        raise UsageError(f"{printable(self._path)} holds numbers that cannot be read", "write them as 0.25 or 1e-05")


def _beside(path: Path) -> Path:
    for there in (path.with_suffix(".metadata.tsv"), path.with_name("metadata.tsv")):
        if there.is_file() and there != path:
            return there
    raise UsageError(
        f"nothing says which pictures the rows of {printable(path.name)} belong to",
        f"put metadata.tsv or {printable(path.stem)}.metadata.tsv beside it, or give it: --keys FILE",
    )
