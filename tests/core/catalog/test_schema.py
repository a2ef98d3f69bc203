"""The catalog's file: made once, brought up to date in one step, refused in words where it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from core.catalog import schema
from core.errors import CatalogError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(schema.connect(path)) as opened:
        yield opened


def pragma(database: sqlite3.Connection, name: str) -> object:
    return database.execute(f"PRAGMA {name}").fetchone()[0]


def tables(database: sqlite3.Connection) -> set[str]:
    return {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_new_catalog_says_what_it_is(database: sqlite3.Connection) -> None:
    assert tables(database) >= {"roots", "folders", "pictures", "files", "tags", "steps"}
    assert pragma(database, "application_id") == schema.APPLICATION_ID
    assert pragma(database, "user_version") == schema.VERSION
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "foreign_keys") == 1


def test_a_catalog_that_is_opened_again_holds_what_it_held(path: Path) -> None:
    with closing(schema.connect(path)) as database:
        database.execute("INSERT INTO roots (location) VALUES (?)", (b"caf\xe9\n",))
    with closing(schema.connect(path)) as database:
        assert database.execute("SELECT location FROM roots").fetchall() == [(b"caf\xe9\n",)]


def test_a_root_takes_its_folders_and_files_with_it(database: sqlite3.Connection) -> None:
    database.execute("INSERT INTO roots VALUES (1, ?)", (b"a",))
    database.execute("INSERT INTO folders VALUES (2, 1, ?)", (b"",))
    database.execute("INSERT INTO pictures VALUES (3, ?, 1, 1, 'PNG', '')", (b"k" * 20,))
    database.execute("INSERT INTO files VALUES (4, 2, ?, 3, 10, 20)", (b"a.png",))
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("DELETE FROM pictures")
    database.execute("DELETE FROM roots")
    assert database.execute("SELECT count(*) FROM folders").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM files").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM pictures").fetchone() == (1,)


def test_an_older_catalog_becomes_a_current_one_and_keeps_what_it_held(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(schema.connect(path)) as database:
        database.execute("INSERT INTO roots (location) VALUES (?)", (b"a",))
    monkeypatch.setattr(schema, "_MIGRATIONS", (*schema._MIGRATIONS, "CREATE TABLE sample (name TEXT)"))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    for _ in range(2):
        with closing(schema.connect(path)) as database:
            assert "sample" in tables(database)
            assert pragma(database, "user_version") == schema.VERSION
            assert database.execute("SELECT location FROM roots").fetchall() == [(b"a",)]


def test_a_step_that_fails_half_way_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.connect(path).close()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_MIGRATIONS", (*schema._MIGRATIONS, "CREATE TABLE sample (name TEXT);\nCREATE NONSENSE"))
        patch.setattr(schema, "VERSION", schema.VERSION + 1)
        with pytest.raises(CatalogError):
            schema.connect(path)
    with closing(schema.connect(path)) as database:
        assert "sample" not in tables(database)
        assert pragma(database, "user_version") == schema.VERSION


def test_processes_that_start_together_make_it_once(path: Path) -> None:
    script = """
import sys
from pathlib import Path
from core.catalog.schema import connect
sys.stdin.readline()
database = connect(Path(sys.argv[1]))
database.execute("INSERT INTO roots (location) VALUES (?)", (sys.argv[2].encode(),))"""
    starting = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(number)], stdin=subprocess.PIPE)
        for number in range(4)
    ]
    for process in starting:
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in starting:
        with process:
            process.communicate()
        assert process.returncode == 0
    with closing(schema.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM roots").fetchone() == (4,)


def test_a_catalog_that_another_process_is_just_making_is_waited_for(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        soon = threading.Timer(0.05, other.execute, ["COMMIT"])
        soon.start()
        with closing(schema.connect(path)) as database:
            assert pragma(database, "journal_mode") == "wal"
        soon.join()


def test_a_catalog_that_another_process_keeps_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CatalogError, match="is being written by another process"):
            schema.connect(path)


def test_a_catalog_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(schema.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(CatalogError, match=r"catalog\.sqlite was written by a newer Pictoscope") as caught:
        schema.connect(path)
    assert "upgrade" in caught.value.hint
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA application_id = 77")
        database.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    with pytest.raises(CatalogError, match=r"catalog\.sqlite is not a Pictoscope catalog") as caught:
        schema.connect(path)
    assert caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_damaged_file_is_named_with_the_way_out_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CatalogError, match=r"catalog\.sqlite is damaged") as caught:
        schema.connect(path)
    assert "--rebuild-catalog" in caught.value.hint
    assert path.read_bytes() == content


def test_a_file_whose_first_page_is_whole_and_the_rest_is_not_is_damaged(path: Path) -> None:
    with closing(schema.connect(path)) as database:
        database.execute("INSERT INTO roots (location) VALUES (?)", (b"a",))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(CatalogError, match="is damaged"):
        schema.connect(path)


def test_an_empty_file_is_a_new_catalog(path: Path) -> None:
    path.touch()
    with closing(schema.connect(path)) as database:
        assert pragma(database, "user_version") == schema.VERSION


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cannot be opened for writing") as caught:
        schema.connect(tmp_path / "absent" / "catalog.sqlite")
    assert "permissions" in caught.value.hint


def test_a_catalog_that_may_not_be_written_is_said(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    own_folder.chmod(0o555)
    with as_ordinary_user(), pytest.raises(CatalogError, match="cannot be opened for writing"):
        schema.connect(own_folder / "catalog.sqlite")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("database is locked", "is being written by another process"),
        ("database table is locked", "is being written by another process"),
        ("database or disk is full", "cannot be written"),
        ("disk I/O error", "cannot be written"),
        ("attempt to write a readonly database", "cannot be opened for writing"),
        ("unable to open database file", "cannot be opened for writing"),
        ("database disk image is malformed", "is damaged"),
        ("file is not a database", "is damaged"),
    ],
)
def test_what_sqlite_says_becomes_what_a_person_can_do(path: Path, said: str, words: str) -> None:
    error = schema.damaged(path, sqlite3.OperationalError(said))
    assert error.message.startswith(f"{path} {words}")
    assert error.hint
