"""Which pictures Browse shows, in which order; found in a thread."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.actions.answer import Match
from core.catalog.catalog import Catalog
from core.catalog.filter import FilterError, Named, parse, quoted
from core.catalog.groups import Groups
from core.catalog.history import History
from core.catalog.order import AS_THEY_LIE, Order
from core.catalog.saved_filters import SavedFilters
from core.catalog.tags import Tags
from core.errors import PictoscopeError
from core.project import Project
from core.text import printable
from tui.widgets.labels_list import Labels
from tui.widgets.picture_source import CatalogSource, MatchSource

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.ordered import Ordered


@dataclass(frozen=True)
class Wanted:
    """Which pictures are to be shown.

    Attributes:
        folder: number of a folder: those in it and below; None for all.
        filter: a line that they pass; empty for all.
        group: name of a saved group, which then decides alone; empty for none.
        order: how they are ordered, and parted.
    """

    folder: int | None = None
    filter: str = ""
    group: str = ""
    order: Order = AS_THEY_LIE

    @property
    def title(self) -> str:
        """In words; empty where no filter and no group is set."""
        return f"group {printable(self.group)}" if self.group else printable(self.filter)

    @property
    def subject(self) -> str:
        """The tag or saved group that they are: ``tag:NAME``, ``group:NAME``; empty where they are something else."""
        if self.group:
            return f"group:{self.group}"
        try:
            found = parse(self.filter)
        except FilterError:
            return ""
        return f"tag:{found.value}" if isinstance(found, Named) and found.field == "tag" else ""

    def line(self, folder: bytes) -> str:
        """As a filter, ``folder`` being the path of its folder."""
        if self.group:
            return f"group:{quoted(self.group)}"
        inside = f"folder:{quoted(os.fsdecode(folder))}" if folder else ""
        if inside and self.filter:
            return f"{inside} and ({self.filter})"
        return inside or self.filter


class LabelsReader:
    """What people have named, with how many pictures each tag has with those below it. Read again when it differs.

    Args:
        project: whose labels.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._read: tuple[tuple[tuple[int, int], int], Labels] | None = None

    def labels(self) -> Labels:
        """As they are now. Of a million pictures and a tree of 200 tags it takes a second, once.

        Raises:
            CatalogError: they cannot be read.
        """
        catalog = self._project.catalog
        mark = History(catalog).mark(), catalog.version()
        if self._read is None or self._read[0] != mark:
            tags = Tags(catalog)
            below = tags.with_those_below()
            counted = [replace(tag, pictures=below.get(tag.id, tag.pictures)) for tag in tags.all()]
            self._read = mark, Labels(counted, Groups(catalog).all(), tuple(SavedFilters(catalog).all()))
        return self._read[1]


@dataclass(frozen=True)
class Found:
    """The pictures that were wanted.

    Attributes:
        source: all of them, in order.
        ordered: what the order made of them; None where none was given.
    """

    source: CatalogSource | MatchSource
    ordered: Ordered | None = None


class OrderFailed(PictoscopeError):
    """The pictures are there, but cannot be ordered as it was wished."""


def find(project: Project, wanted: Wanted) -> Found:
    """The pictures that are wanted.

    Raises:
        FilterError: the filter names what is not there. UsageError: there is no such group.
        OrderFailed: there is no such property, or similarity cannot be told. CatalogError: it cannot be read.
    """
    catalog = project.catalog
    if wanted.group:
        entries = Groups(catalog).open(wanted.group)
        there = catalog.by_keys([key for key, _ in entries])
        if not wanted.order.given:
            matches = [Match(key, there[key].path, score) for key, score in entries if key in there]
            return Found(MatchSource(catalog, matches))
        ids = array("q", (there[key].id for key, _ in entries if key in there))
    else:
        ids = _ids(project, wanted)
    if not wanted.order.given:
        return Found(CatalogSource(catalog, ids))
    from core.actions.ordered import ordered  # NumPy: after the first paint

    try:
        found = ordered(project, ids, wanted.order)
    except PictoscopeError as error:
        raise OrderFailed(error.message, error.hint) from error
    return Found(source_of(catalog, found, found.ids), found)


def source_of(catalog: Catalog, ordered: Ordered, ids: array[int]) -> CatalogSource:
    """Some of the pictures of an order."""
    return CatalogSource(catalog, ids, ordered.scores_of)


def _ids(project: Project, wanted: Wanted) -> array[int]:
    if not wanted.filter:
        return project.catalog.picture_ids(wanted.folder)
    from core.catalog.filter_evaluation import ids_where  # NumPy: after the first paint

    return ids_where(project.catalog, wanted.filter, project.coverage_keys, wanted.folder)
