"""What was decided of duplicates: which files stay, which are one too many.

A picture at one path is decided as a picture: moved elsewhere, it stays so. Of a picture at several paths each file is
decided on its own; the subject of the decision names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from core.catalog.catalog import Catalog
from core.catalog.copies import File
from core.catalog.decisions import Decisions, Kind
from core.catalog.history import History

_KINDS = {Kind.KEEP.value: True, Kind.MARKED.value: False}


@dataclass(frozen=True, slots=True)
class Choices:
    """All that was decided of duplicates.

    Attributes:
        known: by key and subject, whether it stays.
    """

    known: dict[tuple[bytes, str], bool]

    def of(self, file: File, paths: int) -> bool | None:
        """Whether a file stays; None where nobody has said.

        Args:
            file: which.
            paths: at how many its picture lies. What was decided of the picture says nothing of which of its files.
        """
        found = self.known.get((file.key, file_subject(file.path)))
        return self.known.get((file.key, "")) if found is None and paths == 1 else found


def choices(catalog: Catalog) -> Choices:
    """What was decided until now."""
    rows = catalog.query(
        """SELECT p.key, d.subject, d.kind FROM decisions d JOIN pictures p ON p.id = d.picture
           WHERE d.kind IN (?, ?)""",
        tuple(_KINDS),
    )
    return Choices({(key, subject): _KINDS[kind] for key, subject, kind in rows})


def decide(catalog: Catalog, name: str, decided: Iterable[tuple[File, int, bool]]) -> None:
    """Remember for files (with the number of their picture's paths) whether they stay. One step of the history."""
    decisions = Decisions(catalog)
    grouped: dict[tuple[Kind, str], list[bytes]] = {}
    for file, paths, keep in decided:
        subject = file_subject(file.path) if paths > 1 else ""
        grouped.setdefault((Kind.KEEP if keep else Kind.MARKED, subject), []).append(file.key)
    with History(catalog).step(name):
        for (kind, subject), keys in grouped.items():
            decisions.remember(kind, subject, keys)


def tell_apart(catalog: Catalog, name: str, key: bytes, others: Iterable[bytes]) -> None:
    """Remember that the picture ``key`` is a duplicate of none of the others. One step of the history."""
    decisions = Decisions(catalog)
    with History(catalog).step(name):
        for other in others:
            decisions.remember(Kind.NOT_DUPLICATE, "", [key, other])


def file_subject(path: bytes) -> str:
    """The subject of a decision about one file: its path, other bytes than ASCII's as ``%NN``."""
    return f"file:{quote_from_bytes(path)}"
