"""Undo and redo: whatever was done is taken back exactly, by any process, also after a kill."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_helpers import KEYS, labels, open_filled

from core.catalog import history as history_module
from core.catalog.catalog import Catalog
from core.catalog.decisions import Decisions, Kind
from core.catalog.groups import Groups
from core.catalog.history import History
from core.catalog.properties import Properties
from core.catalog.property_types import PropertyType
from core.catalog.saved_filters import SavedFilters
from core.catalog.tags import Tags
from core.errors import CatalogError, UsageError

HELPERS = Path(__file__).parent


@pytest.fixture
def history(catalog: Catalog) -> History:
    return History(catalog)


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
                name, [(key, 1 / (place + 3)) for place, key in enumerate(keys)], replace=replace
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
        st.sampled_from(Kind),
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
    st.builds(lambda name, line: lambda catalog: SavedFilters(catalog).save(name, line, replace=True), NAMES, NAMES),
)


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
        for state in reversed(states[:-1]):
            assert history.undo()
            assert labels(catalog) == state
        # A step may have changed rows and changed them back; all that differ were met above.
        while history.undo():
            assert labels(catalog) == states[0]
        for _ in history.steps():
            assert history.redo()
        assert labels(catalog) == states[-1]
        assert catalog.query("PRAGMA foreign_key_check") == []
        assert catalog.query("SELECT * FROM recording") == []


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


def test_old_steps_are_forgotten(catalog: Catalog, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "STEPS_KEPT", 3)
    for number in range(5):
        Tags(catalog).create(f"tag {number}")
    assert [step.name for step in history.steps()] == [f"create tag tag {number}" for number in (4, 3, 2)]
    assert catalog.query("SELECT count(*) FROM changes") == [(3,)]
    monkeypatch.setattr(history_module, "CHANGES_KEPT", 10)
    Tags(catalog).add("big", KEYS)
    assert [step.changes for step in history.steps()] == [13]  # the newest can be undone however big it is
    history.undo()
    assert [tag.name for tag in Tags(catalog).all()] == [f"tag {number}" for number in range(5)]


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


# Several steps at once


@settings(max_examples=30, deadline=None)
@given(st.lists(CHANGES, max_size=15), st.data())
def test_turning_to_a_step_is_undoing_or_redoing_one_by_one(changes: list[Change], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, open_filled(Path(folder)) as catalog:
        history = History(catalog)
        for change in changes:
            with suppress(UsageError):
                change(catalog)
        for _ in range(3):
            steps = history.steps()
            if not steps:
                return
            place = data.draw(st.integers(0, len(steps) - 1))
            chosen, undone = steps[place], sum(step.undone for step in steps)
            many = undone - place if chosen.undone else place - undone + 1
            before = labels(catalog)
            names = [history.redo() if chosen.undone else history.undo() for _ in range(many)]
            after = labels(catalog)
            for _ in range(many):
                history.undo() if chosen.undone else history.redo()
            assert labels(catalog) == before
            assert history.turn_to(chosen.number, many) == names
            assert labels(catalog) == after
            assert [step.undone for step in history.steps()] == [
                place < undone - many if chosen.undone else place < undone + many for place in range(len(steps))
            ]
        assert catalog.query("PRAGMA foreign_key_check") == []


def test_several_steps_are_turned_all_or_none(
    catalog: Catalog, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cat", "dog", "elk"):
        Tags(catalog).add(name, KEYS)
    before, steps = labels(catalog), history.steps()
    take_back, turned = history_module._take_back, []

    def fails_at_the_third(database: sqlite3.Connection, first: int, last: int) -> None:
        turned.append(first)
        if len(turned) == 3:
            raise sqlite3.OperationalError("database or disk is full")
        take_back(database, first, last)

    monkeypatch.setattr(history_module, "_take_back", fails_at_the_third)
    with pytest.raises(CatalogError, match="full"):
        history.turn_to(steps[-1].number, 3)
    assert (labels(catalog), history.steps()) == (before, steps)


def test_what_somebody_has_changed_meanwhile_is_not_turned_unasked(catalog: Catalog, history: History) -> None:
    Tags(catalog).add("cat", KEYS)
    Tags(catalog).add("dog", KEYS)
    seen = history.steps()
    Tags(catalog).add("elk", KEYS)
    with pytest.raises(UsageError, match="changed meanwhile"):
        history.turn_to(seen[-1].number, 2)
    history.undo()
    with pytest.raises(UsageError, match="changed meanwhile"):
        history.turn_to(seen[0].number + 100, 1)
    assert history.turn_to(seen[-1].number, 2) == ["tag 12 pictures as dog", "tag 12 pictures as cat"]
    assert not any(labels(catalog).values())


# Other processes


def start(folder: Path, script: str) -> subprocess.Popen[str]:
    """A process with ``catalog`` open; it says "ready" and waits for a line."""
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(HELPERS)!r})
from label_helpers import KEYS, open_filled, picture_key
from core.catalog.history import History
from core.catalog.tags import Tags
catalog = open_filled(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
{script}"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def do_twice_at_once(folder: Path, script: str) -> None:
    """Two processes do the same to the end."""
    processes = [start(folder, script) for _ in range(2)]
    for process in processes:
        tell(process)
    for process in processes:
        process.communicate()
        assert process.returncode == 0


@pytest.mark.parametrize("change", ["Tags(catalog).add('bulk', keys)", "Tags(catalog).delete('old')"])
def test_a_kill_in_the_middle_of_a_bulk_change_leaves_nothing_of_it(tmp_path: Path, change: str) -> None:
    with open_filled(tmp_path, 300) as catalog:
        Tags(catalog).add("old", [key for (key,) in catalog.query("SELECT key FROM pictures")])
        before = labels(catalog)
    # The change is made, and its record; the kill comes before the end of the transaction.
    script = f"""
keys = [picture_key(number) for number in range(1, 301)]
with History(catalog).step("bulk"):
    {change}
    catalog.query("PRAGMA cache_spill = 1")
    print("made", flush=True)
    sys.stdin.readline()"""
    process = start(tmp_path, script)
    tell(process)
    assert process.stdout
    assert process.stdout.readline() == "made\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with open_filled(tmp_path) as catalog:
        assert labels(catalog) == before
        assert [step.name for step in History(catalog).steps()] == ["tag 300 pictures as old"]
        assert History(catalog).undo() == "tag 300 pictures as old"
        assert not any(labels(catalog).values())


def test_processes_that_tag_at_once_lose_nothing(tmp_path: Path) -> None:
    with open_filled(tmp_path) as catalog:
        script = """
for number in range(20):
    Tags(catalog).add(f"{sys.argv[0]}{number % 3}", KEYS)
    Tags(catalog).add("shared", KEYS[number % 12:])
    Tags(catalog).remove("shared", KEYS[:number % 12])"""
        do_twice_at_once(tmp_path, script)
        assert {tag.name: tag.pictures for tag in Tags(catalog).all()} == {"-c0": 12, "-c1": 12, "-c2": 12, "shared": 5}
        history, steps = History(catalog), len(History(catalog).steps())
        assert len({step.number for step in history.steps()}) == steps
        assert catalog.query("PRAGMA foreign_key_check") == []
        for _ in range(steps):
            assert history.undo()
        assert not any(labels(catalog).values())


def test_processes_that_tag_and_undo_a_thousand_pictures_share_one_stack(tmp_path: Path) -> None:
    with open_filled(tmp_path, 1_000) as catalog:
        script = """
keys = [picture_key(number) for number in range(1, 1001)]
for number in range(12):
    Tags(catalog).add("shared", keys[number::2])
    Tags(catalog).add(f"own{number % 2}", keys)
    History(catalog).undo()
    if number % 3 == 0:
        History(catalog).redo()
Tags(catalog).add("last", keys)"""
        do_twice_at_once(tmp_path, script)
        reached, history = labels(catalog), History(catalog)
        assert {tag.name: tag.pictures for tag in Tags(catalog).all()}["last"] == 1_000
        assert catalog.query("PRAGMA foreign_key_check") == catalog.query("SELECT * FROM recording") == []
        steps = 0
        while history.undo():
            steps += 1
        assert not any(labels(catalog).values())
        for _ in range(steps):
            assert history.redo()
        assert labels(catalog) == reached


def test_a_catalog_that_another_process_writes_is_said(tmp_path: Path) -> None:
    with open_filled(tmp_path) as catalog, open_filled(tmp_path) as other:
        other.query("PRAGMA busy_timeout = 0")
        with History(catalog).step("mine"):
            Tags(catalog).add("dog", KEYS)
            with pytest.raises(CatalogError, match="is being written by another process"):
                Tags(other).add("cat", KEYS)
            assert Tags(other).all() == []
        assert [tag.name for tag in Tags(other).all()] == ["dog"]
        assert History(other).undo() == "mine"


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
