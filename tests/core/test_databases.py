"""Databases of a project are looked at before SQLite opens them, while other processes use them."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from core import databases
from core.databases import DatabaseKind, connect, connect_to_salvage, upgrade

KIND = DatabaseKind(0x54455354, ("CREATE TABLE numbers (number INTEGER)",))


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
def test_a_file_beside_it_that_another_process_deletes_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / "numbers.sqlite"
    with closing(connect(path, KIND, timeout=5.0)) as database:
        upgrade(database, KIND)
    beside = path.with_name(path.name + suffix)

    def there_and_then_not(file: Path) -> os.stat_result:
        found = status(file)
        if file == beside:
            file.unlink()
        return found

    status = databases.status
    monkeypatch.setattr(databases, "status", there_and_then_not)
    for opens in (lambda: connect(path, KIND, timeout=5.0), lambda: connect_to_salvage(path)):
        beside.write_bytes(b"")
        with closing(opens()) as database:
            assert database.execute("SELECT count(*) FROM numbers").fetchone() == (0,)
        assert not beside.exists()
