"""The order of a saved group."""

from __future__ import annotations

import pytest

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.filters.group_order import order_group
from core.labels.groups import Groups
from core.labels.properties import Properties
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS


@pytest.fixture
def groups(catalog: Catalog) -> Groups:
    found = Groups(catalog)
    found.save("a", [(KEYS[4], 0.1), (KEYS[1], None), (KEYS[0], 0.9), (KEYS[2], 0.1)])
    return found


@pytest.mark.parametrize(
    ("by", "reverse", "expected"),
    [
        ("score", False, [0, 4, 2, 1]),
        ("score", True, [4, 2, 0, 1]),
        ("path", False, [0, 1, 2, 4]),
        ("path", True, [4, 2, 1, 0]),
        ("shelf", False, [2, 4, 1, 0]),
        ("shelf", True, [4, 2, 1, 0]),
    ],
)
def test_it_is_by_score_path_or_property(
    catalog: Catalog, groups: Groups, by: str, reverse: bool, expected: list[int]
) -> None:
    properties = Properties(catalog)
    properties.define("shelf", PropertyType.NUMBER)
    properties.set_each("shelf", {KEYS[2]: 3.0, KEYS[4]: 5.0})
    before = groups.open("a")
    order_group(catalog, "a", by, reverse)
    assert [key for key, _ in groups.open("a")] == [KEYS[number] for number in expected]
    assert sorted(groups.open("a"), key=repr) == sorted(before, key=repr)
    assert History(catalog).undo() == f"order group a by {by}"
    assert groups.open("a") == before


def test_a_picture_without_a_file_stays_in_it_at_the_end(catalog: Catalog, groups: Groups) -> None:
    with catalog.transaction() as database:
        database.execute("DELETE FROM files WHERE picture = 1")
    order_group(catalog, "a", "path")
    assert [key for key, _ in groups.open("a")] == [KEYS[number] for number in (1, 2, 4, 0)]


def test_an_unknown_group_or_order_is_refused(catalog: Catalog, groups: Groups) -> None:
    with pytest.raises(UsageError, match="there is no group b"):
        order_group(catalog, "b", "path")
    with pytest.raises(UsageError, match="there is no property shade"):
        order_group(catalog, "a", "shade")


def test_an_order_that_is_there_leaves_no_step(catalog: Catalog, groups: Groups) -> None:
    order_group(catalog, "a", "score")
    steps = len(History(catalog).steps())
    order_group(catalog, "a", "score")
    assert len(History(catalog).steps()) == steps
