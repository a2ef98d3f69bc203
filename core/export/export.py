"""Export lists of pictures to files and folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import UsageError
from core.export.folders import copy_all, link_all
from core.export.forms import ENDINGS, FOLDER_FORMS, TEXT_FORMS, VECTOR_FORMS, Form
from core.export.listing import Listing
from core.export.parquet import arrow, write_parquet
from core.export.sheet import check_size, write_html, write_png
from core.export.table import FEW, ExportTable, Progress, table_of
from core.export.target import new_folder, refuse_picture_folder, whole_files
from core.export.text_tables import write_csv, write_json_lines, write_paths
from core.project import Project
from core.text import count, display_path, printable

_TABLES: dict[Form, Callable[[ExportTable, BinaryIO], int]] = {
    "paths": write_paths,
    "csv": write_csv,
    "jsonl": write_json_lines,
    "parquet": write_parquet,
}
_VECTORS_AT_ONCE = 2_000  # 8 MB of 1,024 dimensions


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The result of an export.

    Attributes:
        pictures: number of written pictures; one in several groups counts several times.
        files: written files, or the folder.
        left_out: number of entries without a file or, for vectors, without a vector.
        missing: for links and copies, paths of pictures that have no unchanged file.
    """

    pictures: int
    files: tuple[Path, ...]
    left_out: int
    missing: tuple[bytes, ...] = ()


def export(
    project: Project,
    listing: Listing,
    form: Form,
    target: Path,
    *,
    replace: bool = False,
    vec_type: str = "",
    null: bool = False,
    progress: Progress = lambda done: None,
) -> ExportResult:
    """Write a list of pictures. Files and folders appear complete at the end, or not at all.

    Args:
        project: of the pictures.
        listing: the pictures in order.
        form: ``paths``, ``csv``, ``jsonl`` and ``parquet`` are one file; ``vectors`` is ``X.parquet``, or ``X.npy``
            with ``X.csv`` beside it; ``projector`` is ``X.tsv`` with ``X.metadata.tsv``; ``links`` and ``copies`` are a
            new folder, with a subfolder for each group; ``sheet`` is ``X.html`` or ``X.png``.
        target: the first of these files, or the folder.
        replace: whether existing files may be replaced. A folder is never replaced.
        vec_type: of the vectors; empty for the default.
        null: whether paths end with NUL instead of a newline.
        progress: called with the number of pictures read. An exception stops the export, and nothing is left.

    Raises:
        AlreadyExists: a file of this name exists, and ``replace`` is off.
        UsageError: the target may not be written or has a wrong extension, there are too many pictures for a sheet, or
            the vec type is not valid.
        VectorsMissing: no vectors yet. DiskFull: no space; nothing is left behind.
        PictoscopeError: Parquet without pyarrow. OSError: the file system fails.
    """
    endings = ENDINGS.get(form, ())
    ending = target.suffix.lower()
    if endings and ending not in endings:
        raise UsageError(f"{printable(target)}: its name must end in {' or '.join(endings)}", "choose another name")
    if form in FOLDER_FORMS:
        fill = link_all if form == "links" else copy_all
        with new_folder(project, target) as folder, table_of(project, listing, progress, chunk=FEW) as table:
            filled = fill(table, project.catalog, folder)
        return ExportResult(filled.files, (target,), len(listing.keys) - filled.entries, tuple(filled.missing))
    if form == "parquet" or (ending == ".parquet" and form in VECTOR_FORMS):
        arrow()  # raises before anything is created
    if form in VECTOR_FORMS:
        return _export_vectors(project, listing, form, target, replace, vec_type, progress)
    if form == "sheet":
        return _export_sheet(project, listing, target, replace, progress)
    with whole_files(project, [target], replace) as (stream,), table_of(project, listing, progress) as table:
        written = write_paths(table, stream, b"\0") if form == "paths" and null else _TABLES[form](table, stream)
    return ExportResult(written, (target,), len(listing.keys) - written)


def write_text(project: Project, listing: Listing, form: Form, stream: BinaryIO, *, null: bool = False) -> ExportResult:
    """Write one of ``TEXT_FORMS`` to an open stream; paths end with NUL if ``null``.

    Raises:
        UsageError: it is another form.
    """
    if form not in TEXT_FORMS:
        raise UsageError(f"{form} needs a file", "give it: --to PATH")
    with table_of(project, listing) as table:
        if form == "paths":
            written = write_paths(table, stream, b"\0" if null else b"\n")
        else:
            written = _TABLES[form](table, stream)
    return ExportResult(written, (), len(listing.keys) - written)


def _export_sheet(project: Project, listing: Listing, target: Path, replace: bool, progress: Progress) -> ExportResult:
    ending, pictures, thumbnail = target.suffix.lower(), len(listing.keys), project.thumbnails.get
    check_size(pictures, ending)
    if ending == ".png":
        refuse_picture_folder(project, target)
    with (
        whole_files(project, [target], replace) as (stream,),
        table_of(project, listing, progress, chunk=FEW) as table,
    ):
        if ending == ".png":
            written = write_png(table, stream, pictures, thumbnail)
        else:
            written = write_html(table, stream, listing.title, thumbnail)
    return ExportResult(written, (target,), pictures - written)


def _export_vectors(
    project: Project,
    listing: Listing,
    form: Form,
    target: Path,
    replace: bool,
    vec_type: str,
    progress: Progress,
) -> ExportResult:
    from core.export.vectors import VectorTable, write_npy, write_projector, write_vectors_parquet
    from core.vectors.vec_types import choose

    snapshot = project.covered(
        choose(project.vectors_folder, vec_type, project.settings.default_vec_type, needs_text=False)
    ).snapshot
    targets = files_of(form, target)
    with (
        whole_files(project, targets, replace) as streams,
        table_of(project, listing, progress, chunk=_VECTORS_AT_ONCE) as table,
    ):
        vectors = VectorTable(table, snapshot)
        if form == "projector":
            written = write_projector(vectors, streams[0], streams[1])
        elif len(targets) == 1:
            written = write_vectors_parquet(vectors, streams[0])
        else:
            written = write_npy(vectors, streams[0], streams[1])
    return ExportResult(written, tuple(targets), len(listing.keys) - written)


def files_of(form: Form, target: Path) -> list[Path]:
    """The files, or the folder, that an export to ``target`` creates."""
    if form == "projector":
        return [target, target.with_suffix(".metadata.tsv")]
    if form == "vectors" and target.suffix.lower() == ".npy":
        return [target, target.with_suffix(".csv")]
    return [target]


def summary(exported: ExportResult) -> str:
    """The result of an export, in words."""
    where = " and ".join(display_path(file) for file in exported.files)
    parts = [f"{count(exported.pictures, 'picture')}{f' in {where}' if where else ''}"]
    parts += [f"{count(exported.left_out)} left out"] if exported.left_out else []
    parts += (
        [f"{count(len(exported.missing))} no longer there, or changed since the last scan"] if exported.missing else []
    )
    return "; ".join(parts)
