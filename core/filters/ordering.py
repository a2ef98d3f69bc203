"""The requested order and grouping of pictures. :mod:`core.actions.ordered` carries it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from core.catalog.computed import COMPUTED
from core.catalog.property_types import PropertyType
from core.fields import MEASURES
from core.labels.properties import PropertyDefinition
from core.text import printable

Span = Literal["day", "month", "year", "decade"]
Kind = Literal["text", "number", "date"]
SPANS: tuple[Span, ...] = get_args(Span)
_NUMBERS: dict[str, Kind] = dict.fromkeys((*MEASURES, "sharpness"), "number")
_DIRECTIONS: dict[Kind, tuple[str, str]] = {
    "text": ("A to Z", "Z to A"),
    "number": ("smallest first", "largest first"),
    "date": ("oldest first", "newest first"),
}


@dataclass(frozen=True, slots=True)
class Sortable:
    """A property by which pictures can be sorted or grouped.

    Attributes:
        name: of a computed property, ``tag``, or a user-defined property.
        kind: how its values are compared.
    """

    name: str
    kind: Kind

    @property
    def directions(self) -> tuple[str, str]:
        """Ascending and descending, in words."""
        return _DIRECTIONS[self.kind]


@dataclass(frozen=True, slots=True)
class Order:
    """How pictures are ordered and grouped.

    Attributes:
        by: the sort property; None for the path, or the order of a saved group.
        descending: largest or newest first.
        like: key of a picture, 20 bytes: the most similar pictures come first, and ``by`` is ignored; else empty.
        like_name: the name of its file; pass it through ``printable`` to show it.
        vec_type: the vectors that define similarity.
        group: the property to group by; None for no groups.
        span: the unit of time when grouping by date.
    """

    by: Sortable | None = None
    descending: bool = False
    like: bytes = b""
    like_name: str = ""
    vec_type: str = ""
    group: Sortable | None = None
    span: Span = "month"

    @property
    def given(self) -> bool:
        """Whether it differs from the default."""
        return bool(self.by or self.like or self.group)

    @property
    def title(self) -> str:
        """In words, printable: ``by date, newest first · grouped by tag``; empty for the default order."""
        parts = []
        if self.like:
            parts.append(f"most like {printable(self.like_name)} first")
        elif self.by:
            parts.append(f"by {printable(self.by.name)}, {self.by.directions[self.descending]}")
        if self.group:
            dates = f", {self.span}" if self.group.kind == "date" else ""
            parts.append(f"grouped by {printable(self.group.name)}{dates}")
        return " · ".join(parts)

    def to_texts(self) -> dict[str, str]:
        """The settings to save, as texts: all except the picture in ``like``."""
        texts = {"descending": "yes" if self.descending and not self.like else "", "span": self.span}
        for name, one in (("by", None if self.like else self.by), ("group", self.group)):
            texts |= {name: one.name, f"{name}-kind": one.kind} if one else {}
        return texts

    @classmethod
    def from_texts(cls, texts: Mapping[str, object]) -> Order:
        """The inverse of :meth:`to_texts`. Invalid entries are ignored."""
        return cls(
            by=_sortable(texts, "by"),
            descending=texts.get("descending") == "yes",
            group=_sortable(texts, "group"),
            span=next((span for span in SPANS if span == texts.get("span")), "month"),
        )


DEFAULT_ORDER = Order()


def sortables(properties: Sequence[PropertyDefinition]) -> list[Sortable]:
    """All sortable properties: the date first, then computed properties, tags, and user-defined properties."""
    computed = sorted(COMPUTED, key=lambda name: name != "date")
    kinds: dict[str, Kind] = {"date": "date", **_NUMBERS}
    of_type: dict[PropertyType, Kind] = {PropertyType.NUMBER: "number", PropertyType.DATE: "date"}
    return [
        *(Sortable(name, kinds.get(name, "text")) for name in computed),
        Sortable("tag", "text"),
        *(Sortable(one.name, of_type.get(one.type, "text")) for one in properties),
    ]


def _sortable(texts: Mapping[str, object], what: str) -> Sortable | None:
    name, kind = texts.get(what), texts.get(f"{what}-kind")
    found = next((one for one in _DIRECTIONS if one == kind), None)
    return Sortable(name, found) if isinstance(name, str) and name and found else None
