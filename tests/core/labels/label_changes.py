"""Random changes of labels, for property tests of undo."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.filters.saved import SavedFilters
from core.labels.decisions import DecisionKind, Decisions
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.stacks import Stacks
from core.labels.tags import Tags
from tests.core.labels.label_helpers import KEYS

NAMES = st.sampled_from(["a", "b", "c", "d"])
SOME = st.lists(st.sampled_from(KEYS), max_size=6)
Change = Callable[[Catalog], object]
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(lambda name, keys: lambda catalog: Tags(catalog).add(name, keys), NAMES, SOME),
    st.builds(lambda name, keys: lambda catalog: Tags(catalog).remove(name, keys), NAMES, SOME),
    st.builds(lambda name, new: lambda catalog: Tags(catalog).rename(name, new), NAMES, NAMES),
    st.builds(lambda name, new: lambda catalog: Tags(catalog).merge(name, new), NAMES, NAMES),
    st.builds(lambda name, new: lambda catalog: Tags(catalog).set_parent(name, new), NAMES, NAMES),
    st.builds(lambda name: lambda catalog: Tags(catalog).set_colour(name, "#123456"), NAMES),
    st.builds(lambda name: lambda catalog: Tags(catalog).delete(name), NAMES),
    st.builds(
        lambda name, keys, replace: (
            lambda catalog: Groups(catalog).save(
                name, [(key, 1 / (index + 3)) for index, key in enumerate(keys)], replace=replace
            )
        ),
        NAMES,
        SOME,
        st.booleans(),
    ),
    st.builds(lambda name: lambda catalog: Groups(catalog).delete(name), NAMES),
    st.builds(lambda name, new: lambda catalog: Groups(catalog).rename(name, new), NAMES, NAMES),
    st.builds(
        lambda kind, name, keys: lambda catalog: Decisions(catalog).remember(kind, f"tag:{name}", keys),
        st.sampled_from(DecisionKind),
        NAMES,
        SOME,
    ),
    st.builds(
        lambda name, kind: lambda catalog: Properties(catalog).define(name, kind),
        NAMES,
        st.sampled_from([PropertyType.TEXT, PropertyType.NUMBER]),
    ),
    st.builds(lambda name, keys, value: lambda catalog: Properties(catalog).set(name, keys, value), NAMES, SOME, NAMES),
    st.builds(lambda name, keys: lambda catalog: Properties(catalog).set(name, keys, 7.5), NAMES, SOME),
    st.builds(lambda name: lambda catalog: Properties(catalog).delete(name), NAMES),
    st.builds(lambda keys: lambda catalog: Stacks(catalog).stack(keys), SOME),
    st.builds(lambda keys: lambda catalog: Stacks(catalog).unstack(keys), SOME),
    st.builds(lambda name, line: lambda catalog: SavedFilters(catalog).save(name, line, replace=True), NAMES, NAMES),
)
