"""What every action returns: groups of pictures with scores."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Match:
    """A picture in an answer.

    Attributes:
        key: SHA-1 of its content, 20 bytes.
        path: absolute, bytes.
        score: cosine, unrounded; None where the action gives none.
        remark: what the action has to say of this picture, such as why it is the best copy; empty for nothing.
    """

    key: bytes
    path: bytes
    score: float | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """An ordered list of pictures.

    Attributes:
        name: in words.
        matches: best first.
        score: of the group as a whole, where the action gives one.
    """

    name: str
    matches: tuple[Match, ...]
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Distribution:
    """How all scores of a query lie, so that a cut can be set where this collection has it.

    Attributes:
        low: lowest score.
        high: highest score.
        counts: pictures in each of equally wide bins from ``low`` to ``high``.
        median: of the scores.
        spread: their robust standard deviation (1.4826 times the median absolute deviation).
        cut: where the pictures that stand out begin; pictures below it are like most of the collection.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    median: float
    spread: float
    cut: float

    def standing(self, score: float) -> float:
        """How many spreads a score lies above the median; 0 where there is no spread."""
        return (score - self.median) / self.spread if self.spread > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action found.

    Attributes:
        action: its name.
        vec_type: the vectors it used.
        title: the question in words.
        groups: at least one.
        note: what the person should know, such as vectors that are incomplete; empty for nothing.
        distribution: of the scores of the first group, where the action ranks the collection by cosine.
    """

    action: str
    vec_type: str
    title: str
    groups: tuple[Group, ...]
    note: str = ""
    distribution: Distribution | None = None

    def with_note(self, note: str) -> Answer:
        """This answer with one more thing that the person should know."""
        return replace(self, note=f"{self.note} · {note}" if self.note and note else self.note or note)

    def parts(self) -> dict[str, list[bytes]]:
        """Keys by the groups' names. What belongs to none (the rest, without a score where others have one) is not."""
        scored = any(group.score is not None for group in self.groups)
        found: dict[str, list[bytes]] = {}
        for group in self.groups:
            if group.score is not None or not scored:
                found.setdefault(group.name, []).extend(match.key for match in group.matches)
        return found

    def to_json(self) -> dict[str, Any]:
        """For ``--json``. Path bytes that are not UTF-8 are lone surrogates, as Python's ``os.fsdecode`` has them."""
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
