"""Locks of a database last while this process has it open, whatever else it opens and closes meanwhile."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.catalog.catalog import Catalog
from core.databases import DatabaseKind, connect, connect_to_salvage, upgrade
from core.open_databases import is_open_here

KIND = DatabaseKind(0x54455354, ("CREATE TABLE numbers (number INTEGER)",))
OTHER_PROGRAM = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT count(*) FROM numbers").fetchone()[0])
database.close()
"""


def open_(path: Path) -> sqlite3.Connection:
    return connect(path, KIND, timeout=5.0)


def open_for_reading(path: Path) -> sqlite3.Connection:
    return connect(path, KIND, timeout=5.0, read_only=True)


def seen_by_another_program(path: Path) -> int:
    """Rows that a program sees which opens the database and closes it."""
    command = [sys.executable, "-c", OTHER_PROGRAM, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "numbers.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_(path)) as database:
        upgrade(database, KIND)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("INSERT INTO numbers VALUES (1)")
        yield database


@pytest.mark.parametrize("again", [open_, open_for_reading, connect_to_salvage])
@pytest.mark.parametrize("ends", [sqlite3.Connection.close, lambda database: None], ids=["closed", "open"])
def test_a_second_connection_does_not_drop_the_locks_of_the_first(
    path: Path,
    database: sqlite3.Connection,
    again: Callable[[Path], sqlite3.Connection],
    ends: Callable[[sqlite3.Connection], None],
) -> None:
    second = again(path)
    ends(second)
    assert seen_by_another_program(path) == 1
    database.execute("INSERT INTO numbers VALUES (2)")
    assert seen_by_another_program(path) == 2  # 1 if the log was deleted below this process
    second.close()


def test_a_database_counts_as_open_until_its_last_connection_is_closed_or_dropped(
    path: Path, database: sqlite3.Connection
) -> None:
    second, third = open_(path), open_(path)
    database.close()
    database.close()  # a second time changes nothing
    assert is_open_here(path)
    second.close()
    assert is_open_here(path)
    del third
    gc.collect()
    assert not is_open_here(path)


def test_another_file_at_the_same_path_is_not_open(path: Path, database: sqlite3.Connection) -> None:
    path.replace(path.with_name("moved.sqlite"))
    assert not is_open_here(path)
    assert is_open_here(path.with_name("moved.sqlite"))


def test_changes_of_a_catalog_that_was_opened_twice_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    program = (
        "import sys; from pathlib import Path; from core.catalog.catalog import Catalog\n"
        "with Catalog(Path(sys.argv[1]), Path(sys.argv[1]).parent) as catalog:\n"
        "    print(catalog.query('SELECT steps FROM forgotten')[0][0])"
    )

    def seen() -> str:
        command = [sys.executable, "-c", program, str(path)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    with Catalog(path, tmp_path) as catalog:
        Catalog(path, tmp_path).close()
        assert seen() == "0"
        with catalog.transaction() as database:
            database.execute("UPDATE forgotten SET steps = 7")
        assert seen() == "7"
