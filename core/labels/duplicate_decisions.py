"""Decisions about duplicates: which files to keep, which are redundant.

A decision about a picture with one path belongs to the picture and survives a move. For a picture with several paths
each file has a decision; its subject contains the path. A picture with one path also gets a decision for that path:
when a second file with its bytes appears, only the second one is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes

from core.catalog.catalog import Catalog
from core.catalog.copies import File
from core.labels.carry_labels import carry_labels
from core.labels.decisions import DecisionKind, Decisions
from core.labels.stacks import Stacks
from core.labels.undo import History

_KINDS = {DecisionKind.KEEP.value: True, DecisionKind.MARKED.value: False}


@dataclass(frozen=True, slots=True)
class DuplicateDecisions:
    """All decisions about duplicates.

    Attributes:
        known: by key and subject, whether the file is kept.
        stacked: by key, the position of a picture in its stack, from 1 at the top.
    """

    known: dict[tuple[bytes, str], bool]
    stacked: dict[bytes, int] = field(default_factory=dict)

    def of(self, file: File, paths: int, *, alone: bool = True) -> bool | None:
        """Whether a file is kept; None if undecided.

        Args:
            file: the file.
            paths: number of paths of its picture. If there are several, a decision about the picture does not count.
            alone: whether no other picture is compared with it. Otherwise a stacked picture is kept with all its files:
                stacking pictures means keeping them.
        """
        decision = self.known.get((file.key, file_subject(file.path)))
        if decision is None and paths == 1:
            decision = self.known.get((file.key, ""))
        return True if decision is None and not alone and file.key in self.stacked else decision


def duplicate_decisions(catalog: Catalog) -> DuplicateDecisions:
    """Read the decisions of a catalog."""
    rows = catalog.query(
        """SELECT p.key, d.subject, d.kind FROM decisions d JOIN pictures p ON p.id = d.picture
           WHERE d.kind IN (?, ?)""",
        tuple(_KINDS),
    )
    positions = {key: position for stack in Stacks(catalog).all() for position, key in enumerate(stack, 1)}
    return DuplicateDecisions({(key, subject): _KINDS[kind] for key, subject, kind in rows}, positions)


def decide(
    catalog: Catalog,
    name: str,
    decided: Iterable[tuple[File, int, bool]],
    carried: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """Remember whether files are kept. One step of the history.

    A picture that is not kept is removed from its stack.

    Args:
        catalog: that is changed.
        name: of the step.
        decided: file, number of paths of its picture, whether the file is kept.
        carried: pairs of keys; the second picture gets the labels of the first, in the same step.
    """
    decisions = Decisions(catalog)
    grouped: dict[tuple[DecisionKind, str], list[bytes]] = {}
    alone, gone = [], []
    for file, paths, keep in decided:
        kind = DecisionKind.KEEP if keep else DecisionKind.MARKED
        grouped.setdefault((kind, file_subject(file.path)), []).append(file.key)
        if paths == 1:
            alone.append(file.key)
            gone += [] if keep else [file.key]
            grouped.setdefault((kind, ""), []).append(file.key)
    with History(catalog).step(name) as step:
        step.database.executemany(  # decisions about its other paths no longer count
            """DELETE FROM decisions WHERE kind IN (?, ?) AND subject LIKE 'file:%'
               AND picture = (SELECT id FROM pictures WHERE key = ?)""",
            [(*_KINDS, key) for key in alone],
        )
        for (kind, subject), keys in grouped.items():
            decisions.remember(kind, subject, keys)
        if gone:
            Stacks(catalog).unstack(gone)
        for source, target in carried:
            carry_labels(step.database, source, target)


def mark_distinct(catalog: Catalog, name: str, key: bytes, others: Iterable[bytes]) -> None:
    """Remember that the picture ``key`` is different from each of the others. One step of the history."""
    decisions = Decisions(catalog)
    with History(catalog).step(name):
        for other in others:
            decisions.remember(DecisionKind.NOT_DUPLICATE, "", [key, other])


def file_subject(path: bytes) -> str:
    """The subject of a decision about one file: its path, percent-encoded."""
    return f"file:{quote_from_bytes(path)}"
