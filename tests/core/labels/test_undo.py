"""Undo and redo restore labels exactly."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog import contents
from core.catalog.catalog import Catalog
from core.errors import CatalogError, UsageError
from core.labels import undo as history_module
from core.labels.groups import Groups
from core.labels.tags import Tags
from core.labels.undo import PROGRAM, ForeignStep, History
from tests.core.labels.label_changes import CHANGES, Change
from tests.core.labels.label_helpers import KEYS, labels, open_filled


@pytest.fixture
def history(catalog: Catalog) -> History:
    return History(catalog)


@settings(max_examples=60, deadline=None)
@given(st.lists(CHANGES, max_size=25))
def test_every_change_is_taken_back_and_done_again_exactly(changes: list[Change]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_filled(Path(folder)) as catalog:
        history, states = History(catalog), [labels(catalog)]
        for change in changes:
            with suppress(UsageError):
                change(catalog)
            if labels(catalog) != states[-1]:
                states.append(labels(catalog))
        _is_accepted(catalog)
        for state in reversed(states[:-1]):
            assert history.undo()
            assert labels(catalog) == state
        _is_accepted(catalog)
        # A step may have changed rows and changed them back; all that differ were met above.
        while history.undo():
            assert labels(catalog) == states[0]
        for _ in history.steps():
            assert history.redo()
        assert labels(catalog) == states[-1]
        assert catalog.query("PRAGMA foreign_key_check") == []
        assert catalog.query("SELECT * FROM recording") == []
        _is_accepted(catalog)


def _is_accepted(catalog: Catalog) -> None:
    """Whoever gets this catalog with its history may open it."""
    with closing(sqlite3.connect(catalog.path)) as database:
        contents._check(database)


def test_steps_say_what_was_done(catalog: Catalog, history: History) -> None:
    Tags(catalog).add("cat", KEYS[:3])
    Tags(catalog).rename("cat", "feline")
    assert [(step.name, step.undone) for step in history.steps()] == [
        ("rename tag cat to feline", False),
        ("tag 3 pictures as cat", False),
    ]
    assert history.steps()[1].changes == 4
    assert history.undo() == "rename tag cat to feline"
    assert [step.undone for step in history.steps()] == [True, False]
    assert history.redo() == "rename tag cat to feline"
    assert history.redo() is None
    assert [step.name for step in history.steps(1)] == ["rename tag cat to feline"]


def test_names_of_steps_may_be_shown(catalog: Catalog, history: History) -> None:
    Tags(catalog).add("\x1b[31m[b]\u202e", KEYS[:1])
    assert history.steps()[0].name == "tag 1 picture as \\x1b[31m[b]\\u202e"


def test_several_changes_make_one_step(catalog: Catalog, history: History) -> None:
    with history.step("sort the cats"):
        Tags(catalog).add("cat", KEYS)
        Groups(catalog).save("best", [(KEYS[0], None)])
    assert [step.name for step in history.steps()] == ["sort the cats"]
    assert history.undo() == "sort the cats"
    assert not any(labels(catalog).values())


def test_what_fails_inside_a_step_is_undone_with_it(catalog: Catalog, history: History) -> None:
    with pytest.raises(RuntimeError), history.step("half"):
        Tags(catalog).add("cat", KEYS)
        raise RuntimeError
    assert not any(labels(catalog).values())
    assert history.steps() == []
    with history.step("the rest goes on"):
        Tags(catalog).add("cat", KEYS[:1])
        with suppress(UsageError):
            Tags(catalog).merge("cat", "cat")
    assert Tags(catalog).of(1) == ["cat"]


def test_nothing_changed_is_no_step_and_keeps_what_can_be_redone(catalog: Catalog, history: History) -> None:
    Tags(catalog).add("cat", KEYS)
    Tags(catalog).add("dog", KEYS)
    history.undo()
    Tags(catalog).add("cat", KEYS)
    Tags(catalog).set_colour("cat", None)
    Tags(catalog).set_parent("cat", None)
    Tags(catalog).rename("cat", "cat")
    assert history.redo() == "tag 12 pictures as dog"


def test_a_new_step_ends_what_could_be_redone(catalog: Catalog, history: History) -> None:
    Tags(catalog).add("cat", KEYS)
    history.undo()
    Tags(catalog).add("dog", KEYS)
    assert history.redo() is None
    assert [step.name for step in history.steps()] == ["tag 12 pictures as dog"]
    assert catalog.query("SELECT count(*) FROM changes") == [(13,)]


def test_nothing_to_undo_is_none(history: History) -> None:
    assert history.undo() is None
    assert history.redo() is None
    assert history.steps() == []


def test_labels_cannot_be_changed_behind_the_history(catalog: Catalog) -> None:
    with pytest.raises(CatalogError), catalog.transaction() as database:
        database.execute("INSERT INTO tags VALUES (1, 'cat', '', NULL)")
    with pytest.raises(CatalogError), History(catalog).step("renumber") as step:
        step.database.execute("INSERT INTO tags VALUES (1, 'cat', '', NULL)")
        step.database.execute("UPDATE tags SET id = 2")
    assert not any(labels(catalog).values())


def test_steps_are_kept_as_long_as_their_changes_have_room(
    catalog: Catalog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "CHANGES_KEPT", 3)
    for number in range(5):
        assert history.forgotten() == max(0, number - 3)
        Tags(catalog).create(f"tag {number}")
    assert [step.name for step in history.steps()] == [f"create tag tag {number}" for number in (4, 3, 2)]
    assert (history.count(), history.forgotten()) == (3, 2)
    assert catalog.query("SELECT count(*) FROM changes") == [(3,)]
    Tags(catalog).add("big", KEYS)
    assert [step.changes for step in history.steps()] == [13]  # the newest can be undone however big it is
    assert history.forgotten() == 5
    history.undo()
    assert [tag.name for tag in Tags(catalog).all()] == [f"tag {number}" for number in range(5)]


def test_more_steps_than_are_listed_can_all_be_undone(catalog: Catalog, history: History) -> None:
    many = 20
    for number in range(many):
        Tags(catalog).create(f"tag {number}")
    assert (len(history.steps(3)), history.count(), history.forgotten()) == (3, many, 0)
    first = history.steps(many)[-1]
    assert len(history.go_to_step(first.number, many)) == many
    assert Tags(catalog).all() == []


def test_a_step_of_another_program_is_only_undone_where_it_is_allowed(
    catalog: Catalog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tags(catalog).create("own")
    with monkeypatch.context() as patch:
        patch.setattr(history_module, "PROGRAM", "another")
        Tags(catalog).create("theirs")
    with pytest.raises(ForeignStep, match="create tag theirs") as caught:
        history.undo(PROGRAM)
    assert len(Tags(catalog).all()) == 2
    assert history.undo(caught.value.program) == "create tag theirs"
    assert history.redo(PROGRAM) == "create tag theirs"  # undone here: done again without a question
    assert history.undo(PROGRAM) == "create tag theirs"
    assert history.undo(PROGRAM) == "create tag own"
    with monkeypatch.context() as patch:
        patch.setattr(history_module, "PROGRAM", "another")
        history.redo()
    with pytest.raises(ForeignStep):
        history.undo(PROGRAM)
    assert history.undo() == "create tag own"


def test_a_step_knows_whether_it_changed_something_whatever_others_do_meanwhile(
    catalog: Catalog, history: History
) -> None:
    Tags(catalog).create("elsewhere")
    waits = threading.Event()

    def others_step() -> None:
        waits.set()
        Tags(catalog).create("meanwhile")  # waits for the transaction to end

    with history.step() as nothing:
        other = threading.Thread(target=others_step)
        other.start()
        waits.wait()
        Tags(catalog).add("elsewhere", [])
    other.join()
    assert nothing.number is None
    assert [step.name for step in history.steps(1)] == ["create tag meanwhile"]
    with history.step() as made:
        with history.step("inside") as unchanged:
            pass
        assert Tags(catalog).add("elsewhere", KEYS) == len(KEYS)
        with history.step("add again") as again:
            Tags(catalog).add("elsewhere", KEYS)
    assert (unchanged.number, again.number) == (None, None)
    assert [made.number] == [step.number for step in history.steps(1)]
    assert history.steps(1)[0].name == f"tag {len(KEYS)} pictures as elsewhere"


def test_a_step_without_a_name_has_that_of_the_first_inside_which_changes_something(
    catalog: Catalog, history: History
) -> None:
    with history.step():
        with history.step("nothing"):
            pass
        Tags(catalog).create("a")
        Tags(catalog).create("b")
    assert [step.name for step in history.steps()] == ["create tag a"]
    assert history.undo() == "create tag a"
    assert Tags(catalog).all() == []
    with history.step("outer") as outer, history.step("inner") as inner:
        Tags(catalog).create("c")
    assert inner.number == outer.number == history.steps(1)[0].number
    assert [step.name for step in history.steps()] == ["outer"]


def test_of_steps_within_steps_the_outermost_that_has_a_name_gives_it(catalog: Catalog, history: History) -> None:
    with history.step():
        with history.step("nothing") as nothing:
            nothing.name = "still nothing"
        with history.step("middle"):
            with history.step("inner"):
                Tags(catalog).create("a")
            Tags(catalog).create("b")
        Tags(catalog).create("c")
    with history.step(), history.step() as later, history.step() as last:
        with history.step("within"):
            Tags(catalog).create("d")
        later.name, last.name = "later", "last"
    with history.step(), history.step("first words") as counted:
        Tags(catalog).create("e")
        counted.name = "with the number"
    assert [step.name for step in history.steps()] == ["with the number", "within", "middle"]


def test_only_a_step_that_is_meant_is_undone(catalog: Catalog, history: History) -> None:
    with history.step() as first:
        Tags(catalog).create("a")
    with history.step() as second:
        Tags(catalog).create("b")
    assert first.number is not None
    assert second.number is not None
    assert history.undo(among=(first.number,)) is None
    assert history.undo(PROGRAM, range(second.number + 1, sys.maxsize)) is None
    assert {tag.name for tag in Tags(catalog).all()} == {"a", "b"}
    assert history.undo(among=(second.number,)) == "create tag b"
    assert history.undo(among=(first.number,)) == "create tag a"
    assert history.undo(among=(first.number,)) is None


def test_undo_goes_through_more_changes_than_are_in_memory_at_once(
    catalog: Catalog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "_CHUNK", 5)
    Tags(catalog).add("cat", KEYS)
    Tags(catalog).merge("cat", Tags(catalog).create("dog").name)
    after = labels(catalog)
    for _ in range(3):
        history.undo()
    assert not any(labels(catalog).values())
    for _ in range(3):
        history.redo()
    assert labels(catalog) == after


def test_history_outlasts_the_program(tmp_path: Path) -> None:
    with open_filled(tmp_path) as catalog:
        Tags(catalog).add("cat", KEYS)
        Tags(catalog).add("dog", KEYS)
        History(catalog).undo()
    with open_filled(tmp_path) as catalog:
        assert History(catalog).redo() == "tag 12 pictures as dog"
        assert History(catalog).undo() == "tag 12 pictures as dog"
        assert History(catalog).undo() == "tag 12 pictures as cat"
        assert not any(labels(catalog).values())


def test_a_full_disk_undoes_the_step(catalog: Catalog, history: History) -> None:
    Tags(catalog).add("cat", KEYS)
    pages = catalog.query("PRAGMA page_count")[0][0]
    catalog.query(f"PRAGMA max_page_count = {pages}")
    keys = [b"%020d" % number for number in range(30_000)]
    with pytest.raises(CatalogError, match="cannot be written"):
        _insert_pictures_and_tag(catalog, keys)
    catalog.query("PRAGMA max_page_count = 1000000")
    assert [step.name for step in history.steps()] == ["tag 12 pictures as cat"]
    assert _insert_pictures_and_tag(catalog, keys[:100]) == 100


def _insert_pictures_and_tag(catalog: Catalog, keys: list[bytes]) -> int:
    with History(catalog).step("many") as step:
        step.database.executemany(
            "INSERT INTO pictures (key, width, height, format, problem) VALUES (?, 1, 1, '', '')",
            ((key,) for key in keys),
        )
        return Tags(catalog).add("many", keys)


def test_a_step_is_synced_and_the_scan_is_not(catalog: Catalog) -> None:
    def synchronous(database: sqlite3.Connection) -> int:
        return int(database.execute("PRAGMA synchronous").fetchone()[0])

    normal, full = 1, 2
    with History(catalog).step("x") as step:
        assert synchronous(step.database) == full
    with catalog.transaction() as database:
        assert synchronous(database) == normal


def test_the_mark_tells_whether_labels_have_changed(catalog: Catalog) -> None:
    history, tags = History(catalog), Tags(catalog)
    marks = [history.mark()]
    for change in (
        lambda: tags.add("cat", KEYS[:2]),
        lambda: tags.add("dog", KEYS[:2]),
        history.undo,
        lambda: tags.add("owl", KEYS[:1]),
        history.undo,
        history.undo,
    ):
        change()
        marks.append(history.mark())
    assert len(set(marks)) == len(marks)
    history.redo()
    assert history.mark() == marks[-2]
    tags.add("cat", KEYS[:2])  # as it is
    assert history.mark() == marks[-2]
