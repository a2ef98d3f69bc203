"""Filters that are kept under a name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from core.catalog.catalog import Catalog
from core.catalog.property_types import PropertyType
from core.errors import UsageError
from core.filters.evaluation import ids_where
from core.filters.saved import SavedFilters
from core.filters.syntax import FilterError
from core.labels.properties import Properties
from core.labels.tags import Tags
from core.labels.undo import History


@pytest.fixture(autouse=True)
def tags(catalog: Catalog) -> None:
    """The tags that the lines name."""
    for name in ("cat", "dog"):
        Tags(catalog).create(name)


def test_a_line_is_kept_replaced_and_deleted(catalog: Catalog) -> None:
    filters = SavedFilters(catalog)
    filters.save(" old\ncats ", "tag:cat  date<1935")
    filters.save("all", "")
    assert filters.all() == {"all": "", "old cats": "tag:cat  date<1935"}
    assert filters.line("old cats") == "tag:cat  date<1935"
    with pytest.raises(UsageError, match="there is a filter old cats already") as caught:
        filters.save("old cats", "tag:dog")
    assert "replace" in caught.value.hint
    filters.save("old cats", "tag:dog", replace=True)
    filters.delete("all")
    assert filters.all() == {"old cats": "tag:dog"}
    assert [History(catalog).undo() for _ in range(2)] == ["delete filter all", "save filter old cats"]
    assert filters.all() == {"all": "", "old cats": "tag:cat  date<1935"}


def test_a_filter_is_renamed(catalog: Catalog) -> None:
    filters = SavedFilters(catalog)
    filters.save("cats", "tag:cat")
    filters.save("dogs", "tag:dog")
    filters.rename("cats", "cats")
    with pytest.raises(UsageError, match="there is a filter dogs already"):
        filters.rename("cats", "dogs")
    filters.rename("cats", "felines")
    assert filters.all() == {"dogs": "tag:dog", "felines": "tag:cat"}
    assert History(catalog).undo() == "rename filter cats to felines"
    assert filters.all() == {"cats": "tag:cat", "dogs": "tag:dog"}


def test_what_makes_no_sense_is_refused(catalog: Catalog) -> None:
    filters = SavedFilters(catalog)
    filters.save("cats", "tag:cat")
    with pytest.raises(FilterError):
        filters.save("x", "width>wide")
    for attempt in (
        lambda: filters.line("cast"),
        lambda: filters.delete("cast"),
        lambda: filters.rename("cast", "x"),
    ):
        with pytest.raises(UsageError, match="no filter cast") as caught:
            attempt()
        assert caught.value.hint == "did you mean cats?"
    with pytest.raises(UsageError, match="at most 200"):
        filters.save("x" * 300, "")
    assert filters.all() == {"cats": "tag:cat"}


# By what is wrong: a line that can be parsed, but not used.
UNUSABLE = {
    "property": "wdth>3",
    "property of has": "has:wdth",
    "tag": "tag:cta",
    "group": "not group:nobody",
    "folder": "untagged or folder:nowhere",
    "vectors": "covered:nosuch",
    "failed vectors": "failed:nosuch",
    "filter": "saved:nobody",
    "contradiction": "width>3 and width<2",
    "type": "year~3",
    "value": "year>old",
}


@pytest.mark.parametrize("line", UNUSABLE.values(), ids=UNUSABLE)
def test_a_line_that_could_not_be_used_is_refused_with_the_error_of_its_use(catalog: Catalog, line: str) -> None:
    def coverage(state: str, name: str) -> npt.NDArray[np.bytes_]:
        raise UsageError(f"there are no vectors {name}", "there are: none yet")

    filters = SavedFilters(catalog, coverage)
    Properties(catalog).define("year", PropertyType.NUMBER)
    filters.save("mine", "untagged")
    before = filters.all()
    with pytest.raises(FilterError) as refused:
        filters.save("mine", line, replace=True)
    assert filters.all() == before
    with pytest.raises(FilterError) as used:
        ids_where(catalog, line, coverage)
    assert used.value.hint
    for told in (refused.value, used.value):
        assert (told.message, told.at, told.hint) == (used.value.message, used.value.at, used.value.hint)


@pytest.mark.parametrize("line", ["untagged and saved:mine", "saved:other"])
def test_a_filter_that_would_refer_to_itself_is_refused(catalog: Catalog, line: str) -> None:
    filters = SavedFilters(catalog)
    filters.save("mine", "untagged")
    filters.save("other", "saved:mine")
    with pytest.raises(FilterError, match="mine refers to itself"):
        filters.save("mine", line, replace=True)
    assert filters.line("mine") == "untagged"


def test_what_can_be_used_can_be_saved(catalog: Catalog) -> None:
    filters = SavedFilters(catalog, lambda state, name: catalog.keys()[:1])
    for line in ("", "tag:cat", "covered:clip", "not failed:clip", "saved:covered:clip"):
        filters.save(line or "all", line)
    assert set(filters.all()) == {"all", "tag:cat", "covered:clip", "not failed:clip", "saved:covered:clip"}
    assert list(ids_where(catalog, 'saved:"saved:covered:clip"', lambda state, name: catalog.keys()[:1]))
