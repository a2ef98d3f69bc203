"""What is wished of an order, in words and as it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.catalog.computed import COMPUTED
from core.catalog.property_types import PropertyType
from core.filters.ordering import DEFAULT_ORDER, SPANS, Order, Sortable, sortables
from core.labels.properties import Properties

SORTABLES = st.builds(Sortable, st.text(min_size=1), st.sampled_from(["text", "number", "date"]))
KEPT = st.builds(
    Order,
    by=st.none() | SORTABLES,
    descending=st.booleans(),
    group=st.none() | SORTABLES,
    span=st.sampled_from(SPANS),
)
ANYTHING = st.dictionaries(
    st.sampled_from(["by", "by-kind", "descending", "group", "group-kind", "span"]),
    st.none() | st.integers() | st.sampled_from(["yes", "date", "week", "month", ""]) | st.lists(st.text()),
)


@given(KEPT)
def test_an_order_is_kept_as_texts(order: Order) -> None:
    assert Order.from_texts(order.to_texts()) == order


@given(ANYTHING)
def test_whatever_was_kept_is_an_order(texts: dict[str, object]) -> None:
    order = Order.from_texts(texts)
    assert order.span in SPANS
    assert order.by is None or order.by.directions


def test_a_picture_that_others_resemble_is_not_kept() -> None:
    order = Order(like=b"k" * 20, like_name="a.png", vec_type="clip", group=Sortable("tag", "text"))
    assert Order.from_texts(order.to_texts()) == Order(group=Sortable("tag", "text"))


@pytest.mark.parametrize(
    ("order", "title"),
    [
        (DEFAULT_ORDER, ""),
        (Order(by=Sortable("date", "date"), descending=True), "by date, newest first"),
        (Order(by=Sortable("size", "number")), "by size, smallest first"),
        (Order(by=Sortable("a\u202eb", "text")), "by a\\u202eb, A to Z"),
        (Order(group=Sortable("date", "date"), span="decade"), "grouped by date, decade"),
        (
            Order(like=b"k" * 20, like_name="a\nb.png", group=Sortable("tag", "text")),
            "most like a\\nb.png first · grouped by tag",
        ),
    ],
)
def test_an_order_in_words(order: Order, title: str) -> None:
    assert order.title == title
    assert order.given == bool(title)


def test_everything_known_of_pictures_orders_them(catalog: Catalog) -> None:
    properties = Properties(catalog)
    properties.define("year", PropertyType.NUMBER)
    properties.define("printed", PropertyType.DATE)
    properties.define("place", PropertyType.CHOICE, ["Rome"])
    found = sortables(properties.all())
    assert found[0] == Sortable("date", "date")
    assert {one.name for one in found} == {*COMPUTED, "tag", "year", "printed", "place"}
    kinds = {one.name: one.kind for one in found}
    assert [kinds[name] for name in ("width", "name", "year", "printed", "place")] == [
        "number",
        "text",
        "number",
        "date",
        "text",
    ]
