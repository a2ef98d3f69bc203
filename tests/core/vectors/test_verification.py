"""Verify finds damaged rows; repair voids just those."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from vector_helpers import ROW_BYTES, content, expected, flip, key, make

from core.errors import StoreBusy
from core.vectors import snapshot
from core.vectors.store import Writer
from core.vectors.verification import Verification, repair, verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors" / "effnet-lite0"


@pytest.mark.parametrize("number", [0, 700, 1999])
def test_verify_finds_a_flipped_bit_anywhere_and_repair_voids_just_that_row(folder: Path, number: int) -> None:
    make(folder, tuple(range(2000)))
    flip(folder / "rows.f32", number * ROW_BYTES + 5)
    found = verify(folder)
    assert (found.rows, found.bad) == (2000, [key(number)])
    assert len(content(folder)) == 2000  # verify changes nothing
    assert repair(folder) == found
    assert content(folder) == expected(*(other for other in range(2000) if other != number))
    assert repair(folder) == verify(folder) == Verification(1999, [])


def test_repair_is_refused_while_a_job_writes(folder: Path) -> None:
    make(folder, (1,))
    with Writer(folder, "job x"), pytest.raises(StoreBusy, match="job x"):
        repair(folder)


def test_verify_reports_progress_and_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "store", (1, 2, 3, 4, 5))
    with (folder / "rows.f32").open("r+b") as stream:
        stream.write(b"\x55")
        stream.seek(4 * ROW_BYTES)
        stream.write(b"\x55")
    monkeypatch.setattr(snapshot, "_CHECKED_AT_ONCE", 2)
    told: list[tuple[int, int]] = []
    stop = threading.Event()
    assert verify(folder, lambda *at: told.append(at)).bad == [key(1), key(5)]
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert verify(folder, lambda *at: stop.set(), stop).bad == [key(1)]
    assert repair(folder, lambda *at: told.append(at)).bad == [key(1), key(5)]
