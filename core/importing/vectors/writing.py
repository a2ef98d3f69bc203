"""Write the rows of an import into the store of their vec type: a batch is committed or not there at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.arrays import Rows
from core.errors import DiskFull, PictoscopeError, StoreDamaged, UsageError
from core.files import disk_error
from core.importing.vectors.block import VectorsFile
from core.importing.vectors.existing import Existing, Standing
from core.importing.vectors.formats import open_regular
from core.importing.vectors.matched import MatchedRows
from core.importing.vectors.unit_rows import bad_rows, unit_rows
from core.key_arrays import Keys, whole_keys
from core.text import printable
from core.vectors import store
from core.vectors.manifest import Manifest, has_manifest
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType

_COMMIT_ROWS = 512  # fewer than the records of a batch that a crash may damage, see core.vectors.journal
_CHUNK = 1 << 22
_MOST_FILES = 1_000  # that a manifest names: the last ones


@dataclass(frozen=True, slots=True)
class Written:
    """What an import wrote.

    Attributes:
        added: pictures that had no row.
        replaced: pictures that had another row.
    """

    added: int = 0
    replaced: int = 0


def snapshot_of(vectors_folder: Path, vec_type: VecType) -> Snapshot | None:
    """What is committed of imported vectors; None if there are none.

    Raises:
        StoreDamaged: it cannot be read, or is another vec type's.
    """
    folder = vectors_folder / vec_type.name
    if not has_manifest(folder):
        return None
    _refuse_other(vec_type, Manifest.load(folder))
    return store.Reader(folder).snapshot()


def refuse_dim(vec_type: VecType, before: int, now: int) -> None:
    """Refuse rows of another length than those that are there.

    Raises:
        UsageError: they differ.
    """
    if before != now:
        raise UsageError(
            f"{vec_type} has rows of {before:,} numbers, the file has rows of {now:,}",
            "they cannot be compared: import them under another name",
        )


def write_rows(
    vectors_folder: Path,
    vec_type: VecType,
    file: VectorsFile,
    matched: MatchedRows,
    *,
    replace: bool,
    progress: Callable[[int], None],
) -> Written:
    """Add the matched rows of a file to a vec type, which is created if need be.

    Args:
        vectors_folder: of the project.
        vec_type: of the rows.
        file: read once more.
        matched: which of its rows belong to which picture.
        replace: whether to replace rows that differ.
        progress: is told how many rows of the file were looked at.

    Raises:
        UsageError: the file, or the dim of the vec type, has changed. StoreBusy: another process writes it.
        DiskFull, StoreError: it cannot be written; what was committed stays.
    """
    folder = vectors_folder / vec_type.name
    hashes = {path.name: _sha256(path) for path in file.files}
    store.remove_deleted(vectors_folder)
    is_new = not has_manifest(folder)
    if is_new:
        _create(folder, _manifest(vec_type, file.dim, hashes))
    try:
        with store.Writer(folder, f"import of vectors, process {os.getpid()}") as writer:
            _refuse_other(vec_type, writer.manifest)
            refuse_dim(vec_type, writer.manifest.dim, file.dim)
            if not is_new:
                _name_files(folder, writer.manifest, hashes)
            written = _write(writer, file, matched, replace, progress)
            worth_compacting = writer.snapshot().worth_compacting
    except BaseException:
        if is_new:
            _remove_if_empty(folder)
        raise
    if worth_compacting:
        store.compact(folder)
    return written


def _write(
    writer: store.Writer, file: VectorsFile, matched: MatchedRows, replace: bool, progress: Callable[[int], None]
) -> Written:
    existing = Existing(writer.snapshot())
    added = replaced = 0
    for block in file.blocks():
        start, end = np.searchsorted(matched.numbers, [block.first, block.first + len(block.rows)])
        numbers = block.rows[matched.numbers[start:end] - block.first]
        if bad_rows(numbers):
            raise UsageError(f"{printable(file.files[0])} changed while it was read", "import it again")
        rows, _ = unit_rows(numbers) if len(numbers) else (np.zeros((0, file.dim), np.float32), 0)
        keys = matched.keys[start:end]
        standings = existing.standings(keys, rows)
        wanted = (standings == Standing.NEW) | (replace & (standings == Standing.OTHER))
        _append(writer, keys[wanted], rows[wanted])
        added += int(np.count_nonzero(standings == Standing.NEW))
        replaced += int(np.count_nonzero(wanted & (standings == Standing.OTHER)))
        progress(block.first + len(block.rows))
    return Written(added, replaced)


def _append(writer: store.Writer, keys: Keys, rows: Rows) -> None:
    for start in range(0, len(keys), _COMMIT_ROWS):
        end = start + _COMMIT_ROWS
        writer.append(whole_keys(keys[start:end]), rows[start:end])


def _manifest(vec_type: VecType, dim: int, hashes: dict[str, str]) -> Manifest:
    return Manifest(
        vec_type=vec_type,
        weights="imported",
        revision="imported",
        sha256=hashes,
        preprocessing="rows computed elsewhere, normalised to length 1",
        dim=dim,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _name_files(folder: Path, manifest: Manifest, hashes: dict[str, str]) -> None:
    """Add the files of another import to the manifest, before any of their rows is there."""
    named = {name: digest for name, digest in manifest.sha256.items() if hashes.get(name, digest) != digest}
    kept = {name: digest for name, digest in manifest.sha256.items() if name not in named}
    for name, digest in named.items():  # another file had this name
        kept[f"{name} ({digest[:12]})"] = digest
    merged = list({**kept, **hashes}.items())[-_MOST_FILES:]
    replace(manifest, sha256=dict(merged)).save(folder)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        while part := stream.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def _create(folder: Path, manifest: Manifest) -> None:
    """Create the store, or leave no trace of it.

    Raises:
        StoreError: another process has just created it. DiskFull: there is no space.
    """
    try:
        store.create(folder, manifest)
    except OSError as error:
        _remove(folder)
        raise disk_error(error, folder) from error
    except DiskFull:
        _remove(folder)
        raise


def _remove_if_empty(folder: Path) -> None:
    """Leave no vec type behind of which no row was committed."""
    with contextlib.suppress(PictoscopeError):
        if not store.Reader(folder).snapshot().live.any():
            _remove(folder)


def _remove(folder: Path) -> None:
    with contextlib.suppress(PictoscopeError, OSError):  # such as: another process has begun to use it
        store.delete(folder)


def _refuse_other(vec_type: VecType, manifest: Manifest) -> None:
    """Where names of folders ignore case, ``own.A`` leads to ``own.a``."""
    if manifest.vec_type != vec_type:
        raise StoreDamaged(
            f"the manifest of the vectors {vec_type} says that they are {manifest.vec_type}",
            "import under another name",
        )
