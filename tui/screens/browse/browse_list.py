"""Which pictures Browse shows, in which order; found in a thread."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.actions.answer import Match
from core.catalog.catalog import Catalog, Folder, Picture
from core.errors import PictoscopeError
from core.filters.ordering import DEFAULT_ORDER, Order
from core.filters.parser import parse
from core.filters.saved import SavedFilters
from core.filters.syntax import FilterError, NameCondition, quoted
from core.labels.groups import Groups
from core.labels.stacks import Stacks
from core.labels.tags import Tags
from core.labels.undo import History
from core.project import Project
from core.text import printable
from tui.widgets.labels_list import Labels
from tui.widgets.picture_source import CatalogSource, MatchSource

if TYPE_CHECKING:  # NumPy comes after the first paint
    from core.actions.ordered import Ordered
    from core.labels.stack_table import StackTable


_FACTS = 1_000  # selected pictures whose facts are read with every list


@dataclass(frozen=True)
class BrowseQuery:
    """Which pictures are to be shown.

    Attributes:
        folder: number of a folder: those in it and below; None for all.
        filter: a line that they pass; empty for all.
        group: name of a saved group, which then decides alone; empty for none.
        order: how they are ordered, and parted.
        unfolded: numbers of the stacks of which all pictures are shown.
    """

    folder: int | None = None
    filter: str = ""
    group: str = ""
    order: Order = DEFAULT_ORDER
    unfolded: frozenset[int] = frozenset()

    @property
    def folded(self) -> BrowseQuery:
        """The same with every stack folded."""
        return replace(self, unfolded=frozenset())

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
            condition = parse(self.filter)
        except FilterError:
            return ""
        return f"tag:{condition.value}" if isinstance(condition, NameCondition) and condition.field == "tag" else ""

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
            below = tags.counts_with_descendants()
            counted = [replace(tag, pictures=below.get(tag.id, tag.pictures)) for tag in tags.all()]
            self._read = mark, Labels(counted, Groups(catalog).all(), tuple(SavedFilters(catalog).all()))
        return self._read[1]


@dataclass(frozen=True)
class BrowseResult:
    """The pictures that were wanted.

    Attributes:
        source: those that are shown, in order.
        ordered: what the order made of them; None where none was given.
        behind: how many were wanted and lie behind the tops of their stacks.
        stacks: those of the project; None where there are none.
        whole: as ``source``, with those behind; None where nothing lies behind.
    """

    source: CatalogSource | MatchSource
    ordered: Ordered | None = None
    behind: int = 0
    stacks: StackTable | None = None
    whole: CatalogSource | MatchSource | None = None


class OrderFailed(PictoscopeError):
    """The pictures are there, but cannot be ordered as it was wished."""


def find(project: Project, wanted: BrowseQuery) -> BrowseResult:
    """The pictures that are wanted; of each stack one, unless it is unfolded.

    Raises:
        FilterError: the filter names what is not there. UsageError: there is no such group.
        OrderFailed: there is no such property, or similarity cannot be told. CatalogError: it cannot be read.
    """
    catalog = project.catalog
    stacks = _stacks(catalog)
    if wanted.group:
        entries = Groups(catalog).open(wanted.group)
        there = catalog.by_keys([key for key, _ in entries])
        ids = array("q", (there[key].id for key, _ in entries if key in there))
        if not wanted.order.given:
            matches = {there[key].id: Match(key, there[key].path, score) for key, score in entries if key in there}
            shown, behind = _folded(stacks, ids, wanted)
            listed = [matches[number] for number in shown]
            whole = MatchSource(catalog, list(matches.values())) if behind else None
            return BrowseResult(MatchSource(catalog, listed, _mark(stacks, wanted)), None, behind, stacks, whole)
    else:
        ids = _ids(project, wanted)
    if not wanted.order.given:
        shown, behind = _folded(stacks, ids, wanted)
        whole_list = CatalogSource(catalog, ids) if behind else None
        return BrowseResult(CatalogSource(catalog, shown, mark=_mark(stacks, wanted)), None, behind, stacks, whole_list)
    from core.actions.ordered import ordered  # NumPy: after the first paint

    try:
        in_order = ordered(project, ids, wanted.order)
    except PictoscopeError as error:
        raise OrderFailed(error.message, error.hint) from error
    source, behind = source_of(catalog, in_order, in_order.ids, wanted, stacks)
    return BrowseResult(
        source, in_order, behind, stacks, CatalogSource(catalog, in_order.ids, in_order.scores_of) if behind else None
    )


def source_of(
    catalog: Catalog, ordered: Ordered, ids: array[int], wanted: BrowseQuery, stacks: StackTable | None
) -> tuple[CatalogSource, int]:
    """Some of the pictures of an order, and how many of them lie behind the tops of their stacks."""
    shown, behind = _folded(stacks, ids, wanted)
    return CatalogSource(catalog, shown, ordered.scores_of, _mark(stacks, wanted)), behind


def _stacks(catalog: Catalog) -> StackTable | None:
    if not Stacks(catalog).any():
        return None
    from core.labels.stack_table import StackTable  # NumPy: after the first paint

    return StackTable(catalog)


def _folded(stacks: StackTable | None, ids: array[int], wanted: BrowseQuery) -> tuple[array[int], int]:
    if stacks is None:
        return ids, 0
    folded = stacks.fold(ids, wanted.unfolded)
    return folded.ids, folded.behind


def _mark(stacks: StackTable | None, wanted: BrowseQuery) -> Callable[[int], str]:
    return lambda number: stacks.mark(number, wanted.unfolded) if stacks else ""


def _ids(project: Project, wanted: BrowseQuery) -> array[int]:
    if not wanted.filter:
        return project.catalog.picture_ids(wanted.folder)
    from core.filters.evaluation import ids_where  # NumPy: after the first paint

    return ids_where(project.catalog, wanted.filter, project.coverage_keys, wanted.folder)


@dataclass(frozen=True)
class Listing:
    """All that Browse shows.

    Attributes:
        wanted: which pictures were asked for.
        found: these.
        total: pictures that there would be without a filter.
        folders: of the project.
        gone: keys of selected pictures that have no file any more.
        moved: by key what is known of the other selected ones now; empty where they are many.
        labels: what people have named.
    """

    wanted: BrowseQuery
    found: BrowseResult
    total: int
    folders: Sequence[Folder]
    gone: set[bytes]
    moved: Mapping[bytes, Picture]
    labels: Labels


def list_all(project: Project, reader: LabelsReader, wanted: BrowseQuery, selected: Sequence[bytes]) -> Listing:
    """Read all that Browse shows; ``selected``: keys of the pictures that are selected.

    Raises:
        PictoscopeError, OSError: see :func:`find`.
    """
    catalog = project.catalog
    labels = reader.labels()
    listing = find(project, wanted)
    whole = wanted.folded == BrowseQuery(order=wanted.order)
    total = len(listing.source) + listing.behind if whole else catalog.count()
    return Listing(wanted, listing, total, catalog.folders(), *_changed(catalog, selected), labels)


def _changed(catalog: Catalog, keys: Sequence[bytes]) -> tuple[set[bytes], Mapping[bytes, Picture]]:
    """Which pictures have no file any more, and, where they are few, what is known of the others."""
    if len(keys) <= _FACTS:
        known = catalog.by_keys(keys)
        return set(keys) - known.keys(), known
    there = {row[0] for row in catalog.query("SELECT key FROM pictures WHERE id IN (SELECT picture FROM files)")}
    return {key for key in keys if key not in there}, {}
