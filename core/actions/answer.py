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
    """

    key: bytes
    path: bytes
    score: float | None


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
class Answer:
    """What an action found.

    Attributes:
        action: its name.
        vec_type: the vectors it used.
        title: the question in words.
        groups: at least one.
        note: what the person should know, such as vectors that are incomplete; empty for nothing.
    """

    action: str
    vec_type: str
    title: str
    groups: tuple[Group, ...]
    note: str = ""

    def with_note(self, note: str) -> Answer:
        """This answer with one more thing that the person should know."""
        return replace(self, note=f"{self.note} · {note}" if self.note else note)

    def to_json(self) -> dict[str, Any]:
        """For ``--json``. Path bytes that are not UTF-8 are lone surrogates, as Python's ``os.fsdecode`` has them."""
        return {
            "action": self.action,
            "vec_type": self.vec_type,
            "groups": [
                {
                    "name": group.name,
                    "score": group.score,
                    "pictures": [
                        {"path": os.fsdecode(match.path), "key": match.key.hex(), "score": match.score}
                        for match in group.matches
                    ],
                }
                for group in self.groups
            ],
            **({"note": self.note} if self.note else {}),
        }
