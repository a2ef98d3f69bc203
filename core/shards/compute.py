"""Compute one shard of a project's pictures into a part. Nothing of the project is written."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from core.errors import JobError, ModelChanged, StoreDamaged, UsageError
from core.jobs.launch import refuse_uncomputable
from core.jobs.vectors_run import Pass, Reports, VectorsRun, process_holder
from core.key_arrays import Keys
from core.models.options import LoadOptions
from core.project import Project
from core.shards.catalog_copy import catalog_copy
from core.shards.part import Part
from core.shards.picture_folders import check_folders
from core.shards.shard import Shard
from core.text import count, printable
from core.vectors import store, vec_types
from core.vectors.manifest import has_manifest
from core.vectors.vec_type import VecType
from core.vectors.verification import repair

_AGAIN = "run the same command again: it resumes there"


@dataclass(frozen=True)
class ShardResult:
    """What a part holds after it was computed.

    Attributes:
        part: of the rows.
        total: pictures of the shard.
        done: those that have a row in all vec types.
        failed: those that could not be read, or not by all models.
    """

    part: Part
    total: int
    done: int
    failed: int


def compute_shard(
    project: Project,
    wanted: Sequence[VecType],
    shard: Shard,
    out: Path,
    options: LoadOptions,
    events: Reports,
    stop: threading.Event,
    elsewhere: Mapping[bytes, bytes] = MappingProxyType({}),
) -> ShardResult:
    """Compute what a part lacks of its shard. What was computed before is kept; damaged rows are computed again.

    Args:
        project: of the pictures; only read. Its catalog is used as it is: the picture folders are not scanned.
        wanted: the vec types.
        shard: of the pictures.
        out: folder of the part.
        options: how the models are run.
        events: takes the reports.
        stop: set it to stop after the current batch.
        elsewhere: folders of pictures that have another path on this machine, by their path in the project.

    Raises:
        UsageError: a model cannot be used, the folder belongs to something else, or pictures are not on this machine.
            StoreBusy: another process computes
            this part. JobError: it was stopped. PictoscopeError: it cannot continue; committed rows are kept.
    """
    for vec_type in wanted:
        refuse_uncomputable(vec_type, options)
    part = Part.open_or_create(out, shard, project.path)
    with part.locked(), catalog_copy(project.path, part.folder, elsewhere) as catalog:
        keys = catalog.keys()
        if not len(keys):
            raise UsageError(
                f"the project {project.path} has no pictures", "add some where they are managed: pictoscope add FOLDER"
            )
        check_folders(catalog, elsewhere)
        own = shard.among(keys)
        task = Pass(
            tuple(wanted),
            part.vectors_folder,
            catalog,
            options,
            process_holder(f"shard {shard}"),
            project.vectors_folder,
        )
        run = VectorsRun(task, events, stop)
        run.log(f"shard {shard}: {count(len(own))} of {count(len(keys), 'picture')}")
        _heal(part, wanted, run)
        run.fetch()
        for vec_type in wanted:
            vec_types.request(part.vectors_folder, vec_type)
        run.want(own, is_part=True)
        _fill(run)
        result = _result(part, wanted, own)
    if stop.is_set() and result.done + result.failed < result.total:
        raise JobError(f"shard {shard}: stopped at {count(result.done)} of {count(result.total)}", _AGAIN)
    if run.left_out:
        raise run.left_out[0]
    return result


def _fill(run: VectorsRun) -> None:
    try:
        progress, targets = run.fill()
    except ModelChanged as error:
        raise ModelChanged(
            error.message,
            "use the same version of the model on all machines; or compute this shard in a new folder: --out",
        ) from error
    run.log(run.summary(progress) if targets else f"nothing to compute: all {count(run.total)} are done")


def _heal(part: Part, wanted: Sequence[VecType], run: VectorsRun) -> None:
    """Check every row of earlier runs: disks and copies between machines damage some."""
    for vec_type in wanted:
        folder = part.vectors_folder / vec_type.name
        if not has_manifest(folder):
            continue
        try:
            found = repair(folder)
        except StoreDamaged as error:
            raise StoreDamaged(error.message, f"delete {printable(folder)} and run the same command again") from error
        if found.bad or found.lost_records:
            lost = f", {count(found.lost_records)} journal records were lost" if found.lost_records else ""
            run.log(
                f"{vec_type}: {count(len(found.bad))} of {count(found.rows, 'row')} were damaged{lost}: computed again"
            )


def _result(part: Part, wanted: Sequence[VecType], own: Keys) -> ShardResult:
    done, failed = np.ones(len(own), bool), np.zeros(len(own), bool)
    for vec_type in wanted:
        folder = part.vectors_folder / vec_type.name
        if not has_manifest(folder):  # its model could not be loaded
            done[:] = False
            continue
        snapshot = store.Reader(folder).snapshot()
        done &= np.isin(own, snapshot.done)
        failed |= np.isin(own, snapshot.failed)
    return ShardResult(part, len(own), int(np.count_nonzero(done)), int(np.count_nonzero(failed)))
