"""Mean colour and sharpness of every picture that has been looked at.

Measuring takes a decoded picture. Jobs decode each picture anyway and measure on the way; :func:`measure` does it for
the rest. What is measured belongs to a content, so it is never measured again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from core.catalog.catalog import KEY, Catalog, Picture
from core.errors import CannotDecode, UnreadablePicture
from core.files import modified_ns
from core.images.appearance import SIDE, Appearance, appearance
from core.images.decoders import read_picture

_BATCH = 64  # pictures between two commits


def record(catalog: Catalog, measured: Iterable[tuple[bytes, Appearance]]) -> None:
    """Keep what was measured of pictures, by key. No step of the history: files say it, not people.

    Raises:
        CatalogError: the catalog cannot be written.
    """
    with catalog.transaction() as database:
        database.executemany(
            "INSERT INTO appearance SELECT id, ?, ? FROM pictures WHERE key = ? ON CONFLICT DO NOTHING",
            [(found.colour, round(found.sharpness), key) for key, found in measured],
        )


def measured_keys(catalog: Catalog) -> npt.NDArray[np.bytes_]:
    """Keys of the pictures that are measured, sorted. Shape (n,), dtype S20."""
    rows = catalog.query("SELECT key FROM pictures WHERE id IN (SELECT picture FROM appearance) ORDER BY key")
    return np.frombuffer(b"".join(row[0] for row in rows), dtype=KEY)


def missing(catalog: Catalog) -> list[int]:
    """Numbers of the pictures that could be measured and are not, in the order of their paths."""
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
    """Measure every picture that is not measured yet. What is done stays, should it be stopped or killed.

    Args:
        catalog: is read and written.
        progress: is told how many are done, and of how many.
        stop: ends it early.

    Returns:
        How many were measured, and how many could not be read.

    Raises:
        CatalogError: the catalog cannot be written. CannotDecode: no decoder can be started.
    """
    ids, done, failed = missing(catalog), 0, 0
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="measure") as pool:
        for batch in _batches(catalog, ids):
            if stop is not None and stop.is_set():
                break
            found = list(pool.map(_look, batch))
            known = [(picture.key, look) for picture, look in zip(batch, found, strict=True) if look is not None]
            record(catalog, known)
            done, failed = done + len(known), failed + len(batch) - len(known)
            progress(done + failed, len(ids))
    return done, failed


def _batches(catalog: Catalog, ids: Sequence[int]) -> Iterator[list[Picture]]:
    for start in range(0, len(ids), _BATCH):
        yield catalog.pictures(ids[start : start + _BATCH])


def _look(picture: Picture) -> Appearance | None:
    """None where the file cannot be read, or is not what it was when its key was found."""
    try:
        found = appearance(read_picture(picture.path, at_least=SIDE))
        status = os.stat(picture.path)
    except CannotDecode:
        raise
    except (UnreadablePicture, OSError):
        return None
    return found if (status.st_size, modified_ns(status)) == (picture.size, picture.mtime_ns) else None
