"""How many pictures each value of a property has."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.catalog.catalog import Catalog
from core.charts.folder_names import below, common_folder
from core.filters.arrange import PictureGroup, group_ids
from core.filters.evaluation import ids_where
from core.filters.ordering import SPANS, Span, sortables
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.names import no_such_error
from core.project import Project
from core.text import count, printable

GROUP = "group"
_FEW = 40  # bars of dates that fit a screen: the shortest span with no more is chosen


@dataclass(frozen=True, slots=True)
class Bar:
    """One value.

    Attributes:
        name: the value as text; pass it through ``printable`` to show it. None for pictures without a value.
        pictures: that have it.
        joined: how many values this bar stands for, where small ones were joined; else 1.
    """

    name: str | None
    pictures: int
    joined: int = 1


@dataclass(frozen=True)
class Chart:
    """The bars of a property.

    Attributes:
        by: name of the property.
        span: the unit of time; None unless it is about dates.
        where: the filter that chose the pictures; empty for all.
        pictures: that were counted, each once.
        bars: in the order of their values; pictures without a value last.
    """

    by: str
    span: Span | None
    where: str
    pictures: int
    bars: tuple[Bar, ...]

    @property
    def title(self) -> str:
        """What the chart shows, in words, printable."""
        chosen = f" that match{'es' if self.pictures == 1 else ''} {printable(self.where)}" if self.where else ""
        span = f" ({self.span}s)" if self.span else ""
        return f"{count(self.pictures, 'picture')}{chosen} by {printable(self.by)}{span}"

    @property
    def most(self) -> int:
        """Pictures of the longest bar; 0 where there is none."""
        return max((bar.pictures for bar in self.bars), default=0)

    def label(self, bar: Bar) -> str:
        """What stands beside a bar, printable."""
        if bar.joined > 1:
            return f"{count(bar.joined)} others"
        return f"no {printable(self.by)}" if bar.name is None else printable(bar.name)

    def sorted(self) -> Chart:
        """The longest bars first, pictures without a value last."""
        return replace(self, bars=tuple(sorted(self.bars, key=lambda bar: (bar.name is None, -bar.pictures))))

    def shortened(self, most: int) -> Chart:
        """At most so many bars: the longest in their order, then one for all others, then those without a value."""
        named = [bar for bar in self.bars if bar.name is not None]
        without = [bar for bar in self.bars if bar.name is None]
        if len(self.bars) <= most:
            return self
        room = max(most - 1 - len(without), 1)
        kept = set(sorted(range(len(named)), key=lambda place: -named[place].pictures)[:room])
        rest = [bar for place, bar in enumerate(named) if place not in kept]
        shown = [bar for place, bar in enumerate(named) if place in kept]
        other = [Bar("", sum(bar.pictures for bar in rest), len(rest))] if rest else []
        return replace(self, bars=(*shown, *other, *without))


def chart(project: Project, by: str, span: Span | None = None, where: str = "") -> Chart:
    """Count the pictures of each value.

    A picture with several tags, choices or groups counts in each of their bars. Of several files of a picture the
    first by path decides about its folder.

    Args:
        project: open.
        by: ``tag``, ``group``, ``folder``, ``date``, or another property that pictures can be grouped by.
        span: the unit of time for dates; by default the shortest that has at most 40 bars.
        where: a filter; all pictures by default.

    Raises:
        UsageError: there is no such property, or the filter is wrong.
    """
    catalog = project.catalog
    ids = ids_where(catalog, where, project.coverage_keys) if where else catalog.facts().ids
    name, dates = _property(catalog, by)
    if name == GROUP:
        groups = _saved_groups(catalog, ids.tolist())
    elif dates:
        span, groups = _dated(catalog, ids.tolist(), name, span)
    else:
        span, groups = None, group_ids(catalog, ids.tolist(), name)
    bars = tuple(Bar(one.name, len(one.ids)) for one in groups)
    return Chart(name, span if dates else None, where, len(ids), _without_root(bars) if name == "folder" else bars)


def _property(catalog: Catalog, by: str) -> tuple[str, bool]:
    """The name as the property spells it, and whether its values are dates."""
    wanted = by.strip().lower()
    if wanted == GROUP:
        return GROUP, False
    known = sortables(Properties(catalog).all())
    match = next((one for one in known if one.name.lower() == wanted), None)
    if match is None:
        raise no_such_error("property", by, [GROUP, *(one.name for one in known)])
    return match.name, match.kind == "date"


def _dated(catalog: Catalog, ids: Sequence[int], name: str, span: Span | None) -> tuple[Span, list[PictureGroup]]:
    if span:
        return span, group_ids(catalog, ids, name, span)
    for one in SPANS:
        groups = group_ids(catalog, ids, name, one)
        if len(groups) <= _FEW:
            break
    return one, groups


def _saved_groups(catalog: Catalog, ids: Sequence[int]) -> list[PictureGroup]:
    """Saved groups by name, then pictures that are in none."""
    facts, groups = catalog.facts(), Groups(catalog)
    wanted = np.array(ids, np.int64)
    rest = np.ones(len(wanted), bool)
    bars = []
    for one in sorted(groups.all(), key=lambda group: group.name):
        held = np.isin(wanted, facts.ids_of([key for key, _ in groups.open(one.name)]))
        if held.any():
            bars.append(PictureGroup(one.name, array("q", wanted[held].tobytes())))
            rest &= ~held
    return [*bars, PictureGroup(None, array("q", wanted[rest].tobytes()))] if rest.any() else bars


def _without_root(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Folders named from the deepest one that holds all of them."""
    root = common_folder(bar.name for bar in bars)
    return tuple(replace(bar, name=below(bar.name, root)) if bar.name is not None else bar for bar in bars)
