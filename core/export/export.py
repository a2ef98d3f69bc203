"""Lists of pictures out to files and folders."""

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
from core.export.table import FEW, Progress, Table, table_of
from core.export.target import new_folder, refuse_picture_folder, whole_files
from core.export.text_tables import write_csv, write_json_lines, write_paths
from core.project import Project
from core.text import count, place, printable

_TABLES: dict[Form, Callable[[Table, BinaryIO], int]] = {
    "paths": write_paths,
    "csv": write_csv,
    "jsonl": write_json_lines,
    "parquet": write_parquet,
}
_VECTORS_AT_ONCE = 2_000  # 8 MB of 1,024 dimensions


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        pictures: how many, those of several groups each time.
        files: files, or the folder.
        left_out: entries of the list without a file or, where vectors were asked for, without one.
        missing: paths of pictures that are not there any more; of links and copies.
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
) -> Exported:
    """Write a list of pictures. Files and folders appear whole at the end, or not at all.

    Args:
        project: of the pictures.
        listing: which, in which order.
        form: ``paths``, ``csv``, ``jsonl`` and ``parquet`` are one file; ``vectors`` is ``X.parquet``, or ``X.npy``
            with ``X.csv`` beside it; ``projector`` is ``X.tsv`` with ``X.metadata.tsv``; ``links`` and ``copies`` are a
            new folder, with one for each group in it; ``sheet`` is ``X.html`` or ``X.png``.
        target: the first of these files, or the folder.
        replace: whether files may be there already. A folder is never written over.
        vec_type: which vectors; empty for the default ones.
        null: whether paths end with NUL instead of a newline.
        progress: is told how many pictures have been read. What it raises ends the export, and nothing is left.

    Raises:
        AlreadyThere: a file has this name, and ``replace`` was not said.
        UsageError: the target may not be written, has another ending, there are too many pictures for a sheet, or the
            vec type is none.
        VectorsMissing: no vectors yet. DiskFull: no room; nothing is left behind.
        PictoscopeError: Parquet without pyarrow. OSError: what the file system refuses.
    """
    endings = ENDINGS.get(form, ())
    ending = target.suffix.lower()
    if endings and ending not in endings:
        raise UsageError(f"{printable(target)}: its name must end in {' or '.join(endings)}", "choose another name")
    if form in FOLDER_FORMS:
        fill = link_all if form == "links" else copy_all
        with new_folder(project, target) as folder, table_of(project, listing, progress, chunk=FEW) as table:
            filled = fill(table, folder)
        return Exported(filled.files, (target,), len(listing.keys) - filled.entries, tuple(filled.missing))
    if form == "parquet" or (ending == ".parquet" and form in VECTOR_FORMS):
        arrow()  # before anything is made
    if form in VECTOR_FORMS:
        return _export_vectors(project, listing, form, target, replace, vec_type, progress)
    if form == "sheet":
        return _export_sheet(project, listing, target, replace, progress)
    with whole_files(project, [target], replace) as (stream,), table_of(project, listing, progress) as table:
        written = write_paths(table, stream, b"\0") if form == "paths" and null else _TABLES[form](table, stream)
    return Exported(written, (target,), len(listing.keys) - written)


def write_text(project: Project, listing: Listing, form: Form, stream: BinaryIO, *, null: bool = False) -> Exported:
    """One of ``TEXT_FORMS`` into an open stream; paths end with NUL where ``null``.

    Raises:
        UsageError: the form is another one.
    """
    if form not in TEXT_FORMS:
        raise UsageError(f"{form} needs a file", "give it: --to PATH")
    with table_of(project, listing) as table:
        if form == "paths":
            written = write_paths(table, stream, b"\0" if null else b"\n")
        else:
            written = _TABLES[form](table, stream)
    return Exported(written, (), len(listing.keys) - written)


def _export_sheet(project: Project, listing: Listing, target: Path, replace: bool, progress: Progress) -> Exported:
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
    return Exported(written, (target,), pictures - written)


def _export_vectors(
    project: Project,
    listing: Listing,
    form: Form,
    target: Path,
    replace: bool,
    vec_type: str,
    progress: Progress,
) -> Exported:
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
    return Exported(written, tuple(targets), len(listing.keys) - written)


def files_of(form: Form, target: Path) -> list[Path]:
    """The files, or the folder, that an export to ``target`` makes."""
    if form == "projector":
        return [target, target.with_suffix(".metadata.tsv")]
    if form == "vectors" and target.suffix.lower() == ".npy":
        return [target, target.with_suffix(".csv")]
    return [target]


def summary(exported: Exported) -> str:
    """What was written, in words."""
    where = " and ".join(place(file) for file in exported.files)
    parts = [f"{count(exported.pictures, 'picture')}{f' in {where}' if where else ''}"]
    parts += [f"{count(exported.left_out)} left out"] if exported.left_out else []
    parts += [f"{count(len(exported.missing))} not there any more"] if exported.missing else []
    return "; ".join(parts)
