"""An import of vectors: the whole file is read and checked first; then rows are written, in batches that stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.catalog.catalog import Catalog
from core.errors import PictoscopeError, UsageError
from core.importing.options import By
from core.importing.vectors.block import VectorsFile
from core.importing.vectors.existing import Existing
from core.importing.vectors.formats import open_vectors
from core.importing.vectors.matched import MatchedRows, match_rows
from core.importing.vectors.report import VectorsReport
from core.importing.vectors.writing import Written, refuse_dim, snapshot_of, write_rows
from core.key_arrays import is_in
from core.names import short_name
from core.project import Project
from core.text import count, printable
from core.vectors.vec_type import VecType

_LISTED = 10  # pictures without a row
Identity = tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class VectorsOptions:
    """The options of an import of vectors.

    Attributes:
        keys: a file with a key or path for each row; None: the file itself, or one beside it.
        by: how a row refers to its picture; see :class:`core.importing.options.Options`.
        replace: whether a picture that has another row gets that of the file.
        skip_bad: whether to import the rest if some rows cannot be imported.
    """

    keys: Path | None = None
    by: By = "key"
    replace: bool = False
    skip_bad: bool = False


class VectorsPlan:
    """What an import would do. Nothing has been written.

    Attributes:
        report: what matches and what would change.
    """

    def __init__(
        self, project: Project, options: VectorsOptions, report: VectorsReport, matched: MatchedRows, identity: Identity
    ) -> None:
        self._project = project
        self._options = options
        self._matched = matched
        self._identity = identity
        self.report = report

    @property
    def hindrance(self) -> PictoscopeError | None:
        """Why the plan cannot be applied: rows were refused and ``skip_bad`` is off, or nothing matches; else None."""
        refused = self.report.refused.count
        if refused and not self._options.skip_bad:
            return PictoscopeError(
                f"{count(refused, 'row')} cannot be imported, so nothing is imported",
                "leave them out of the file, or skip them: --skip-bad",
            )
        if not self.report.pictures:
            return PictoscopeError(
                f"no row of {short_name(self.report.file.name)} names a picture of this project",
                "keys are the SHA-1 of a file's content; relative paths begin at the file's folder or a picture "
                "folder; or match file names: --by name",
            )
        return None

    def apply(self, progress: Callable[[int], None] = lambda rows: None) -> Written:
        """Write the rows. What was committed stays if it is interrupted: importing again adds the others.

        Args:
            progress: is told how many rows were looked at; may raise, which ends it.

        Raises:
            PictoscopeError: it has a :attr:`hindrance`. UsageError: the file, or the dim of what is there, has changed.
            StoreBusy: another process writes this vec type. DiskFull, OSError: it cannot be written.
        """
        if self.hindrance:
            raise self.hindrance
        report = self.report
        with open_vectors(report.file, self._options.keys) as file:
            if _identity(file) != self._identity:
                raise UsageError(f"{printable(report.file)} changed while it was read", "import it again")
            written = write_rows(
                self._project.vectors_folder,
                report.vec_type,
                file,
                self._matched,
                replace=self._options.replace,
                progress=progress,
            )
        self._project.make_default_if_none(report.vec_type.name)
        return written


def plan_vectors(
    project: Project,
    path: Path,
    name: str,
    options: VectorsOptions | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> VectorsPlan:
    """Read and check a whole file of vectors. Nothing is written, and no other program is blocked.

    Args:
        project: of the pictures.
        path: of ``.npy``, Parquet, safetensors or an Embedding Projector's TSV.
        name: of the vec type, without ``own.``.
        options: of the import.
        progress: is told how many rows were read; may raise, which ends it.

    Raises:
        UsageError: the name cannot be used, or the file holds no rows that can be read. StoreDamaged: the vec type
            cannot be read. PictoscopeError: Parquet without pyarrow. OSError: the file cannot be read.
    """
    options = options or VectorsOptions()
    vec_type = VecType.imported(name)
    snapshot = snapshot_of(project.vectors_folder, vec_type)
    existing = Existing(snapshot)
    with Catalog(project.catalog.path, project.path) as catalog, open_vectors(path, options.keys) as file:
        if snapshot:
            refuse_dim(vec_type, snapshot.manifest.dim, file.dim)
        identity = _identity(file)
        near = file.files[-1].absolute().parent  # of the file that names the pictures
        matched = match_rows(catalog, file, existing, near, project.folders, options.by, progress)
        present = catalog.keys()
        without = present[~(is_in(present, np.sort(matched.keys)) | is_in(present, existing.keys))]
        listed = catalog.by_keys(without[:_LISTED].tolist())
        report = VectorsReport(
            file=path,
            description=file.description,
            vec_type=vec_type,
            dim=file.dim,
            rows=matched.rows,
            matched=matched.lines,
            pictures=len(matched.keys),
            unmatched=matched.unmatched,
            refused=matched.refused,
            scaled=matched.scaled,
            new=matched.new,
            same=matched.same,
            other=matched.other,
            replace=options.replace,
            without=len(without),
            without_first=tuple(sorted(picture.path for picture in listed.values())),
        )
    return VectorsPlan(project, options, report, matched, identity)


def _identity(file: VectorsFile) -> Identity:
    """Changes when one of the files is written or replaced."""
    found = [os.stat(path) for path in file.files]
    return tuple((one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) for one in found)
