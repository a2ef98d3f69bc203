"""What each picture of a map is coloured by: its tag, folder, year, cluster or the value of a property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.comparison.agreement import FEW, NEIGHBOURS, agreement
from core.comparison.common_rows import common_rows
from core.errors import UsageError
from core.filters.arrange import group_ids
from core.filters.ordering import sortables
from core.key_arrays import Keys, index_in, is_in, whole_keys
from core.labels.properties import Properties
from core.maps.layout import Layout
from core.maps.methods import AGREEMENT, CLUSTER, NONE
from core.maps.together import Together
from core.names import no_such_error
from core.project import Project
from core.search.assignment import Check, Numbers, assign, no_check
from core.search.cluster_count import SAMPLE, choose_k
from core.search.kmeans import spherical_kmeans

Codes = npt.NDArray[np.int16]
# Told apart on light and dark ground; the eleventh and later names share the colour of "others".
COLOURS = (
    (59, 111, 212),
    (232, 135, 30),
    (47, 158, 68),
    (214, 51, 108),
    (143, 79, 209),
    (18, 165, 184),
    (156, 107, 63),
    (217, 179, 16),
    (240, 111, 176),
    (122, 139, 31),
)
MOST = len(COLOURS)
OTHERS, UNKNOWN, ELSEWHERE = MOST, MOST + 1, MOST + 2  # codes
_OTHER_COLOURS = ((150, 150, 150), (195, 195, 195), (115, 115, 115))
RGB = np.array((*COLOURS, *_OTHER_COLOURS), np.uint8)  # by code, shape (MOST + 3, 3)
_NOT_DRAWN = "not in the sample"
_NO_NAME = {"tag": "untagged", "folder": "no folder"}


@dataclass(frozen=True)
class Colouring:
    """A colour for each picture of a map.

    Attributes:
        source: what it is by, as asked for; ``none`` if all have the same.
        names: of the codes from 0 on, the most frequent first; pass them through ``printable`` to show them.
        codes: index of the name of each picture, ``OTHERS``, ``UNKNOWN`` or ``ELSEWHERE``, shape (n,), int16.
        greys: what pictures with one of the last three codes are called, in that order.
        values: full name for each picture, empty without one; more exact than ``names`` where some are others.
    """

    source: str
    names: tuple[str, ...]
    codes: Codes
    greys: tuple[str, str, str]
    values: tuple[str, ...]

    def legend(self) -> list[Entry]:
        """What the colours mean: an entry for each that some picture has."""
        if self.source == NONE:
            return []
        sizes = np.bincount(self.codes, minlength=len(RGB)).tolist()
        named = [*enumerate(self.names), *zip((OTHERS, UNKNOWN, ELSEWHERE), self.greys, strict=True)]
        colours = RGB.tolist()
        return [Entry(name, tuple(colours[code]), sizes[code], code) for code, name in named if sizes[code]]

    def part(self, places: Numbers) -> Colouring:
        """Only these pictures, with the colours that they have among all."""
        values = tuple(self.values[place] for place in places.tolist())
        return replace(self, codes=self.codes[places], values=values)


class Entry(NamedTuple):
    """A line of the legend."""

    name: str
    colour: tuple[int, ...]
    pictures: int
    code: int


def colour_by(project: Project, layout: Layout, source: str, *, seed: int = 0, check: Check = no_check) -> Colouring:
    """Colour the pictures of a map.

    A picture with several tags or choices gets the colour of the one that most pictures of the map have. Dates are
    years. Clusters are by k-means over the vectors of the map.

    Args:
        project: open.
        layout: the pictures.
        source: ``none``, ``cluster``, ``tag``, ``folder``, ``date``, the name of a property, or ``agreement:`` and the
            name of another vec type: how many of a picture's ten nearest both have.
        seed: of the clusters, and of the pictures drawn from a large collection for the agreement.
        check: called between steps; may raise to stop.

    Raises:
        UsageError: there is no such property, or the other vec type is the map's own. VectorsMissing, TooFewVectors:
            there are no other vectors, or fewer than 50 pictures in common.
    """
    return colour_together(project, [layout], Together.of([layout.keys]), source, seed=seed, check=check)


def colour_together(
    project: Project,
    layouts: Sequence[Layout],
    together: Together,
    source: str,
    *,
    seed: int = 0,
    check: Check = no_check,
) -> Colouring:
    """Colour the pictures of maps that stand side by side: a picture has one colour, whichever map it is on.

    What the vectors say (clusters, agreement) is said of the first map; pictures that only others have are called so.

    Args:
        project: open.
        layouts: the maps, at least one.
        together: their pictures.
        source: see :func:`colour_by`.
        seed: likewise.
        check: likewise.

    Returns:
        The colours of ``together.keys``.

    Raises:
        UsageError, VectorsMissing, TooFewVectors: see :func:`colour_by`.
    """
    wanted = source.strip().lower()
    if wanted in ("", NONE):
        count = len(together.keys)
        return Colouring(NONE, (), np.zeros(count, np.int16), ("", "", ""), ("",) * count)
    first = layouts[0]
    if wanted == CLUSTER:
        return _spread(_by_cluster(first, seed, check), first, together)
    if wanted.startswith(AGREEMENT):
        other = source.strip()[len(AGREEMENT) :].strip()
        return _spread(_by_agreement(project, first, other, seed, check), first, together)
    return _by_groups(project, together.keys, {"tags": "tag", "folders": "folder"}.get(wanted, source.strip()))


def _spread(colouring: Colouring, first: Layout, together: Together) -> Colouring:
    """What is said of the pictures of the first map, over those of all maps."""
    count = len(together.keys)
    if count == len(first.keys):
        return colouring
    codes = np.full(count, ELSEWHERE, np.int16)
    codes[together.places[0]] = colouring.codes
    values = np.full(count, "", object)
    values[together.places[0]] = colouring.values
    greys = (*colouring.greys[:2], f"not on the map of {first.vec_type}")
    return replace(colouring, codes=codes, values=tuple(values.tolist()), greys=greys)


def _by_groups(project: Project, keys: Keys, by: str) -> Colouring:
    known = [one.name for one in sortables(Properties(project.catalog).all())]
    if by.lower() == "path":
        raise UsageError("every picture has a different path", "colour by folder")
    if by.lower() not in {name.lower() for name in known}:
        raise no_such_error("property", by, [NONE, CLUSTER, *known])
    ids = project.catalog.facts().ids_of(whole_keys(keys))
    order = np.argsort(ids)
    groups = [
        (one.name, order[np.searchsorted(ids, np.asarray(one.ids, np.int64), sorter=order)])
        for one in group_ids(project.catalog, ids[ids > 0].tolist(), by, "year")
        if one.name is not None
    ]
    groups.sort(key=lambda group: (-len(group[1]), group[0]))
    return _colouring(by, groups, len(ids), _NO_NAME.get(by.lower(), f"no {by}"))


def _by_cluster(layout: Layout, seed: int, check: Check) -> Colouring:
    count = len(layout.numbers)
    if not count:
        return _colouring(CLUSTER, [], 0, "no cluster")
    order = np.random.default_rng(seed).permutation(count)[:SAMPLE]
    sample = np.asarray(layout.rows[np.sort(layout.numbers[order])], np.float32)
    sample = sample[np.random.default_rng(seed).permutation(len(sample))]
    k = min(choose_k(sample, count, seed, check).k, MOST)
    centres = spherical_kmeans(sample, k, seed, check)
    ascending = np.argsort(layout.numbers, kind="stable")
    labels = np.empty(count, np.int32)
    labels[ascending] = assign(layout.rows, layout.numbers[ascending], centres, check).labels
    members = [np.flatnonzero(labels == one) for one in range(len(centres))]
    members.sort(key=lambda one: -len(one))
    return _colouring(
        CLUSTER, [(f"cluster {number}", one) for number, one in enumerate(members, 1)], count, "no cluster"
    )


def _by_agreement(project: Project, layout: Layout, other: str, seed: int, check: Check) -> Colouring:
    if not other or other == layout.vec_type:
        raise UsageError(
            f"{AGREEMENT}{other} compares the map with no other vectors", f"name others: {AGREEMENT}VEC_TYPE"
        )
    common = common_rows(project, [layout.vec_type, other], layout.keys, least=FEW)
    found = agreement(common, seed=seed, check=check)
    (shares,) = found.changed.values()
    places = index_in(found.keys, layout.keys)
    number = np.rint(shares * NEIGHBOURS).astype(np.int64)
    groups = [
        (name, places[(number >= low) & (number <= high)])
        for low, high, name in ((0, 2, "0 to 2"), (3, 5, "3 to 5"), (6, 8, "6 to 8"), (9, NEIGHBOURS, "9 or 10"))
    ]
    named = [(f"{name} of {NEIGHBOURS} nearest in common", members) for name, members in groups if len(members)]
    colouring = _colouring(f"{AGREEMENT}{other}", named, len(layout.keys), f"no row in {other}")
    # Both have a row of these; of very many pictures only a sample is compared.
    undrawn = index_in(common.keys[~is_in(common.keys, found.keys)], layout.keys)
    colouring.codes[undrawn] = OTHERS
    return replace(colouring, greys=(_NOT_DRAWN, *colouring.greys[1:]))


def _colouring(by: str, groups: list[tuple[str, npt.NDArray[np.int64]]], count: int, rest: str) -> Colouring:
    codes = np.full(count, UNKNOWN, np.int16)
    values = [""] * count
    shown = _short([name for name, _ in groups[:MOST]]) if by.lower() == "folder" else [name for name, _ in groups]
    # The smallest first: what most pictures have is written last, and stays.
    for place, ((name, members), short) in reversed(list(enumerate(zip_longest(groups, shown)))):
        codes[members] = min(place, OTHERS)
        for member in members.tolist():
            values[member] = short or name
    hidden = max(len(groups) - MOST, 0)
    others = f"{hidden:,} others" if hidden != 1 else "1 other"
    return Colouring(by, tuple(shown[:MOST]), codes, (others, rest, ""), tuple(values))


def _short(paths: list[str]) -> list[str]:
    """Folders by their last parts, as many as tell them apart."""
    parts = [path.split("/") for path in paths]
    for length in range(1, max(map(len, parts), default=1) + 1):
        names = ["/".join(one[-length:]) for one in parts]
        if len(set(names)) == len(set(paths)):
            return names
    return paths
