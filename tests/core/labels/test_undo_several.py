"""Going to a step of the history: several steps are undone or redone at once, or none."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.errors import CatalogError, UsageError
from core.labels import undo as history_module
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.labels.label_changes import CHANGES, Change
from tests.core.labels.label_helpers import KEYS, labels, open_filled


@pytest.fixture
def history(catalog: Catalog) -> History:
    return History(catalog)


@settings(max_examples=30, deadline=None)
@given(st.lists(CHANGES, max_size=15), st.data())
def test_going_to_a_step_equals_undoing_or_redoing_one_by_one(changes: list[Change], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, open_filled(Path(folder)) as catalog:
        history = History(catalog)
        for change in changes:
            with suppress(UsageError):
                change(catalog)
        for _ in range(3):
            steps = history.steps()
            if not steps:
                return
            index = data.draw(st.integers(0, len(steps) - 1))
            chosen, undone = steps[index], sum(step.undone for step in steps)
            many = undone - index if chosen.undone else index - undone + 1
            before = labels(catalog)
            names = [history.redo() if chosen.undone else history.undo() for _ in range(many)]
            after = labels(catalog)
            for _ in range(many):
                history.undo() if chosen.undone else history.redo()
            assert labels(catalog) == before
            assert history.go_to_step(chosen.number, many) == names
            assert labels(catalog) == after
            assert [step.undone for step in history.steps()] == [
                index < undone - many if chosen.undone else index < undone + many for index in range(len(steps))
            ]
        assert catalog.query("PRAGMA foreign_key_check") == []


def test_several_steps_are_undone_all_or_none(
    catalog: Catalog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cat", "dog", "elk"):
        Tags(catalog).add(name, KEYS)
    before, steps = labels(catalog), history.steps()
    revert, reverted = history_module._revert, []

    def fails_at_the_third(database: sqlite3.Connection, first: int, last: int) -> None:
        reverted.append(first)
        if len(reverted) == 3:
            raise sqlite3.OperationalError("database or disk is full")
        revert(database, first, last)

    monkeypatch.setattr(history_module, "_revert", fails_at_the_third)
    with pytest.raises(CatalogError, match="full"):
        history.go_to_step(steps[-1].number, 3)
    assert (labels(catalog), history.steps()) == (before, steps)


def test_a_history_that_has_changed_since_it_was_shown_is_refused(catalog: Catalog, history: History) -> None:
    Tags(catalog).add("cat", KEYS)
    Tags(catalog).add("dog", KEYS)
    seen = history.steps()
    Tags(catalog).add("elk", KEYS)
    with pytest.raises(UsageError, match="changed since it was shown"):
        history.go_to_step(seen[-1].number, 2)
    history.undo()
    with pytest.raises(UsageError, match="changed since it was shown"):
        history.go_to_step(seen[0].number + 100, 1)
    assert history.go_to_step(seen[-1].number, 2) == ["tag 12 pictures as dog", "tag 12 pictures as cat"]
    assert not any(labels(catalog).values())
