"""Stacks: a picture is in one or in none, whatever is done and taken back; what has no file does not count."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog import schema
from core.catalog.catalog import Catalog
from core.catalog.copies import File
from core.errors import CatalogError, UsageError
from core.filters.evaluation import ids_where
from core.labels.decisions import DecisionKind, Decisions
from core.labels.duplicate_decisions import decide, duplicate_decisions
from core.labels.stack_table import Folded, StackTable
from core.labels.stacks import Stacks
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, UNKNOWN, open_filled

A, B, C, D, E = KEYS[:5]
SOME = st.lists(st.sampled_from([*KEYS[:8], UNKNOWN]), max_size=4)


@pytest.fixture
def stacks(catalog: Catalog) -> Stacks:
    return Stacks(catalog)


def lose(catalog: Catalog, *keys: bytes) -> None:
    """Their files go."""
    with catalog.transaction() as database:
        for key in keys:
            database.execute("DELETE FROM files WHERE picture = (SELECT id FROM pictures WHERE key = ?)", (key,))


def find_again(catalog: Catalog, key: bytes) -> None:
    """A file of it comes back, under another name."""
    with catalog.transaction() as database:
        database.execute("INSERT INTO files SELECT NULL, 1, key, id, 1, 1 FROM pictures WHERE key = ?", (key,))


def test_the_first_is_on_top_and_each_change_is_one_step(catalog: Catalog, stacks: Stacks) -> None:
    assert stacks.stack([C, A, UNKNOWN, C, B]) == 3
    assert (stacks.all(), stacks.of(B), stacks.of(D)) == ([(C, A, B)], (C, A, B), ())
    assert stacks.stack([B]) == 3  # one of a stack: on top of it
    assert stacks.all() == [(B, C, A)]
    assert stacks.unstack([C, D]) == 1
    assert stacks.all() == [(B, A)]
    history = History(catalog)
    assert [step.name for step in history.steps()] == ["remove 1 picture from stacks", *["stack 3 pictures"] * 2]
    assert [history.undo() and stacks.all() for _ in range(3)] == [[(B, C, A)], [(C, A, B)], []]
    assert history.redo() and stacks.all() == [(C, A, B)]


def test_what_changes_nothing_is_no_step(catalog: Catalog, stacks: Stacks) -> None:
    stacks.stack([A, B])
    assert stacks.stack([A, B]) == 2
    assert (stacks.unstack([C]), stacks.unstack([])) == (0, 0)
    assert History(catalog).count() == 1


def test_stacks_of_which_pictures_are_stacked_become_one(stacks: Stacks) -> None:
    stacks.stack([A, B])
    stacks.stack([C, D])
    assert stacks.stack([D, E, B]) == 5
    assert stacks.all() == [(D, E, B, A, C)]


@pytest.mark.parametrize("keys", [[], [A], [A, A], [UNKNOWN, A], [UNKNOWN]])
def test_a_stack_takes_two_pictures(catalog: Catalog, stacks: Stacks, keys: list[bytes]) -> None:
    with pytest.raises(UsageError, match="two pictures or more"):
        stacks.stack(keys)
    assert (stacks.all(), History(catalog).count()) == ([], 0)


def test_of_two_that_are_parted_none_is_in_a_stack(stacks: Stacks) -> None:
    stacks.stack([A, B])
    assert stacks.unstack([A]) == 1
    assert (stacks.all(), stacks.any()) == ([], False)


def test_pictures_without_files_do_not_count(catalog: Catalog, stacks: Stacks) -> None:
    stacks.stack([A, B, C])
    stacks.stack([D, E])
    lose(catalog, A, D)
    assert stacks.all() == [(B, C)]  # its top has gone: the next one is shown
    assert (stacks.of(A), stacks.of(E)) == ((), ())
    assert list(StackTable(catalog).pictures) == [2, 3]
    with pytest.raises(UsageError):
        stacks.stack([D, E])
    assert stacks.stack([D, A, B, C]) == 2  # D has no file: its stack stays what it is
    find_again(catalog, D)
    find_again(catalog, A)
    assert stacks.all() == [(B, C, A), (D, E)]


def test_whole_stacks_follow_what_is_named(stacks: Stacks) -> None:
    stacks.stack([A, B])
    stacks.stack([C, D])
    assert stacks.whole_stacks([E, B, C]) == [E, B, A, C, D]
    assert stacks.whole_stacks([E, B, C], apart={1}) == [E, B, C, D]


Change = Callable[[Catalog], object]
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(lambda keys: lambda catalog: Stacks(catalog).stack(keys), SOME),
    st.builds(lambda keys: lambda catalog: Stacks(catalog).unstack(keys), SOME),
    st.just(lambda catalog: History(catalog).undo()),
    st.just(lambda catalog: History(catalog).redo()),
    st.builds(lambda key: lambda catalog: lose(catalog, key), st.sampled_from(KEYS[:8])),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(CHANGES, max_size=20))
def test_a_picture_is_in_one_stack_at_most(changes: list[Change]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_filled(Path(folder)) as catalog:
        stacks = Stacks(catalog)
        for change in changes:
            with suppress(UsageError):
                change(catalog)
            found = stacks.all()
            keys = [key for stack in found for key in stack]
            there = {picture.key for picture in catalog.pictures(catalog.picture_ids())}
            assert len(set(keys)) == len(keys) and set(keys) <= there
            assert all(len(stack) > 1 for stack in found)
            assert all(stacks.of(key) == stack for stack in found for key in stack)
            ids = catalog.picture_ids()
            folded, by_id = StackTable(catalog).fold(ids), {one.id: one.key for one in catalog.pictures(ids)}
            behind = {key for stack in found for key in stack[1:]}
            assert [by_id[number] for number in folded.ids] == [by_id[n] for n in ids if by_id[n] not in behind]
            assert folded.behind == len(behind)
            assert {by_id[number] for number in ids_where(catalog, "stacked")} == set(keys)


def test_a_list_shows_of_each_stack_what_is_nearest_to_the_top(catalog: Catalog, stacks: Stacks) -> None:
    assert StackTable(catalog).fold(array("q", [3, 1, 2])) == Folded(array("q", [3, 1, 2]), 0)
    stacks.stack([C, A, E])
    stacks.stack([B, D])
    table = StackTable(catalog)
    numbers = {stack[0]: table.stack_of(number) for number, stack in ((3, stacks.of(C)), (2, stacks.of(B)))}
    assert table.fold(array("q")) == Folded(array("q"), 0)
    assert table.fold(array("q", [6, 5, 4, 1, 7])) == Folded(array("q", [6, 4, 1, 7]), 1)  # the tops are not listed
    everything = array("q", [6, 5, 4, 3, 2, 1])
    assert table.fold(everything) == Folded(array("q", [6, 3, 2]), 3)
    assert table.fold(everything, [numbers[C]]) == Folded(array("q", [6, 3, 1, 5, 2]), 1)
    assert table.fold(everything, [*numbers.values(), 99]) == Folded(array("q", [6, 3, 1, 5, 2, 4]), 0)
    assert [table.mark(number) for number in (3, 1, 2, 6, 99)] == ["▣3", "▣3", "▣2", "", ""]
    assert [table.mark(number, [numbers[C]]) for number in (3, 1, 5, 2)] == ["▣1/3", "▣2/3", "▣3/3", "▣2"]


def test_who_is_stacked_is_not_one_too_many_and_who_is_marked_is_not_stacked(catalog: Catalog, stacks: Stacks) -> None:
    decisions = Decisions(catalog)
    decisions.remember(DecisionKind.MARKED, "", [A, D])
    stacks.stack([A, B, C])
    assert decisions.remembered(DecisionKind.MARKED) == {D}
    files = [File(picture.key, picture.path, 1, 1, 1, "PNG", 1) for picture in catalog.by_keys([A, B]).values()]
    assert [duplicate_decisions(catalog).of(file, 1, alone=False) for file in files] == [True, True]
    assert [duplicate_decisions(catalog).of(file, 1) for file in files] == [None, None]
    decide(catalog, "mark", [(files[0], 1, False)])
    assert files[0].key not in stacks.all()[0]
    assert duplicate_decisions(catalog).of(files[0], 1, alone=False) is False
    History(catalog).undo()
    assert stacks.all() == [(A, B, C)]


def test_a_catalog_of_before_gets_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        older = next(number for number, script in enumerate(schema._MIGRATIONS) if "stacked" in script)
        patch.setattr(schema, "_MIGRATIONS", schema._MIGRATIONS[:older])
        patch.setattr(schema, "VERSION", older)
        schema.connect(tmp_path / "catalog.sqlite").close()
    with open_filled(tmp_path) as catalog:
        assert Stacks(catalog).stack([A, B]) == 2
        assert History(catalog).undo() and not Stacks(catalog).any()


@pytest.mark.parametrize("row", ["1, 'x', 0", "1, 0, 0", "1, 1, -1", "1, 1e300, 0", "99, 1, 0"])
def test_a_row_that_is_none_of_ours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    with open_filled(tmp_path) as catalog, catalog.transaction() as database:
        path = catalog.path
        database.execute("INSERT INTO recording VALUES (1)")
        database.execute("PRAGMA defer_foreign_keys = ON")
    with closing(schema.sqlite3.connect(path)) as database:
        database.execute(f"INSERT INTO stacked VALUES ({row})")
        database.commit()
    monkeypatch.setenv("PICTOSCOPE_HOME", str(tmp_path / "another user"))
    with pytest.raises(CatalogError):
        schema.connect(path)
