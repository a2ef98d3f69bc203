"""Mean colour and sharpness of every measured picture.

Measuring needs a decoded picture. Jobs decode every picture anyway and measure it then; :func:`measure` measures
the rest. The result belongs to the content, so it is never measured again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from core.catalog.catalog import Catalog
from core.catalog.copies import File, files_of
from core.catalog.readable import read_any
from core.errors import CannotDecode, UnreadablePicture
from core.images.appearance import SIDE, Appearance, appearance
from core.images.decoders import read_picture
from core.keys import KEY

_BATCH = 64  # pictures between two commits


def record(catalog: Catalog, measured: Iterable[tuple[bytes, Appearance]]) -> None:
    """Store measurements, by picture key. Not a step of the history: they follow from the files.

    Raises:
        CatalogError: the catalog cannot be written.
    """
    with catalog.transaction() as database:
        database.executemany(
            "INSERT INTO appearance SELECT id, ?, ? FROM pictures WHERE key = ? ON CONFLICT DO NOTHING",
            [(look.colour, round(look.sharpness), key) for key, look in measured],
        )


def measured_keys(catalog: Catalog) -> npt.NDArray[np.bytes_]:
    """Keys of the pictures that are measured, sorted. Shape (n,), dtype S20."""
    rows = catalog.query("SELECT key FROM pictures WHERE id IN (SELECT picture FROM appearance) ORDER BY key")
    return np.frombuffer(b"".join(row[0] for row in rows), dtype=KEY)


def unmeasured(catalog: Catalog) -> list[int]:
    """Numbers of the readable pictures that are not measured, in the order of their paths."""
    rows = catalog.query(
        """SELECT id FROM pictures WHERE problem = '' AND id NOT IN (SELECT picture FROM appearance)
           AND id IN (SELECT picture FROM files)"""
    )
    wanted = {row[0] for row in rows}
    return [number for number in catalog.picture_ids() if number in wanted] if wanted else []


def measure(
    catalog: Catalog,
    progress: Callable[[int, int], None] = lambda done, total: None,
    stop: threading.Event | None = None,
) -> tuple[int, int]:
    """Measure every picture that is not measured yet. Finished measurements are kept if it is stopped or killed.

    Args:
        catalog: read and written.
        progress: called with the number done and the total.
        stop: set it to stop early.

    Returns:
        How many were measured, and how many could not be read.

    Raises:
        CatalogError: the catalog cannot be written. CannotDecode: no decoder can be started.
    """
    ids, done, failed = unmeasured(catalog), 0, 0
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="measure") as pool:
        for batch in _batches(catalog, ids):
            if stop is not None and stop.is_set():
                break
            looks = list(pool.map(_look, batch))
            known = [(files[0].key, look) for files, look in zip(batch, looks, strict=True) if look is not None]
            record(catalog, known)
            done, failed = done + len(known), failed + len(batch) - len(known)
            progress(done + failed, len(ids))
    return done, failed


def _batches(catalog: Catalog, ids: Sequence[int]) -> Iterator[list[list[File]]]:
    """The files of up to ``_BATCH`` pictures at a time."""
    for start in range(0, len(ids), _BATCH):
        pictures = catalog.pictures(ids[start : start + _BATCH])
        files = files_of(catalog, [picture.key for picture in pictures])
        yield [files[picture.key] for picture in pictures if picture.key in files]


def _look(files: Sequence[File]) -> Appearance | None:
    """Measure one picture. None if none of its files can be read and still has the content that was hashed."""
    try:
        return read_any(files, lambda path: appearance(read_picture(path, at_least=SIDE)))
    except CannotDecode:
        raise
    except UnreadablePicture:
        return None
