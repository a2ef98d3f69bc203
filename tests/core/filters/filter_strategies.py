"""Filters of every kind, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from core.fields import ALONE, COLOURS, COMPARISONS, FIELDS, MEASURES, ORIENTATIONS
from core.filters.syntax import (
    And,
    DateCondition,
    Everything,
    Filter,
    FlagCondition,
    NameCondition,
    Not,
    NumberCondition,
    Or,
    PropertyCondition,
)

NAMED = sorted(set(FIELDS) - {*MEASURES, "date", "orientation", "colour", "format"})
DATES = st.one_of(
    st.integers(1, 9999).map("{:04d}".format),
    st.dates().map(lambda day: day.isoformat()[:7]),
    st.dates().map(lambda day: day.isoformat()),
)
# What a line may get wrong: blanks, quotes, brackets, operators, words of the grammar, texts that are no Unicode.
TEXTS = st.one_of(
    st.sampled_from(
        ["cat", "old press", "and", "OR", "not", "a:b", ">=5", "=", '"', "\\", '\\"', "(x)", "tag", "~", "!="]
    ),
    st.text(min_size=1, max_size=12),
    st.text(st.characters(categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=3),
)
PROPERTY_NAMES = TEXTS.filter(lambda name: bool(name.strip()))


def conditions(
    names: dict[str, st.SearchStrategy[str]], properties: st.SearchStrategy[Filter]
) -> st.SearchStrategy[Filter]:
    """Single conditions, the values of named ones from ``names``."""
    operators = st.sampled_from(COMPARISONS)
    return st.one_of(
        *(st.builds(NameCondition, st.just(field), values) for field, values in names.items()),
        st.builds(NameCondition, st.just("orientation"), st.sampled_from(ORIENTATIONS)),
        st.builds(NameCondition, st.just("colour"), st.sampled_from([*COLOURS, "#fe0000"])),
        st.builds(
            NumberCondition, st.sampled_from(MEASURES), operators, st.floats(0, 1e6) | st.integers(0, 120).map(float)
        ),
        st.builds(DateCondition, operators, DATES),
        st.builds(FlagCondition, st.sampled_from(ALONE)),
        properties,
    )


def combined(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """``leaves`` with and, or, not."""

    def parts(children: st.SearchStrategy[Filter]) -> st.SearchStrategy[tuple[Filter, ...]]:
        return st.lists(children, min_size=2, max_size=4).map(tuple)

    return st.recursive(
        leaves,
        lambda children: st.one_of(
            st.builds(Not, children), st.builds(And, parts(children)), st.builds(Or, parts(children))
        ),
        max_leaves=8,
    )


ANY_FILTER = st.just(Everything()) | combined(
    conditions(
        {**dict.fromkeys(NAMED, TEXTS), "format": st.sampled_from(["png", "JPG", ".heic"])},
        st.builds(PropertyCondition, PROPERTY_NAMES, st.sampled_from([*COMPARISONS, "~"]), TEXTS),
    )
)
