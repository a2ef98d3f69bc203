"""What a screen offers to export, the file formats, and suggested file names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.actions.answer import Match
from core.export.forms import Form
from core.project import Project
from core.text import count, display_path, printable
from tui.widgets.bucket_list import bucket_name
from tui.widgets.picture_source import Entries, Item, PictureSource

if TYPE_CHECKING:  # NumPy comes with the first export, in a thread
    from core.actions.ordered import Ordered
    from core.export.listing import Listing
    from core.maps.colouring import Colouring
    from core.maps.layout import Layout
    from tui.widgets.image_grid import ImageGrid

_NAME_KEPT = 40  # characters


@dataclass(frozen=True)
class Offer:
    """A list that can be exported.

    Attributes:
        title: shown to the user: ``the selection (3)``.
        name: suggests a file name.
        write: writes the list and returns a summary; called in a thread.
        forms: the file formats to choose from, at least one.
    """

    title: str
    name: str
    write: Callable[[ExportRequest], str]
    forms: Sequence[FormChoice]


@dataclass(frozen=True)
class ExportRequest:
    """What the user chose in the dialog.

    Attributes:
        project: of the list.
        form: name of the format in :mod:`core.export.forms`.
        target: path of the file or the new folder.
        replace: whether an existing file may be replaced.
        vec_type: of the vectors; empty for formats without vectors.
        progress: called with the number of pictures read and their total. An exception stops the export.
    """

    project: Project
    form: Form
    target: Path
    replace: bool
    vec_type: str
    progress: Callable[[int, int], None]


@dataclass(frozen=True)
class FormChoice:
    """A file format as the dialog offers it.

    Attributes:
        form: name of the format in :mod:`core.export.forms`.
        ending: of the file's name; empty for a folder.
        title: in the select.
        help: what the file contains.
    """

    form: Form
    ending: str
    title: str
    help: str


CHOICES = (
    FormChoice("csv", ".csv", "CSV", "one line per picture: path, key, score, group, tags, properties, facts"),
    FormChoice("jsonl", ".jsonl", "JSON lines", "one object per picture: as CSV, but with types"),
    FormChoice("parquet", ".parquet", "Parquet", "as CSV, with types; needs pictoscope[parquet]"),
    FormChoice("paths", ".txt", "paths", "one per line"),
    FormChoice("sheet", ".html", "contact sheet (HTML)", "one page with all thumbnails in it, up to 20,000"),
    FormChoice("sheet", ".png", "contact sheet (PNG)", "one picture of up to 2,000 thumbnails"),
    FormChoice("links", "", "folder of links", "a new folder; with several groups, a sub-folder for each"),
    FormChoice("copies", "", "folder of copies", "a new folder; with several groups, a sub-folder for each"),
    FormChoice("vectors", ".npy", "vectors (.npy and .csv)", "rows of float32; path, key and tags in the CSV"),
    FormChoice("vectors", ".parquet", "vectors (Parquet)", "path, key and vector; needs pictoscope[parquet]"),
    FormChoice("projector", ".tsv", "Embedding Projector", "two TSV files that projector.tensorflow.org loads"),
)
MAP_CHOICES = (  # the ending says what is written
    FormChoice("sheet", ".html", "page (HTML)", "one page to pan and zoom, pictures under the pointer"),
    FormChoice("sheet", ".png", "picture (PNG)", "dots, and thumbnails where there is room"),
    FormChoice("csv", ".csv", "CSV", "one line per picture: path, key, place, colour"),
    FormChoice("parquet", ".parquet", "Parquet", "as CSV, with types; needs pictoscope[parquet]"),
)
_ENDINGS = {choice.ending for choice in CHOICES if choice.ending} | {".json"}


def of_entries(title: str, name: str, entries: Callable[[], Entries]) -> Offer:
    """Pictures in an order, with their scores; ``entries`` is called in a thread."""

    def listing() -> Listing:
        from core.export.listing import Listing

        return Listing.of_entries(name, *entries())

    return _of_listing(title, name, listing)


def of_source(title: str, name: str, source: PictureSource) -> Offer:
    """All pictures of a list."""
    return of_entries(title, name, source.entries)


def of_item(title: str, item: Item) -> Offer:
    """One picture."""
    return of_entries(title, item.picture.name, lambda: ([item.picture.key], [item.score]))


def of_selection(name: str, grid: ImageGrid) -> list[Offer]:
    """The selected pictures; an empty list if there are none."""
    selected = len(grid.selected_keys)
    return [of_entries(f"the selection ({count(selected)})", name, grid.selected_entries())] if selected else []


def of_groups(title: str, name: str, groups: Sequence[tuple[str, Sequence[Match]]]) -> Offer:
    """All groups of an answer: the name and the pictures of each."""

    def listing() -> Listing:
        from core.export.listing import Listing

        # Each picture once: Duplicates lists a picture for each of its files.
        listed = [(group, {match.key: match.score for match in matches}) for group, matches in groups]
        return Listing.of_groups(name, [(group, list(scores), list(scores.values())) for group, scores in listed])

    return _of_listing(title, name, listing)


def of_buckets(title: str, name: str, ordered: Ordered) -> Offer:
    """All groups that a sort order divides pictures into."""

    def listing() -> Listing:
        from core.export.listing import Listing

        parts = [(bucket_name(bucket), ordered.facts.known_ids(bucket.ids)) for bucket in ordered.buckets]
        return Listing.of_groups(
            name, [(part, ordered.facts.keys_of(ids), ordered.scores_of(ids)) for part, ids in parts]
        )

    return _of_listing(title, name, listing)


def of_map(layout: Layout, colouring: Colouring, *, named: bool = False) -> Offer:
    """A map as it is coloured. ``named``: there is another one."""

    def write(request: ExportRequest) -> str:
        from core.maps.export import export_map

        total = len(layout.keys)
        request.progress(0, total)
        written = export_map(
            request.project,
            layout,
            colouring,
            request.target,
            replace=request.replace,
            progress=lambda done: request.progress(done, total),
        )
        where = f"{count(written.pictures, 'picture')} in {display_path(written.file)}"
        return f"{where} ({written.note})" if written.note else where

    what = f"the map {printable(layout.vec_type)} by {layout.method}" if named else "the map"
    return Offer(f"{what} as it is coloured", "map", write, MAP_CHOICES)


def _of_listing(title: str, name: str, listing: Callable[[], Listing]) -> Offer:
    """Pictures in all the formats of an export; ``listing`` is called in a thread."""

    def write(request: ExportRequest) -> str:
        from core.export.export import export, summary

        pictures = listing()
        total = len(pictures.keys)
        request.progress(0, total)
        exported = export(
            request.project,
            pictures,
            request.form,
            request.target,
            replace=request.replace,
            vec_type=request.vec_type,
            progress=lambda done: request.progress(done, total),
        )
        return summary(exported)

    return Offer(title, name, write, CHOICES)


def with_ending(path: str, ending: str) -> str:
    """Replace the ending of a path by that of another format, or remove it for a folder. Other endings stay."""
    stem, old = os.path.splitext(path)
    return (stem if old.lower() in _ENDINGS else path) + ending


def suggested(project: Project, name: str, ending: str) -> str:
    """The default path: in the current folder, or in the home folder if that is read-only or inside the project."""
    try:
        here = Path.cwd()
    except OSError:  # it was deleted
        here = project.path
    taken = [project.path, *project.folders]
    fit = os.access(here, os.W_OK) and not any(here.is_relative_to(folder) for folder in taken)
    stem = "-".join(re.findall(r"\w+", name))[:_NAME_KEPT].strip("-") or "pictures"
    home = Path.home()
    short = Path("~", here.relative_to(home)) if here.is_relative_to(home) else here
    return os.path.join(short if fit else "~", stem + ending)
