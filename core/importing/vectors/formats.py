"""Open a file of vectors: what it is, is seen by its first bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import UsageError
from core.importing.formats import check_file
from core.importing.vectors.block import VectorsFile
from core.importing.vectors.npy_file import MAGIC, NpyFile
from core.importing.vectors.parquet_file import ParquetVectors
from core.importing.vectors.projector_file import ProjectorFile
from core.importing.vectors.safetensors_file import SafetensorsFile
from core.text import printable

_HINT = "give .npy, Parquet, safetensors, or the two TSV files of the Embedding Projector"
_PICKLE = b"\x80"  # and a version below 10


@contextmanager
def open_vectors(path: Path, keys: Path | None = None) -> Iterator[VectorsFile]:
    """Open a file of vectors.

    Args:
        path: of ``.npy``, Parquet, safetensors or an Embedding Projector's TSV.
        keys: a file with a key or path for each row; None: the file itself, or one beside it.

    Raises:
        UsageError: it does not exist, is not a regular file, or holds no rows that can be read.
        PictoscopeError: Parquet without pyarrow. OSError: it cannot be read.
    """
    with open_regular(path) as stream:
        yield _opened(path, stream, keys)


def _opened(path: Path, stream: BinaryIO, keys: Path | None) -> VectorsFile:
    start = os.pread(stream.fileno(), 16, 0)
    ending = path.suffix.lower()
    if start.startswith(MAGIC):
        return NpyFile(path, stream, keys)
    if start.startswith(b"PAR1"):
        return ParquetVectors(path, stream, keys)
    if start.startswith(_PICKLE) and start[1:2] < b"\x0a":
        raise UsageError(f"{printable(path)} is a pickle, which may run code: it is never loaded", _HINT)
    if start.startswith(b"PK\x03\x04"):
        raise UsageError(f"{printable(path)} is a zip archive, such as .npz or .pt", "give one array: numpy.save")
    if ending == ".safetensors" or start[8:9] == b"{":
        return SafetensorsFile(path, stream, keys)
    if ending in (".npy", ".parquet"):
        raise UsageError(f"{printable(path)} is not {ending}, or is damaged", _HINT)
    if b"\0" in start:
        raise UsageError(f"{printable(path)} is not a file of vectors", _HINT)
    return ProjectorFile(path, keys)


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading; links to one are the user's choice.

    Raises:
        UsageError: it does not exist, is empty, or is something else, which might be waited for.
    """
    check_file(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # it may have become a pipe just now
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{printable(path)} is not a regular file", "copy its content into a file first")
        yield stream
