"""Undo and several processes: each can undo what another did; a kill leaves nothing of a step."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import CatalogError
from core.labels.tags import Tags
from core.labels.undo import History
from tests.core.labels.label_helpers import KEYS, labels, open_filled

CHECKOUT = Path(__file__).parents[3]


def start(folder: Path, script: str) -> subprocess.Popen[str]:
    """A process with ``catalog`` open; it says "ready" and waits for a line."""
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(CHECKOUT)!r})
from tests.core.labels.label_helpers import KEYS, open_filled, picture_key
from core.labels.undo import PROGRAM, History, ForeignStep
from core.labels.tags import Tags
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


def test_a_catalog_that_another_process_writes_is_an_error(tmp_path: Path) -> None:
    with open_filled(tmp_path) as catalog, open_filled(tmp_path) as other:
        other.query("PRAGMA busy_timeout = 0")
        with History(catalog).step("mine"):
            Tags(catalog).add("dog", KEYS)
            with pytest.raises(CatalogError, match="is being written by another process"):
                Tags(other).add("cat", KEYS)
            assert Tags(other).all() == []
        assert [tag.name for tag in Tags(other).all()] == ["dog"]
        assert History(other).undo() == "mine"
