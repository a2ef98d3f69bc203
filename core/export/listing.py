"""Lists of pictures from a filter, a saved group, a tag, paths, or the answer of an action."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.catalog.lookup import keys_named
from core.errors import UsageError
from core.filters.arrange import sort_ids
from core.filters.evaluation import ids_where
from core.keys import KEY_BYTES
from core.labels.groups import GroupEntry, Groups
from core.labels.tags import Tags
from core.names import clean_name
from core.project import Project
from core.vectors import vec_types


@dataclass(frozen=True, slots=True)
class Listing:
    """An ordered list of pictures.

    Attributes:
        title: description in words; pass it through ``printable`` to show it.
        keys: of each picture, 20 bytes; one may be repeated in another group.
        scores: of each; None if none has one.
        groups: name of the group of each; None if there are no groups.
        made_by: the vec type whose answer it is; empty if none.
    """

    title: str
    keys: Sequence[bytes]
    scores: Sequence[float | None] | None = None
    groups: Sequence[str] | None = None
    made_by: str = ""

    def entries(self) -> list[GroupEntry]:
        """Key and score of each picture, as saved groups take them."""
        return list(zip(self.keys, self.scores or [None] * len(self.keys), strict=True))

    def keys_by_group(self) -> dict[str, list[bytes]]:
        """Keys by group. The rest group (without scores, if others have some) is left out."""
        groups = self.groups or [""] * len(self.keys)
        scores = self.scores or [0.0] * len(self.keys)
        scored = {name for name, score in zip(groups, scores, strict=True) if score is not None}
        by_group: dict[str, list[bytes]] = {}
        for name, key in zip(groups, self.keys, strict=True):
            if name in scored:
                by_group.setdefault(name, []).append(key)
        return by_group

    @classmethod
    def of_entries(cls, title: str, keys: Sequence[bytes], scores: Sequence[float | None] | None = None) -> Listing:
        """A list of keys, with a score for each if there are any."""
        scored = scores is not None and any(score is not None for score in scores)
        return cls(title, keys, scores if scored else None)

    @classmethod
    def of_groups(cls, title: str, groups: Sequence[tuple[str, Sequence[bytes], Sequence[float | None]]]) -> Listing:
        """A list of several groups: name, keys and scores of each. The name of a single one is dropped."""
        whole_list = cls.of_entries(
            title,
            [key for _, keys, _ in groups for key in keys],
            [score for _, _, scores in groups for score in scores],
        )
        names = [name for name, keys, _ in groups for _ in keys] if len(groups) > 1 else None
        return replace(whole_list, groups=names)


def of_filter(project: Project, line: str) -> Listing:
    """The pictures that match a filter, ordered by path; all of them for an empty line.

    Raises:
        FilterError: the line is not a filter, or refers to unknown names.
    """
    ids = ids_where(project.catalog, line, project.coverage_keys)
    return Listing(line or "all pictures", project.catalog.facts().keys_of(ids))


def of_group(project: Project, name: str) -> Listing:
    """The pictures of a saved group, in its order.

    Raises:
        UsageError: there is no such group.
    """
    groups = Groups(project.catalog)
    entries = groups.open(name)
    made_by = next((group.made_by for group in groups.all() if group.name == clean_name(name, "group")), "")
    listing = Listing.of_entries(name, [key for key, _ in entries], [score for _, score in entries])
    return replace(listing, made_by=made_by if made_by in vec_types.names(project.vectors_folder) else "")


def of_tag(project: Project, name: str) -> Listing:
    """The pictures that have a tag or a descendant of it, ordered by path.

    Raises:
        UsageError: there is no such tag.
    """
    facts, keys = project.catalog.facts(), Tags(project.catalog).keys(name)
    return Listing(name, facts.keys_of(facts.ids[facts.with_keys(keys)]))


def of_pictures(project: Project, references: Sequence[str]) -> Listing:
    """Pictures given by path or 40-digit key, in this order.

    Raises:
        UsageError: one of them is not in the project.
    """
    return Listing("pictures", keys_named(project.catalog, references))


def of_answer(text: str) -> Listing:
    """Parse the output of an action with ``--json``: its pictures with their scores, and their groups if several.

    Raises:
        UsageError: it is not such JSON.
    """
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_answer(str(error)) from None
    try:
        groups = answer.get("groups", [answer])
        rows = [
            (
                str(group.get("name") or ""),
                [_key(picture["key"]) for picture in group["pictures"]],
                [_score(picture.get("score")) for picture in group["pictures"]],
            )
            for group in groups
        ]
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise _no_answer(f"{type(error).__name__.removesuffix('Error').lower()} {error}") from None
    whole = Listing.of_groups(str(answer.get("action") or answer.get("name") or "pictures"), rows)
    return replace(whole, made_by=str(answer.get("vec_type") or ""))


def ordered_by(project: Project, listing: Listing, by: str, descending: bool) -> Listing:
    """Sort a list by a property or ``tag``; see :func:`core.filters.arrange.sort_ids`.

    Pictures that are not in the project come last.

    Raises:
        UsageError: there is no such property.
    """
    facts = project.catalog.facts()
    ids = facts.ids_of(listing.keys).tolist()
    ranks = {number: rank for rank, number in enumerate(sort_ids(project.catalog, ids, by, descending))}
    places = sorted(range(len(ids)), key=lambda place: ranks.get(ids[place], len(ids)))
    return replace(
        listing,
        keys=[listing.keys[place] for place in places],
        scores=listing.scores and [listing.scores[place] for place in places],
        groups=listing.groups and [listing.groups[place] for place in places],
    )


def _key(value: Any) -> bytes:
    key = bytes.fromhex(value)
    if len(key) != KEY_BYTES:
        raise ValueError(f"{value!r} is no key")
    return key


def _score(value: Any) -> float | None:
    score = math.nan if value is None else float(value)
    return score if math.isfinite(score) else None


def _no_answer(why: str) -> UsageError:
    return UsageError(
        f"this is not what an action prints with --json ({why})", "as in: pictoscope similar a.jpg --json | …"
    )
