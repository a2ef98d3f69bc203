"""What many pictures have in common of each property, held against a look at each of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.property_types import PropertyType, Value
from core.labels.properties import Properties
from core.labels.shared_values import SharedValue, shared_values
from tests.core.labels.label_helpers import KEYS, UNKNOWN, open_filled

CHOICES = ("Paris", "Rome", "Oslo")
KINDS = {
    "year": PropertyType.NUMBER,
    "note": PropertyType.TEXT,
    "seen": PropertyType.CHECKBOX,
    "places": PropertyType.CHOICES,
}
NUMBERS = st.integers(0, 5)
VALUES = st.fixed_dictionaries(
    {
        "year": st.dictionaries(NUMBERS, st.sampled_from(["1", "2"])),
        "note": st.dictionaries(NUMBERS, st.sampled_from(["a", "b"])),
        "seen": st.dictionaries(NUMBERS, st.booleans()),
        "places": st.dictionaries(NUMBERS, st.lists(st.sampled_from(CHOICES), unique=True).map(tuple)),
    }
)


@settings(max_examples=20, deadline=None)
@given(VALUES, st.sets(NUMBERS, min_size=1))
def test_what_pictures_have_in_common(values: dict[str, dict[int, Value]], chosen: set[int]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_filled(Path(folder)) as catalog:
        properties = Properties(catalog)
        for name, kind in KINDS.items():
            properties.define(name, kind, CHOICES if kind == PropertyType.CHOICES else ())
            properties.set_each(name, {KEYS[number]: value for number, value in values[name].items()})
        each = properties.of_many([number + 1 for number in chosen])
        found = shared_values(catalog, [*(KEYS[number] for number in chosen), UNKNOWN])
        for definition, common in zip(properties.all(), found, strict=True):
            had = [one.get(definition.name) for one in each.values()]
            differ = any(value != had[0] for value in had)
            assert common == SharedValue(definition, None if differ else had[0], differ)
