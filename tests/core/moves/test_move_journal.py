"""Who may use the journals of a project at the same time."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from core.moves import journal
from core.moves.journal import JournalBusy, journals_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "moves").mkdir()
    return tmp_path / "moves"


def test_several_read_at_once(folder: Path) -> None:
    with journals_of(folder, to_read=True) as one, journals_of(folder, to_read=True) as other:
        assert one is not None
        assert other is not None


def test_who_moves_files_waits_until_others_have_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = ExitStack()
    reading.enter_context(journals_of(folder, to_read=True))
    monkeypatch.setattr(journal.time, "sleep", lambda seconds: reading.close())
    with journals_of(folder, wait=60.0) as opened:
        assert opened is not None


@pytest.mark.parametrize("to_read", [False, True])
def test_nobody_reads_or_moves_while_another_moves(folder: Path, to_read: bool) -> None:
    with journals_of(folder), pytest.raises(JournalBusy), journals_of(folder, to_read=to_read):
        pass


def test_who_does_not_wait_is_refused_while_others_read(folder: Path) -> None:
    with journals_of(folder, to_read=True), pytest.raises(JournalBusy), journals_of(folder):
        pass
