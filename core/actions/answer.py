"""The result of an action: groups of pictures with scores."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

LIKE_ONE = "like "  # begins the name of a cluster that is called by its most typical picture


@dataclass(frozen=True, slots=True)
class Match:
    """A picture in an answer.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: absolute, bytes.
        score: cosine, unrounded; None where the action gives none.
        remark: a comment on this picture, such as why it is the best copy; may be empty.
    """

    key: bytes
    path: bytes
    score: float | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """An ordered list of pictures.

    Attributes:
        name: of the group, for display.
        matches: best first.
        score: of the whole group, if the action gives one.
        kind: of the group, if the action distinguishes kinds; else empty.
    """

    name: str
    matches: tuple[Match, ...]
    score: float | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Distribution:
    """The distribution of all scores of a query, to choose a cut that suits this collection.

    Attributes:
        low: lowest score.
        high: highest score.
        counts: of pictures per bin; the bins have equal width from ``low`` to ``high``.
        median: of the scores.
        spread: their robust standard deviation (1.4826 times the median absolute deviation).
        cut: lowest score of the pictures that stand out from the collection.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    median: float
    spread: float
    cut: float

    def z_score(self, score: float) -> float:
        """Robust z-score: distance above the median in units of ``spread``; 0 if the spread is 0."""
        return (score - self.median) / self.spread if self.spread > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an action.

    Attributes:
        action: its name.
        vec_type: the vectors it used.
        title: the question, for display.
        groups: at least one.
        note: for the user, such as that vectors are incomplete; may be empty.
        distribution: of the scores of the first group, if the action ranks by cosine.
    """

    action: str
    vec_type: str
    title: str
    groups: tuple[Group, ...]
    note: str = ""
    distribution: Distribution | None = None

    def with_note(self, note: str) -> Answer:
        """A copy with ``note`` appended."""
        return replace(self, note=f"{self.note} · {note}" if self.note and note else self.note or note)

    def keys_by_group(self) -> dict[str, list[bytes]]:
        """Keys of the pictures by group name, without the rest (the group without a score, if others have one)."""
        scored = any(group.score is not None for group in self.groups)
        by_group: dict[str, list[bytes]] = {}
        for group in self.groups:
            if group.score is not None or not scored:
                by_group.setdefault(group.name, []).extend(match.key for match in group.matches)
        return by_group

    def to_json(self) -> dict[str, Any]:
        """For ``--json``. Path bytes that are not UTF-8 become lone surrogates, as ``os.fsdecode`` returns them."""
        return {
            "action": self.action,
            "vec_type": self.vec_type,
            "groups": [_group_json(group) for group in self.groups],
            **({"note": self.note} if self.note else {}),
            **({"distribution": _distribution_json(self.distribution)} if self.distribution else {}),
        }


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "score": group.score,
        **({"kind": group.kind} if group.kind else {}),
        "pictures": [
            {
                "path": os.fsdecode(match.path),
                "key": match.key.hex(),
                "score": match.score,
                **({"remark": match.remark} if match.remark else {}),
            }
            for match in group.matches
        ],
    }


def _distribution_json(distribution: Distribution) -> dict[str, Any]:
    return {
        "low": distribution.low,
        "high": distribution.high,
        "median": distribution.median,
        "spread": distribution.spread,
        "cut": distribution.cut,
        "counts": list(distribution.counts),
    }
