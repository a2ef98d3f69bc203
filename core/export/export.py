"""Lists of pictures out to files and folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from core.errors import UsageError
from core.export.folders import copy_all, link_all
from core.export.listing import Listing
from core.export.parquet import arrow, write_parquet
from core.export.sheet import write_html, write_png
from core.export.table import Table, table_of
from core.export.target import new_folder, refuse_picture_folder, whole_files
from core.export.text_tables import write_csv, write_json_lines, write_paths
from core.project import Project
from core.text import count, printable

Form = Literal["paths", "csv", "jsonl", "parquet", "vectors", "projector", "links", "copies", "sheet"]
FORMS: tuple[Form, ...] = get_args(Form)
TEXT_FORMS: tuple[Form, ...] = ("paths", "csv", "jsonl")  # those that may go to stdout
_TABLES: dict[Form, Callable[[Table, BinaryIO], int]] = {
    "paths": write_paths,
    "csv": write_csv,
    "jsonl": write_json_lines,
    "parquet": write_parquet,
}


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
    progress: Callable[[int], None] = lambda done: None,
) -> Exported:
    """Write a list of pictures. Files and folders appear whole at the end, or not at all.

    Args:
        project: of the pictures.
        listing: which, in which order.
        form: ``paths``, ``csv``, ``jsonl`` and ``parquet`` are one file; ``vectors`` is ``X.parquet``, or ``X.npy``
            with ``X.csv`` beside it; ``projector`` is ``X.tsv`` with ``X.metadata.tsv``; ``links`` and ``copies`` are a
            new folder; ``sheet`` is ``X.html`` or ``X.png``.
        target: the first of these files, or the folder.
        replace: whether files may be there already. A folder is never written over.
        vec_type: which vectors; empty for the default ones.
        progress: is told how many pictures have been read.

    Raises:
        UsageError: the target may not be written, has another ending, or the vec type is none.
        VectorsMissing: no vectors yet. DiskFull: no room; nothing is left behind.
        PictoscopeError: Parquet without pyarrow. OSError: what the file system refuses.
    """
    if form in ("links", "copies"):
        fill = link_all if form == "links" else copy_all
        with new_folder(project, target) as folder, table_of(project, listing, progress) as table:
            filled = fill(table, folder)
        lost = len(set(listing.keys)) - filled.files - len(filled.missing)
        return Exported(filled.files, (target,), lost, tuple(filled.missing))
    if form in ("vectors", "projector"):
        return _export_vectors(project, listing, form, target, replace, vec_type, progress)
    if form == "sheet":
        _ending(target, ".html", ".png")
        if target.suffix.lower() == ".png":
            refuse_picture_folder(project, target)
    if form == "parquet":
        arrow()  # before anything is made
    with whole_files(project, [target], replace) as (stream,), table_of(project, listing, progress) as table:
        if form == "sheet":
            written = _write_sheet(project, listing, table, stream, target)
        else:
            written = _TABLES[form](table, stream)
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


def _write_sheet(project: Project, listing: Listing, table: Table, stream: BinaryIO, target: Path) -> int:
    if target.suffix.lower() == ".png":
        return write_png(table, stream, len(listing.keys), project.thumbnails.get)
    return write_html(table, stream, listing.title, project.thumbnails.get)


def _export_vectors(
    project: Project,
    listing: Listing,
    form: Form,
    target: Path,
    replace: bool,
    vec_type: str,
    progress: Callable[[int], None],
) -> Exported:
    from core.export.vectors import VectorTable, write_npy, write_projector, write_vectors_parquet
    from core.vectors.vec_types import choose

    snapshot = project.covered(
        choose(project.vectors_folder, vec_type, project.settings.default_vec_type, needs_text=False)
    ).snapshot
    if form == "projector":
        ending, targets = _ending(target, ".tsv"), [target, target.with_suffix(".metadata.tsv")]
    else:
        ending = _ending(target, ".npy", ".parquet")
        targets = [target] if ending == ".parquet" else [target, target.with_suffix(".csv")]
    if ending == ".parquet":
        arrow()
    with whole_files(project, targets, replace) as streams, table_of(project, listing, progress) as table:
        vectors = VectorTable(table, snapshot)
        if ending == ".parquet":
            written = write_vectors_parquet(vectors, streams[0])
        elif form == "projector":
            written = write_projector(vectors, streams[0], streams[1])
        else:
            written = write_npy(vectors, streams[0], streams[1])
    return Exported(written, tuple(targets), len(listing.keys) - written)


def _ending(target: Path, *allowed: str) -> str:
    if target.suffix.lower() not in allowed:
        raise UsageError(f"{printable(target)}: its name must end in {' or '.join(allowed)}", "choose another name")
    return target.suffix.lower()


def summary(exported: Exported) -> str:
    """What was written, in words."""
    where = " and ".join(printable(file) for file in exported.files)
    parts = [f"{count(exported.pictures, 'picture')}{f' in {where}' if where else ''}"]
    parts += [f"{count(exported.left_out)} left out"] if exported.left_out else []
    return "; ".join(parts)
