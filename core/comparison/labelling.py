"""Labels that the collection has already, as the truth that neighbours are measured against."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from core.comparison.label_origins import LabelOrigins, group_origins, tag_origins
from core.errors import UsageError
from core.filters.arrange import group_ids
from core.filters.ordering import sortables
from core.key_arrays import Keys, is_in
from core.keys import KEY
from core.labels.decisions import TAG_SUBJECT
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.names import no_such_error
from core.project import Project
from core.search.assignment import Numbers
from core.text import count, printable

LEAST = 5  # pictures of a label: of fewer, nine of the ten nearest are wrong whatever the model
MOST_LABELS = 10_000  # a property that differs for each picture labels nothing
TAGS, GROUPS, FOLDERS = "tags", "groups", "folders"
_LOOKS_LIKE_A_DATE = re.compile(r"(?:^|\D)(?:19|20)\d\d(?:\D?[01]\d(?:\D?[0-3]\d)?)?(?:\D|$)")
_LOOKS_LIKE_A_DEVICE = re.compile(
    r"(?i)\b(?:scan(?:ner|s|ned)?|dcim|camera|iphone|pixel|canon|nikon|epson|roll|box|batch|import|upload)s?[ _-]*\d*\b"
    r"|\d{3}(?:apple|canon|nikon|olymp|_pana|msdcf|cassio|media)"
)
_SUSPICIOUS = 0.5  # share of the labels whose names look like dates or devices


@dataclass(frozen=True)
class Labelling:
    """Which labels the compared pictures have.

    Attributes:
        source: where they come from, as asked for: ``tags``, ``groups``, ``folders`` or the name of a property.
        names: of the labels, sorted.
        labels: shape (n, labels), bool: which labels each compared picture has.
        left_out: labels with fewer than five pictures.
        warnings: why the labels may favour a model or measure something else, each one sentence.
        origins: which of them took pictures from answers of a vec type.
        caveats: the warnings that hold for every vec type, each short enough for the advice.
    """

    source: str
    names: tuple[str, ...]
    labels: csr_array
    left_out: int
    warnings: tuple[str, ...]
    origins: LabelOrigins
    caveats: tuple[str, ...] = ()

    @property
    def labelled(self) -> Numbers:
        """Indices of the pictures that have a label, ascending."""
        return np.flatnonzero(np.diff(self.labels.indptr)).astype(np.int64)


def sources(project: Project) -> list[str]:
    """What a labelling can come from, the most telling first: tags, groups, properties, folders."""
    named = [one.name for one in Properties(project.catalog).all()]
    return [TAGS, GROUPS, *named, FOLDERS]


def read_labels(project: Project, source: str, keys: Keys) -> Labelling:
    """The labels of the compared pictures.

    Args:
        project: open.
        source: ``tags``, ``groups``, ``folders``, or the name of a property (also a computed one, such as ``camera``).
        keys: of the compared pictures, sorted, dtype S20, shape (n,).

    Raises:
        UsageError: there is no such source, or fewer than two of its labels have five of these pictures.
    """
    members = label_members(project, source, keys)
    kept = [(name, numbers) for name, numbers in members if len(numbers) >= LEAST]
    small = sum(0 < len(numbers) < LEAST for _, numbers in members)
    if len(kept) < 2:
        raise _too_few_labels(project, source, len(members), len(kept), keys)
    if len(kept) > MOST_LABELS:
        raise UsageError(
            f"{printable(source)} has {count(len(kept), 'label')}", f"at most {MOST_LABELS:,} can be compared"
        )
    kept.sort()
    columns = np.repeat(np.arange(len(kept)), [len(numbers) for _, numbers in kept])
    places = np.concatenate([numbers for _, numbers in kept])
    labels = csr_array((np.ones(len(places), bool), (places, columns)), (len(keys), len(kept)))
    names = tuple(name for name, _ in kept)
    origins = origins_of(project, source, names)
    looks_like = _looks_like(names) if source == FOLDERS else []
    suggested = source == TAGS and not origins.made_by and _accepted_suggestions(project)
    return Labelling(
        source,
        names,
        labels,
        small,
        tuple(_warnings(looks_like, origins.warnings(source), suggested)),
        origins,
        tuple(_caveats(looks_like, suggested)),
    )


def origins_of(project: Project, source: str, names: Sequence[str]) -> LabelOrigins:
    """Where the labels of these names come from; known of tags and groups."""
    reader = {TAGS: tag_origins, GROUPS: group_origins}.get(source)
    return reader(project, names) if reader else LabelOrigins()


def label_members(project: Project, source: str, keys: Keys) -> list[tuple[str, Numbers]]:
    """Each label, and the indices of its pictures among ``keys``, ascending: none where others have it.

    Args:
        project: open.
        source: see :func:`read_labels`.
        keys: of the compared pictures, sorted, dtype S20, shape (n,).

    Raises:
        UsageError: there is no such source.
    """
    names, own, sizes = _labelled_keys(project, source)
    there = is_in(own, keys)
    numbers = np.searchsorted(keys, own[there])
    owners = np.repeat(np.arange(len(names)), sizes)[there]
    order = np.lexsort((numbers, owners))
    pairs = np.stack([owners, numbers], axis=1)[order]
    first = np.ones(len(pairs), bool)
    first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    pairs = pairs[first]
    ends = np.searchsorted(pairs[:, 0], np.arange(1, len(names) + 1))
    return list(zip(names, np.split(pairs[:, 1].astype(np.int64), ends[:-1]), strict=True)) if names else []


def _labelled_keys(project: Project, source: str) -> tuple[list[str], Keys, list[int]]:
    """The labels; the keys of the pictures of each, one label after the other; how many pictures each has."""
    catalog = project.catalog
    if source == GROUPS:
        groups = Groups(catalog)
        names = [one.name for one in groups.all()]
        members = [[key for key, _ in groups.open(name)] for name in names]
        return names, np.array([key for group in members for key in group], KEY), [len(group) for group in members]
    by = {TAGS: "tag", FOLDERS: "folder"}.get(source, source)
    known = [one.name for one in sortables(Properties(catalog).all())]
    if by.lower() not in {name.lower() for name in known}:
        raise no_such_error("property", source, [TAGS, GROUPS, FOLDERS, *known])
    facts = catalog.facts()
    found = [(one.name, one.ids) for one in group_ids(catalog, facts.ids.tolist(), by, "month") if one.name is not None]
    keys = facts.keys_of(array("q", (number for _, group in found for number in group)))
    return [name for name, _ in found], np.array(keys, KEY), [len(group) for _, group in found]


def _too_few_labels(project: Project, source: str, found: int, kept: int, keys: Keys) -> UsageError:
    what = printable(source)
    if not found:
        said = f"there are no {what}" if source in (TAGS, GROUPS, FOLDERS) else f"no picture has a value of {what}"
    else:
        said = f"of {count(found, 'label')} of {what}, {count(kept)} have {LEAST} or more of these pictures"
    others = [printable(one) for one in sources(project) if one != source and _is_enough(project, one, keys)]
    hint = f"tag more pictures, judge (--judge), or compare by {', '.join(others)}"
    return UsageError(f"{said}; a comparison needs two", hint if others else "tag more pictures, or judge (--judge)")


def _is_enough(project: Project, source: str, keys: Keys) -> bool:
    """Whether two labels of a source have five of these pictures."""
    return sum(len(numbers) >= LEAST for _, numbers in label_members(project, source, keys)) > 1


def _looks_like(names: Sequence[str]) -> list[str]:
    """What the names of folders say of when or with what pictures were taken, rather than of what they show."""
    return [
        what
        for pattern, what in ((_LOOKS_LIKE_A_DATE, "dates"), (_LOOKS_LIKE_A_DEVICE, "cameras, scanners or batches"))
        if np.mean([bool(pattern.search(name.rsplit("/", 1)[-1])) for name in names]) >= _SUSPICIOUS
    ]


def _warnings(looks_like: Sequence[str], by_origin: Sequence[str], suggested: bool) -> list[str]:
    warnings = [
        f"the folders look like {what}: pictures taken together are alike in light and device, so this does not say "
        "which model sees what they show"
        for what in looks_like
    ]
    warnings += by_origin
    if suggested:
        warnings.append("some of these tags were suggested by Recommend: they favour the model that suggested them")
    return warnings


def _caveats(looks_like: Sequence[str], suggested: bool) -> list[str]:
    caveats = [f"the folders look like {what}, which need not be what the pictures show" for what in looks_like]
    if suggested:
        caveats.append("some of these tags were suggested by Recommend and favour the model that suggested them")
    return caveats


def _accepted_suggestions(project: Project) -> bool:
    """Whether suggestions for tags were ever reviewed: refusals of a tag come from nowhere else."""
    refused = project.catalog.query(
        "SELECT 1 FROM decisions WHERE kind = 'refused' AND subject LIKE ? LIMIT 1", (f"{TAG_SUBJECT}%",)
    )
    return bool(refused)
