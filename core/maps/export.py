"""Write a map as PNG, HTML, CSV or Parquet, by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core.errors import UsageError
from core.export.parquet import arrow
from core.export.target import refuse_picture_folder, whole_files
from core.key_arrays import whole_keys
from core.maps.colouring import Colouring
from core.maps.html import PageSize, write_html
from core.maps.layout import Layout
from core.maps.methods import ENDINGS
from core.maps.png import title_of, write_png
from core.maps.tables import write_csv, write_parquet
from core.project import Project
from core.text import count, printable

if TYPE_CHECKING:
    from PIL import Image

Progress = Callable[[int], None]


@dataclass(frozen=True)
class MapExport:
    """What was written.

    Attributes:
        file: its path.
        pictures: on the map.
        note: its size, or how many pictures are thumbnails, in words; may be empty.
    """

    file: Path
    pictures: int
    note: str


def check_ending(target: Path) -> str:
    """The ending of the file's name, in lower case.

    Raises:
        UsageError: it is not one of ``ENDINGS``.
    """
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(
            f"{printable(target)}: its name must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}",
            "choose another name",
        )
    return ending


def export_map(
    project: Project,
    layout: Layout,
    colouring: Colouring,
    target: Path,
    *,
    replace: bool = False,
    progress: Progress = lambda done: None,
) -> MapExport:
    """Write a map. The file appears complete at the end, or not at all.

    Args:
        project: of the pictures.
        layout: the pictures and their places.
        colouring: their colours.
        target: ``X.png``, ``X.html``, ``X.csv`` or ``X.parquet``.
        replace: whether an existing file may be replaced.
        progress: called with the number of thumbnails done. An exception stops the export, and nothing is left.

    Raises:
        AlreadyExists: the file exists, and ``replace`` is off. UsageError: another ending, or it may not be written.
        DiskFull: no space. PictoscopeError: Parquet without pyarrow. OSError: the file system fails.
    """
    ending = check_ending(target)
    if ending == ".parquet":
        arrow()  # raises before anything is created
    if ending == ".png":
        refuse_picture_folder(project, target)
    paths = _paths(project, layout)
    with whole_files(project, [target], replace) as (stream,):
        note = _write(project, layout, colouring, paths, ending, stream, progress)
    return MapExport(target, len(layout.keys), note)


def _write(
    project: Project,
    layout: Layout,
    colouring: Colouring,
    paths: list[bytes],
    ending: str,
    stream: BinaryIO,
    progress: Progress,
) -> str:
    keys = whole_keys(layout.keys)

    def thumbnail(number: int) -> Image.Image:
        return project.thumbnails.get(keys[number], paths[number])

    if ending == ".csv":
        write_csv(layout, colouring, paths, stream)
    elif ending == ".parquet":
        write_parquet(layout, colouring, paths, stream)
    elif ending == ".png":
        drawn = write_png(layout, colouring, title_of(layout), stream, thumbnail)
        return f"{count(drawn)} of {count(len(keys), 'picture')} as thumbnails, the others as dots"
    else:
        names = [path.rpartition(b"/")[2] for path in paths]
        written: PageSize = write_html(layout, colouring, title_of(layout), names, stream, thumbnail, progress)
        return written.note(len(keys))
    return ""


def _paths(project: Project, layout: Layout) -> list[bytes]:
    """The first file of each picture; empty where it has just been removed."""
    keys = whole_keys(layout.keys)
    pictures = project.catalog.by_keys(keys)
    return [pictures[key].path if key in pictures else b"" for key in keys]
