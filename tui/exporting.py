"""What a screen offers to export, the forms a person chooses from, and what a file may be called."""

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
from core.text import count
from tui.widgets.bucket_list import bucket_name
from tui.widgets.picture_source import Entries, Item, PictureSource

if TYPE_CHECKING:  # NumPy comes with the first export, in a thread
    from core.actions.ordered import Ordered
    from core.export.listing import Listing
    from tui.widgets.image_grid import ImageGrid

_NAME_KEPT = 40  # characters


@dataclass(frozen=True)
class Offer:
    """Pictures that may be exported.

    Attributes:
        title: what they are, in words: ``the selection (3)``.
        name: what a file of them may be called, in words.
        listing: gives them; called in a thread.
    """

    title: str
    name: str
    listing: Callable[[], Listing]


@dataclass(frozen=True)
class FormChoice:
    """A form as the dialog offers it.

    Attributes:
        form: of the library.
        ending: of the file's name; empty for a folder.
        title: in the select.
        help: what is written.
    """

    form: Form
    ending: str
    title: str
    help: str


CHOICES = (
    FormChoice("csv", ".csv", "CSV", "a line a picture: path, key, score, group, tags, properties, facts"),
    FormChoice("jsonl", ".jsonl", "JSON lines", "an object a picture: as CSV, but with types"),
    FormChoice("parquet", ".parquet", "Parquet", "as CSV, with types; needs pictoscope[parquet]"),
    FormChoice("paths", ".txt", "paths", "one a line"),
    FormChoice("sheet", ".html", "contact sheet (HTML)", "one page with all thumbnails in it, up to 20,000"),
    FormChoice("sheet", ".png", "contact sheet (PNG)", "one picture of up to 2,000 thumbnails"),
    FormChoice("links", "", "folder of links", "a new folder, of several groups one for each in it"),
    FormChoice("copies", "", "folder of copies", "a new folder, of several groups one for each in it"),
    FormChoice("vectors", ".npy", "vectors (.npy and .csv)", "rows of float32; path, key and tags in the CSV"),
    FormChoice("vectors", ".parquet", "vectors (Parquet)", "path, key and vector; needs pictoscope[parquet]"),
    FormChoice("projector", ".tsv", "Embedding Projector", "two TSV files that projector.tensorflow.org loads"),
)
_ENDINGS = {choice.ending for choice in CHOICES if choice.ending}


def of_entries(title: str, name: str, entries: Callable[[], Entries]) -> Offer:
    """Pictures in an order, with their scores; ``entries`` is called in a thread."""

    def listing() -> Listing:
        from core.export import listing as listings

        return listings.of_entries(name, *entries())

    return Offer(title, name, listing)


def of_source(title: str, name: str, source: PictureSource) -> Offer:
    """All pictures of a list."""
    return of_entries(title, name, source.entries)


def of_item(title: str, item: Item) -> Offer:
    """One picture."""
    return of_entries(title, item.picture.name, lambda: ([item.picture.key], [item.score]))


def of_selection(name: str, grid: ImageGrid) -> list[Offer]:
    """The selected pictures; nothing where there are none."""
    selected = len(grid.selected_keys)
    return [of_entries(f"the selection ({count(selected)})", name, grid.selected_entries())] if selected else []


def of_groups(title: str, name: str, groups: Sequence[tuple[str, Sequence[Match]]]) -> Offer:
    """All groups of an answer: the name and the pictures of each."""

    def listing() -> Listing:
        from core.export import listing as listings

        # Each picture once: of duplicates a picture is there for each of its files.
        listed = [(group, {match.key: match.score for match in matches}) for group, matches in groups]
        return listings.of_groups(name, [(group, list(scores), list(scores.values())) for group, scores in listed])

    return Offer(title, name, listing)


def of_buckets(title: str, name: str, ordered: Ordered) -> Offer:
    """All groups that an order has parted pictures into."""

    def listing() -> Listing:
        from core.export import listing as listings

        parts = [(bucket_name(bucket), ordered.facts.those_here(bucket.ids)) for bucket in ordered.buckets]
        return listings.of_groups(
            name, [(part, ordered.facts.keys_of(ids), ordered.scores_of(ids)) for part, ids in parts]
        )

    return Offer(title, name, listing)


def with_ending(path: str, ending: str) -> str:
    """A path with the ending of another form; without one for a folder. What is no ending of a form stays."""
    stem, old = os.path.splitext(path)
    return (stem if old.lower() in _ENDINGS else path) + ending


def suggested(project: Project, name: str, ending: str) -> str:
    """Where to write by default: the current folder, or home where that is no place for it."""
    try:
        here = Path.cwd()
    except OSError:  # it is gone
        here = project.path
    taken = [project.path, *project.folders]
    fit = os.access(here, os.W_OK) and not any(here.is_relative_to(folder) for folder in taken)
    plain = "-".join(re.findall(r"\w+", name))[:_NAME_KEPT].strip("-") or "pictures"
    return os.path.join(here if fit else "~", plain + ending)
