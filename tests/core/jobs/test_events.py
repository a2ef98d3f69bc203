"""What a worker says is read back whole, whatever is cut or refused."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from core.jobs.events import FILE_NAME, Event, EventLog, EventTail, last_events, read_events


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path)


def texts(events: list[Event]) -> list[str]:
    return [event.values["text"] for event in events]


def test_events_are_lines_of_json_that_are_read_back(log: EventLog, tmp_path: Path) -> None:
    log.write("log", text="line\nbreak \x1b[31m Ünï \udcff")
    log.write("progress", done=3, rate=0.5)
    lines = (tmp_path / FILE_NAME).read_bytes().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["log", "progress"]
    assert all(byte < 128 for byte in b"".join(lines))
    first, second = read_events(tmp_path)
    assert (first.kind, first.values) == ("log", {"text": "line\nbreak \x1b[31m Ünï \udcff"})
    assert (second.kind, second.values) == ("progress", {"done": 3, "rate": 0.5})
    assert first.time <= second.time


def test_a_job_that_has_said_nothing_has_no_events(tmp_path: Path) -> None:
    assert read_events(tmp_path) == last_events(tmp_path) == EventTail(tmp_path).new() == []


def test_lines_that_are_none_are_passed_over(log: EventLog, tmp_path: Path) -> None:
    log.write("log", text="one")
    with (tmp_path / FILE_NAME).open("ab") as stream:
        stream.write(b'{"time": 1}\n[]\nnull\n{"time": "x", "event": "log"}\n\xff\xfe\n\n{"time": 1, "ev')
        stream.write(b"\n")
    log.write("log", text="two")
    assert texts(read_events(tmp_path)) == texts(last_events(tmp_path)) == ["one", "two"]


def test_the_last_events_of_a_long_job_are_whole_lines(log: EventLog, tmp_path: Path) -> None:
    for number in range(3000):
        log.write("log", text=f"{number} {'x' * (number % 90)}")
    size = (tmp_path / FILE_NAME).stat().st_size
    assert size > 3 * 65536
    found = texts(last_events(tmp_path))
    everything = texts(read_events(tmp_path))
    assert 100 < len(found) < len(everything) == 3000
    assert found == everything[-len(found) :]


def test_a_tail_gives_each_whole_line_once(log: EventLog, tmp_path: Path) -> None:
    tail = EventTail(tmp_path)
    log.write("log", text="one")
    log.write("log", text="two")
    assert texts(tail.new()) == ["one", "two"]
    assert tail.new() == []
    line = b'{"time": 1, "event": "log", "text": "three"}\n'
    with (tmp_path / FILE_NAME).open("ab", buffering=0) as stream:
        stream.write(line[:20])
        assert tail.new() == []
        stream.write(line[20:])
        assert texts(tail.new()) == ["three"]


def test_the_room_set_aside_is_given_back(log: EventLog, tmp_path: Path) -> None:
    assert (tmp_path / "reserve").stat().st_size == 16_384
    log.close()
    assert os.listdir(tmp_path) == []


class SmallDisk:
    """``os.write`` to a file system that holds so many bytes in all the files of a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size, self._write = folder, size, os.write
        self.refused = 0

    def write(self, descriptor: int, content: bytes) -> int:
        room = self._size - sum(file.stat().st_size for file in self._folder.iterdir())
        if room <= 0:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(descriptor, content[:room])


@pytest.mark.parametrize("room", [1, 40, 69, 70, 71, 140, 200])
def test_on_a_full_disk_the_last_word_is_still_said(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    disk = SmallDisk(tmp_path, 16_384 + room)
    monkeypatch.setattr(os, "write", disk.write)
    log.write("log", text="x" * 150)
    log.write("ended", state="failed", error="no room left")
    assert read_events(tmp_path)[-1].values == {"state": "failed", "error": "no room left"}
    assert not (tmp_path / "reserve").exists()


def test_on_a_full_disk_the_last_word_alone_is_said_too(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in (0, 30):
        disk = SmallDisk(tmp_path, 16_384 + room)
        monkeypatch.setattr(os, "write", disk.write)
        log.write("ended", state="failed", error="no room left")
        assert read_events(tmp_path)[-1].kind == "ended"


def test_where_even_that_fails_the_log_says_it(
    log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = SmallDisk(tmp_path, 0)
    monkeypatch.setattr(os, "write", disk.write)
    log.write("log", text="lost")
    log.write("ended", state="failed")
    assert disk.refused == 3
    assert '"ended"' in capsys.readouterr().out


def test_a_disk_without_room_for_the_reserve_costs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        log = EventLog(tmp_path)
    log.write("log", text="said")
    log.close()
    assert texts(read_events(tmp_path)) == ["said"]
