"""Merge parts into the vectors of a project: every part is checked as a whole, then its rows are committed as ever.

What was committed stays if it is interrupted, and what is there is not taken twice: merging again goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.errors import ModelChanged, PictoscopeError, StoreDamaged, UsageError
from core.files import disk_error
from core.jobs.launch import refuse_while_running
from core.jobs.vectors_run import process_holder
from core.key_arrays import Keys, is_in
from core.project import Project
from core.shards.merged_rows import MergedRows
from core.shards.part import Part
from core.shards.part_vectors import PartVectors, refuse_other_model
from core.shards.shard import Shard, shard_numbers
from core.text import count, printable
from core.vectors import store
from core.vectors.manifest import Manifest, has_manifest
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType

Progress = Callable[[int], None]
_NAMED = 5  # parts in a message


@dataclass(frozen=True)
class Refused:
    """A part of which nothing was taken, or not all.

    Attributes:
        folder: as it was given.
        vec_type: name of the vectors that were refused; empty for the whole part.
        error: why.
    """

    folder: Path
    vec_type: str
    error: PictoscopeError


@dataclass(frozen=True)
class MergedVectors:
    """What became of one vec type.

    Attributes:
        vec_type: of the project.
        parts: how many were taken in.
        added: rows that are new.
        known: rows of pictures that had one.
        failed: pictures of which it is new that they could not be read.
        foreign: rows of pictures that the project does not have.
        missing: pictures that have neither a row nor a failure, by shard.
    """

    vec_type: VecType
    parts: int
    added: int
    known: int
    failed: int
    foreign: int
    missing: dict[Shard, int]

    @property
    def missing_pictures(self) -> int:
        """How many there are in all shards."""
        return sum(self.missing.values())


@dataclass
class MergeReport:
    """The result of a merge.

    Attributes:
        pictures: of the project.
        merged: by vec type.
        refused: parts, in the order given.
    """

    pictures: int
    merged: list[MergedVectors] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def merge_parts(project: Project, folders: Sequence[Path], progress: Progress = lambda rows: None) -> MergeReport:
    """Take the rows of parts into the vectors of a project, whose vec types are created if need be.

    Args:
        project: of the pictures.
        folders: of the parts, in any order; a part that was merged before adds nothing.
        progress: is told how many rows were read; each is read twice. May raise, which ends it.

    Raises:
        UsageError: parts are of different numbers of shards. ModelChanged: they disagree on the model, and the project
            has no such vectors to decide. StoreBusy: a job writes them. DiskFull, StoreError: they cannot be written.
            What was committed before stays.
    """
    report = MergeReport(project.catalog.count())
    if not report.pictures:
        raise UsageError("the project has no pictures", "add some: pictoscope add FOLDER")
    by_type = _open(_load(folders, report), report)
    for vec_type in by_type:
        refuse_while_running(project, vec_type.name)
    references = {vec_type: _reference(project, vec_type, parts) for vec_type, parts in by_type.items()}
    merge = _Merge(project, report, progress)
    for vec_type, parts in by_type.items():
        merge.run(references[vec_type], parts)
    return report


def _load(folders: Sequence[Path], report: MergeReport) -> list[Part]:
    parts = []
    for folder in dict.fromkeys(folders):
        try:
            parts.append(Part.load(folder))
        except PictoscopeError as error:
            report.refused.append(Refused(folder, "", error))
    by_of = {part.shard.of: part for part in parts}
    if len(by_of) > 1:
        names = " and ".join(
            f"{printable(part.folder.name)} is shard {part.shard}" for _, part in sorted(by_of.items())
        )
        raise UsageError(
            f"these parts do not belong together: {names}", "merge those of each number of shards by themselves"
        )
    return parts


def _open(parts: Sequence[Part], report: MergeReport) -> dict[VecType, list[PartVectors]]:
    """The vectors of all parts, by vec type."""
    by_type: dict[VecType, list[PartVectors]] = {}
    for part in parts:
        try:
            vec_types = part.vec_types()
        except (PictoscopeError, OSError) as error:
            report.refused.append(Refused(part.folder, "", _typed(error, part.folder)))
            continue
        for vec_type in vec_types:
            try:
                if vec_type.is_imported:
                    raise UsageError(f"{vec_type} are imported vectors", "no shard computes them: leave that part out")
                by_type.setdefault(vec_type, []).append(PartVectors.open(part, vec_type))
            except (PictoscopeError, OSError) as error:
                report.refused.append(Refused(part.folder, vec_type.name, _typed(error, part.folder)))
    return {vec_type: found for vec_type, found in sorted(by_type.items(), key=lambda item: item[0].name) if found}


def _typed(error: PictoscopeError | OSError, folder: Path) -> PictoscopeError:
    return error if isinstance(error, PictoscopeError) else disk_error(error, folder)


def _reference(project: Project, vec_type: VecType, parts: Sequence[PartVectors]) -> Manifest:
    """What rows must match: the project's manifest, else that of the parts, if they all agree.

    Raises:
        ModelChanged: they do not, so that nobody knows which of them are right.
    """
    folder = project.vectors_folder / vec_type.name
    if has_manifest(folder):
        return Manifest.load(folder)
    kinds: list[list[PartVectors]] = []
    for part in parts:
        for kind in kinds:
            if not _disagree(part.manifest, kind[0].manifest):
                kind.append(part)
                break
        else:
            kinds.append([part])
    if len(kinds) > 1:
        kinds.sort(key=len)
        fewest, most = kinds[0], kinds[-1]
        names = ", ".join(printable(part.part.folder.name) for part in fewest[:_NAMED])
        more = f" and {len(fewest) - _NAMED} more" if len(fewest) > _NAMED else ""
        raise ModelChanged(
            f"{names}{more} and {count(len(most), 'other part')} disagree on {vec_type}: "
            f"{_disagree(fewest[0].manifest, most[0].manifest)}",
            "nothing was merged: leave out those that are wrong, and merge the others",
        )
    return replace(parts[0].manifest, generation=1, created=datetime.now(UTC).isoformat(timespec="seconds"))


def _disagree(one: Manifest, other: Manifest) -> str:
    return other.refuses(one) or one.refuses(other)


class _Merge:
    """Takes in parts, one vec type after the other."""

    def __init__(self, project: Project, report: MergeReport, progress: Progress) -> None:
        self._project = project
        self._report = report
        self._progress = progress
        self._rows = 0

    def run(self, reference: Manifest, parts: Sequence[PartVectors]) -> None:
        """Take in the parts that match ``reference`` and are whole."""
        good = [part for part in parts if self._may_be_merged(part, reference)]
        folder = self._project.vectors_folder / reference.vec_type.name
        if not has_manifest(folder):
            if not good:
                return
            _create(folder, reference)
        self._merge_into(folder, good, parts[0].part.shard.of)

    def _may_be_merged(self, part: PartVectors, reference: Manifest) -> bool:
        try:
            refuse_other_model(part, reference)
            part.check(self._count)
        except (PictoscopeError, OSError) as error:
            self._refuse(part, error)
            return False
        return True

    def _merge_into(self, folder: Path, parts: Sequence[PartVectors], of: int) -> None:
        taken = 0
        with store.Writer(folder, process_holder("merge of parts")) as writer:
            rows = MergedRows(writer, self._project.catalog)
            for part in parts:
                refuse_other_model(part, writer.manifest)  # another program may have created the vectors meanwhile
                try:
                    rows.take(part, self._count)
                    taken += 1
                except StoreDamaged as error:
                    self._refuse(part, error)
            writer.compact_failures()
            snapshot, vec_type = writer.snapshot(), writer.manifest.vec_type
        self._project.make_default_if_none(vec_type.name)
        missing = _missing(self._project.catalog.keys(), snapshot, of)
        self._report.merged.append(
            MergedVectors(vec_type, taken, rows.added, rows.known, rows.failed, rows.foreign, missing)
        )

    def _refuse(self, part: PartVectors, error: PictoscopeError | OSError) -> None:
        folder = part.part.folder
        self._report.refused.append(Refused(folder, part.folder.name, _typed(error, folder)))

    def _count(self, rows: int) -> None:
        self._rows += rows
        self._progress(self._rows)


def _create(folder: Path, manifest: Manifest) -> None:
    try:
        store.create(folder, manifest)
    except OSError as error:
        raise disk_error(error, folder) from error


def _missing(present: Keys, snapshot: Snapshot, of: int) -> dict[Shard, int]:
    """How many pictures of each shard have neither a row nor a failure."""
    seen = np.sort(np.concatenate([snapshot.done, snapshot.failed]))
    numbers = np.bincount(shard_numbers(present[~is_in(present, seen)], of), minlength=of + 1)
    return {Shard(number, of): int(numbers[number]) for number in np.flatnonzero(numbers).tolist()}
