"""Fuzzing what reads a project's own files: whatever stands in them, only typed errors come out, and in bounded time.

A project may come from somebody else, or from a disk that fails. ``PICTOSCOPE_FUZZ_SECONDS=600`` goes on for longer.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from hypothesis import strategies as st

from core.errors import JobError, ProjectError, StoreDamaged, StoreError
from core.jobs import events, job
from core.settings import SETTINGS_NAME, Settings
from core.vectors import failures, journal
from core.vectors.failures import Failure
from core.vectors.journal import Status
from core.vectors.manifest import MANIFEST_NAME, Manifest
from core.vectors.vec_type import VecType
from tests.attacks.budget import SECONDS, until_the_time_is_up
from tests.attacks.mutations import Mutation, mutate, mutations
from tests.attacks.tally import count
from tests.patience import little_work

CORPUS = Path(__file__).parent / "corpus" / "store"
_WORK = 10.0  # seconds of a processor for one file of a few kilobytes

# What TOML and JSON take for something special, put where nobody expects it. Long ones are a piece and its number.
_SHORT = (
    *("", *"[]{}\"',:=\n#\0", "null", "true", "nan", "inf", "-inf", "NaN", "Infinity", "[[", "{}", "[]", '""', "[1]"),
    *("-1", "0", "0.5", "1e999", "-0", "0x10", "1979-05-27", '"\\ud800"', '"\\u0000"', '"\\u001b[31m"'),
    *('"../../etc"', '"/"', '"bytes:zz"', "\ud800", "\ufeff", "é", "\u2028"),
)
_LONG = (("9", 400), ("1", 5_000), ("[", 3_000), ('{"a":', 3_000), ("a.", 3_000), ("{a = ", 3_000))
_TOKENS = [*((piece, 1) for piece in _SHORT), *_LONG]


def read_manifest(folder: Path) -> None:
    try:
        found = Manifest.load(folder)
    except StoreError:
        return
    assert found.row_bytes > 0
    assert "/" not in found.rows_name + found.journal_name


def read_journal(folder: Path) -> None:
    try:
        found = journal.read_journal(folder / "journal.bin")
    except StoreDamaged:
        return
    assert found.length == found.records.nbytes <= (folder / "journal.bin").stat().st_size
    assert 0 <= found.rows <= len(found.records)


def read_failures(folder: Path) -> None:
    for key, failure in failures.read_failures(folder).items():
        assert (type(key), type(failure.path), type(failure.reason)) == (bytes, bytes, str)


def read_settings(folder: Path) -> None:
    path = folder / SETTINGS_NAME
    try:
        found = Settings.load(path)
    except ProjectError:
        return
    assert all(isinstance(place, str) for place in found.folders)
    found.save(path)
    assert Settings.load(path).folders == found.folders


def read_job(folder: Path) -> None:
    """A job's state is read from both of its files."""
    for found in (*events.read_events(folder), *events.last_events(folder), *events.EventTail(folder).new()):
        assert isinstance(found.time, float)
    try:
        told = job.Job.read(folder)
        assert told.pid >= 0
        assert told.seconds_left is None or told.seconds_left is not ...
        assert isinstance(told.options(), dict)
    except JobError:
        return
    finally:
        assert len(job.all_jobs(folder.parent)) <= 1


READERS: dict[str, Callable[[Path], None]] = {
    MANIFEST_NAME: read_manifest,
    "journal.bin": read_journal,
    failures.FILE_NAME: read_failures,
    SETTINGS_NAME: read_settings,
    job.JOB_NAME: read_job,
    events.FILE_NAME: read_job,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every one of these files as the program writes them."""
    folder = tmp_path_factory.mktemp("whole")
    made = Manifest(
        VecType("clip", greyscale=True),
        "hf:a/b",
        "abc",
        {"model": "00ff"},
        "centre crop",
        8,
        "2026-01-01",
        tools={"a": "1"},
    )
    made.save(folder)
    records = [
        journal.make_records([bytes([number]) * 20 for number in range(9)], Status.DONE, list(range(9))),
        journal.make_records([b"f" * 20, b"g" * 20], Status.FAILED),
    ]
    (folder / "journal.bin").write_bytes(np.concatenate(records).tobytes())
    failures.append_failures(
        folder, [Failure(b"f" * 20, b"/a/\xff.png", "no"), Failure(b"g" * 20, b"/b", "damaged: é")]
    )
    Settings("name", ("..", "/a\udcff"), "clip", follow_links=True).save(folder / SETTINGS_NAME)
    about = {"format": 1, "vec_types": ["clip", "conse"], "created": 1.5e9, "boot": "abc", "options": {"device": "cpu"}}
    (folder / job.JOB_NAME).write_text(tomli_w.dumps(about))
    log = events.EventLog(folder)
    log.write("started", pid=4_000_000)
    log.write("log", text="loading")
    log.write("progress", done=3, failed=1, total=9, rate=1.5)
    log.write("ended", state="failed", error="no", hint="again")
    log.close()
    return folder


def attack(folder: Path, name: str, content: bytes) -> None:
    """Have a file of this content read."""
    (folder / name).write_bytes(content)
    with little_work(_WORK):
        READERS[name](folder)
    count("project files fuzzed")


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("name", READERS)
def test_whatever_stands_in_a_file_of_a_project_only_typed_errors_come_out(
    whole: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    before = (whole / name).read_bytes()

    def attacked(changes: list[Mutation], tokens: list[tuple[float, float, tuple[str, int]]]) -> None:
        content = before
        for first, second, (piece, times) in tokens:
            start, stop = sorted((int(first * len(content)), int(second * len(content))))
            content = content[:start] + piece.encode("utf-8", "surrogatepass") * times + content[stop:]
        attack(folder, name, mutate(content, changes) if changes else content)

    place = st.integers(0, 9_999).map(lambda number: number / 10_000)
    token = st.tuples(place, place, st.sampled_from(_TOKENS))
    changes = st.one_of(st.just([]), mutations)
    until_the_time_is_up(attacked, changes, st.lists(token, max_size=3), seconds=SECONDS / len(READERS))


@pytest.mark.parametrize("name", READERS)
def test_values_of_other_types_than_they_should_be_are_typed_errors(whole: Path, tmp_path: Path, name: str) -> None:
    """Every value of every table in turn by every other kind of value."""
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    lines = (whole / name).read_bytes().split(b"\n")
    values = ["", -1, 0, 2**70, 1e308, float("inf"), float("nan"), True, [], [[]], {}, "\0", "\x1b[2J", ["a", 1]]
    for number, line in enumerate(lines):
        for value in values:
            if name.endswith(".jsonl") and line:
                for key in json.loads(line):
                    changed = json.dumps(json.loads(line) | {key: value}).encode()
                    attack(folder, name, b"\n".join([*lines[:number], changed, *lines[number + 1 :]]))
            elif name.endswith(".toml") and b" = " in line:
                key = line.split(b" = ")[0]
                changed = tomli_w.dumps({"x": value}).replace("x", key.decode(), 1).encode()
                attack(folder, name, b"\n".join([*lines[:number], changed, *lines[number + 1 :]]))


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_before_is_read_or_refused(whole: Path, tmp_path: Path, path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    attack(folder, path.parent.name, path.read_bytes())
