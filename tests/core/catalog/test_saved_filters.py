"""Filters that are kept under a name."""

from __future__ import annotations

import pytest

from core.catalog.catalog import Catalog
from core.catalog.filter import FilterError
from core.catalog.history import History
from core.catalog.saved_filters import SavedFilters
from core.errors import UsageError


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
