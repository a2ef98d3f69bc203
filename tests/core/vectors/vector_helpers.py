"""Stores of a few dimensions, and rows for them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from core.arrays import Rows, normalise
from core.vectors import store
from core.vectors.failures import Failure
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType

DIM = 3
ROW_BYTES = DIM * 4
RECORD_BYTES = 32


def manifest(dim: int = DIM, vec_type: VecType = VecType("effnet-lite0")) -> Manifest:  # noqa: B008  immutable
    return Manifest(vec_type, "none", "1", {"w": "0"}, "as is", dim, "2026-01-01T00:00:00+00:00")


def key(number: int) -> bytes:
    """Every fourth ends in zero bytes: NumPy drops those when it hands out an element."""
    digest = hashlib.sha1(str(number).encode()).digest()
    return digest[:17] + b"\0\0\0" if number % 4 == 0 else digest


def row(number: int, dim: int = DIM) -> Rows:
    return normalise(np.random.default_rng(number).standard_normal(dim))


def rows(*numbers: int, dim: int = DIM) -> Rows:
    return np.stack([row(number, dim) for number in numbers]) if numbers else np.zeros((0, dim), np.float32)


def failure(number: int) -> Failure:
    return Failure(key(number), f"/pictures/{number}.jpg".encode(), f"damaged: {number}")


def make(folder: Path, *batches: tuple[int, ...], dim: int = DIM) -> Path:
    """A store with these rows, one commit a batch."""
    store.create(folder, manifest(dim, VecType.parse(folder.name)))
    with store.Writer(folder) as writer:
        for batch in batches:
            append(writer, *batch, dim=dim)
    return folder


def append(writer: store.Writer, *numbers: int, dim: int = DIM) -> None:
    writer.append([key(number) for number in numbers], rows(*numbers, dim=dim))


def content(folder: Path) -> dict[bytes, bytes]:
    """What counts: the row's bytes of every key."""
    snapshot = store.Reader(folder).snapshot()
    return {
        bytes(name).ljust(20, b"\0"): snapshot.rows[number].tobytes()
        for number, (name, live) in enumerate(zip(snapshot.keys, snapshot.live, strict=True))
        if live
    }


def expected(*numbers: int) -> dict[bytes, bytes]:
    return {key(number): row(number).tobytes() for number in numbers}


def failed(folder: Path) -> set[bytes]:
    return {bytes(name).ljust(20, b"\0") for name in store.Reader(folder).snapshot().failed}


def flip(path: Path, offset: int) -> None:
    """Change one bit."""
    changed = bytearray(path.read_bytes())
    changed[offset] ^= 0x10
    path.write_bytes(changed)
