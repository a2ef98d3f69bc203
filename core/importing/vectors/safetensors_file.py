"""safetensors: a table of numbers, with keys or paths in its metadata or in another file.

The format: 8 bytes with the length of a JSON header, the header, then the numbers
(https://huggingface.co/docs/safetensors).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core.errors import UsageError
from core.importing.vectors.block import Block, Reference, check_shape, joined
from core.importing.vectors.key_file import reference, references
from core.importing.vectors.raw_rows import RawRows
from core.text import printable

_LONGEST_HEADER = 100_000_000  # bytes: the limit of the format's own library
_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2"}
_KINDS |= {"I8": "i1", "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8"}
_TABLES = ("vectors", "embeddings", "embedding", "vector", "features")  # which of several tables is meant
_NAMES = ("keys", "paths")


class SafetensorsFile:
    """A safetensors file; see :class:`core.importing.vectors.block.VectorsFile`.

    Args:
        path: of the file.
        stream: open for reading.
        keys: a file with a key or path for each row; None: the file's own metadata has them.

    Raises:
        UsageError: it holds no table of numbers, or nothing says which pictures its rows belong to.
    """

    def __init__(self, path: Path, stream: BinaryIO, keys: Path | None) -> None:
        header, start = _read_header(path, stream)
        metadata = header.pop("__metadata__", {})
        name = _table(path, header)
        self._rows = _raw_rows(path, stream, header[name], start)
        self._keys = keys
        self._references = [] if keys else _of_metadata(path, metadata)
        self.dim = self._rows.dim
        self.files: tuple[Path, ...] = (path, keys) if keys else (path,)
        named = printable(keys.name) if keys else "its metadata"
        self.description = f"safetensors, table {printable(name)}, pictures named by {named}"

    def blocks(self) -> Iterator[Block]:
        """See :class:`core.importing.vectors.block.VectorsFile`."""
        named: Iterable[Reference] = references(self._keys) if self._keys else self._references
        return joined(self.files[0], self._keys or self.files[0], named, self._rows.blocks())


def _read_header(path: Path, stream: BinaryIO) -> tuple[dict[str, Any], int]:
    """The header, and where the numbers begin."""
    size = os.fstat(stream.fileno()).st_size
    length = int.from_bytes(stream.read(8), "little")
    if length > min(_LONGEST_HEADER, size - 8):
        raise _damaged(path, f"its header of {length:,} bytes is longer than the file, or than the format allows")
    try:
        header = json.loads(stream.read(length))
    except (ValueError, RecursionError):
        raise _damaged(path, "its header is not JSON") from None
    if not isinstance(header, dict):
        raise _damaged(path, "its header is not an object")
    return header, 8 + length


def _table(path: Path, header: dict[str, Any]) -> str:
    """The name of the table of rows: the only one of two dimensions, or the one with a usual name."""
    found = [
        name
        for name, one in header.items()
        if isinstance(one, dict) and isinstance(one.get("shape"), list) and len(one["shape"]) == 2
    ]
    if len(found) > 1:
        found = [name for name in _TABLES if name in found][:1] or found
    if len(found) == 1:
        return found[0]
    listed = ", ".join(printable(name) for name in list(found or header)[:8]) or "nothing"
    what = "several tables" if found else "no table of rows, but"
    raise UsageError(f"{printable(path)} holds {what} {listed}", "call the table of shape (pictures, dim) vectors")


def _raw_rows(path: Path, stream: BinaryIO, described: dict[str, Any], start: int) -> RawRows:
    kind: Any = described.get("dtype")
    shape: Any = described.get("shape")
    offsets: Any = described.get("data_offsets")
    if not _whole_numbers(shape, 2) or not _whole_numbers(offsets, 2):
        raise _damaged(path, "shape or place of its table are not numbers")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise UsageError(
            f"{printable(path)} holds {printable(str(kind)[:40])}, not numbers", "save the rows as float32"
        )
    rows, dim = check_shape(path, shape)
    found = RawRows(path, stream, np.dtype(_KINDS[kind]), rows, dim, start + offsets[0], bfloat16=kind == "BF16")
    if offsets[1] - offsets[0] != rows * dim * found.kind.itemsize:
        raise _damaged(path, "the place of its table does not fit its shape")
    found.check_size()
    return found


def _whole_numbers(value: Any, many: int) -> bool:
    return isinstance(value, list) and len(value) == many and all(type(one) is int and one >= 0 for one in value)


def _of_metadata(path: Path, metadata: Any) -> list[Reference]:
    """Keys or paths out of the metadata: a JSON list, or a text with one per line."""
    texts = metadata if isinstance(metadata, dict) else {}
    for name in _NAMES:
        text = texts.get(name)
        if not isinstance(text, str):
            continue
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = text.splitlines()
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise UsageError(f"{printable(path)}: its metadata {name} is not a list of texts", "or give --keys FILE")
        return [reference(one) for one in listed]
    raise UsageError(
        f"nothing says which pictures the rows of {printable(path.name)} belong to",
        "give a file with a key or path for each row: --keys FILE; or a JSON list as keys or paths in its metadata",
    )


def _damaged(path: Path, why: str) -> UsageError:
    return UsageError(f"{printable(path)} is not safetensors, or is damaged: {why}", "write or copy it again")
