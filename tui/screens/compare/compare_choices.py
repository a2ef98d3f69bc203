"""What a comparison is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from core.comparison.comparison import BY_ANY, Measure


@dataclass(frozen=True)
class CompareChoices:
    """What the form gives.

    Attributes:
        names: of vec types; empty for all, six at most.
        by: where labels come from; empty for the first source that serves, ``none`` for none.
        measures: what is measured; None for labels, or alterations without labels.
        texts: where texts come from; empty for the labels, or the first source that has some.
    """

    names: tuple[str, ...] = ()
    by: str = BY_ANY
    measures: frozenset[Measure] | None = None
    texts: str = BY_ANY
