"""Reorder the pictures of a saved group."""

from __future__ import annotations

from core.catalog.catalog import Catalog
from core.labels.groups import GroupEntry, Groups

BY_SCORE = "score"


def order_group(catalog: Catalog, name: str, by: str, reverse: bool = False) -> None:
    """Order a saved group by its scores, highest first, or by a property, lowest first. One step.

    Stable; pictures without a score, a value or a file come last.

    Args:
        catalog: contains the group.
        name: of the group.
        by: ``score``, or a property for :func:`core.filters.arrange.sort_ids`, such as ``path`` or ``date``.
        reverse: reverse the direction.

    Raises:
        UsageError: no such group or property. CatalogError: it cannot be written.
    """
    groups = Groups(catalog)
    entries = groups.open(name)
    keys = _by_score(entries, reverse) if by == BY_SCORE else _by_property(catalog, entries, by, reverse)
    groups.order(name, keys, by)


def _by_score(entries: list[GroupEntry], reverse: bool) -> list[bytes]:
    scored = [(score, key) for key, score in entries if score is not None]
    return [key for _, key in sorted(scored, key=lambda entry: entry[0], reverse=not reverse)]


def _by_property(catalog: Catalog, entries: list[GroupEntry], by: str, reverse: bool) -> list[bytes]:
    from core.filters.arrange import sort_ids  # NumPy

    there = catalog.by_keys([key for key, _ in entries])
    keys = {there[key].id: key for key, _ in entries if key in there}
    return [keys[number] for number in sort_ids(catalog, list(keys), by, reverse)]
