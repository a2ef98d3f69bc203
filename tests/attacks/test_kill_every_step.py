"""A worker killed at every step of a small job, and at random times of a longer one: nothing committed is lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.jobs import job as jobs
from core.jobs.job import State
from core.jobs.launch import create_vectors, restart_vectors
from core.project import Project
from core.vectors import manifest as manifest_file
from core.vectors import store, vec_types
from core.vectors.vec_type import VecType
from tests.attacks.kill_steps import BATCH, INTERPOSER, ForkServer
from tests.attacks.tally import count

EFFNET = VecType("effnet-lite0")
PICTURES, UNREADABLE = 10, 2
MANY = 200
KIND = "interruptions survived"
Rows = dict[bytes, bytes]


def draw(folder: Path, pictures: int) -> None:
    folder.mkdir()
    for number in range(pictures):
        colours = np.random.default_rng(number).integers(0, 256, (4, 6, 3), dtype=np.uint8)
        Image.fromarray(colours).save(folder / f"{number:03d}.png")
    for number in range(UNREADABLE):
        (folder / f"{number:03d}-torn.png").write_bytes((folder / "000.png").read_bytes()[: 20 + number])


def committed(folder: Path) -> Rows:
    """What counts, by key; empty while there is no store."""
    if not (folder / manifest_file.FILE_NAME).exists():
        return {}
    snapshot = store.Reader(folder).snapshot()
    return dict(zip(snapshot.done.tolist(), (row.tobytes() for row in snapshot.rows[snapshot.live]), strict=True))


def lost(before: Rows, after: Rows) -> list[bytes]:
    """Keys whose row is gone or another one."""
    return [key for key, row in before.items() if after.get(key) != row]


@dataclass
class Trial:
    """A copy of the small collection, and workers that run over it."""

    server: ForkServer
    folder: Path

    def __post_init__(self) -> None:
        self.project = self.folder / ".pictoscope"
        self.vectors = self.project / "vectors" / EFFNET.name
        vec_types.request(self.project / "vectors", EFFNET)

    def run(self, at: int = 0, how: str = "before") -> tuple[int, State]:
        """A worker; its exit code and what its job says afterwards."""
        job = jobs.create(self.project / "jobs", [EFFNET.name])
        code = self.server.run(self.project, job, at, how, str(self.counts))
        return code, jobs.read(job).state

    @property
    def counts(self) -> Path:
        return self.folder.with_suffix(".counts")

    def told(self, word: str) -> list[list[str]]:
        """The lines that begin with a word, without it."""
        lines = [line.split() for line in self.counts.read_text().splitlines()] if self.counts.exists() else []
        return [rest for first, *rest in lines if first == word]

    @property
    def computed(self) -> int:
        return sum(int(number) for (number,) in self.told("batch"))


@dataclass(frozen=True)
class Undisturbed:
    """What a run leaves that nothing disturbs."""

    template: Path
    rows: Rows
    failed: frozenset[bytes]
    files: frozenset[str]
    steps: tuple[str, ...]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(tmp_path_factory.mktemp("home")))
        with ForkServer() as server:
            yield server


@pytest.fixture(scope="module")
def undisturbed(server: ForkServer, quick_folder: Path) -> Undisturbed:
    template = quick_folder / "pictures"
    draw(template, PICTURES)
    Project.open_or_create(template).close()
    trial = Trial(server, shutil.copytree(template, quick_folder / "undisturbed"))
    assert trial.run() == (0, State.DONE)
    rows = committed(trial.vectors)
    assert (len(rows), trial.computed) == (PICTURES, PICTURES)
    failed = frozenset(store.Reader(trial.vectors).snapshot().failed.tolist())
    assert len(failed) == UNREADABLE
    steps = tuple(name for (name,) in trial.told("step"))
    return Undisturbed(template, rows, failed, frozenset(os.listdir(trial.vectors)), steps)


@pytest.mark.parametrize("how", ["before", "torn", "power"])
def test_a_worker_killed_at_any_step_loses_nothing(
    server: ForkServer, undisturbed: Undisturbed, quick_folder: Path, how: str
) -> None:
    steps = undisturbed.steps
    assert {"pwrite", "write", "fdatasync", "fsync", "replace", "COMMIT"} <= set(steps)
    numbers = [number for number, name in enumerate(steps, 1) if how != "torn" or name in ("pwrite", "write")]
    assert len(numbers) > 10
    for number in numbers:
        trial = Trial(server, shutil.copytree(undisturbed.template, quick_folder / f"{how}-{number}"))
        code, state = trial.run(number, how)
        if code == 0 and len(trial.told("step")) < number:
            continue  # the undisturbed run was slower, and spoke once more
        assert code == -signal.SIGKILL
        assert state in (State.INTERRUPTED, State.DONE)
        survives(trial, undisturbed, f"{how} step {number}, {steps[number - 1]}")
        shutil.rmtree(trial.folder)


def survives(trial: Trial, undisturbed: Undisturbed, where: str) -> None:
    """The store of a killed worker opens and verifies; Restart makes of it what was there without the kill."""
    kept = committed(trial.vectors)
    assert not lost(kept, undisturbed.rows), where
    if kept:
        assert not store.verify(trial.vectors).bad, where
    durable = [int(length) for name, length in trial.told("synced") if name == "journal.bin"]
    if durable:
        assert (trial.vectors / "journal.bin").stat().st_size >= durable[-1], where
    before = trial.computed
    assert trial.run() == (0, State.DONE), where
    after = committed(trial.vectors)
    gone = lost(kept, after)
    count(KIND, rows_lost=len(gone))
    assert not gone, where
    assert after == undisturbed.rows, where
    assert trial.computed - before == PICTURES - len(kept), where  # what was committed is not computed again
    assert trial.computed <= PICTURES + BATCH, where
    assert frozenset(store.Reader(trial.vectors).snapshot().failed.tolist()) == undisturbed.failed, where
    assert frozenset(os.listdir(trial.vectors)) == undisturbed.files, where
    assert not store.verify(trial.vectors).bad, where


@pytest.mark.parametrize(
    "kills", [15, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(900)])], ids=["few", "many"]
)
def test_a_longer_job_killed_at_random_times_ends_with_the_rows_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: int
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(INTERPOSER))
    draw(tmp_path / "pictures", MANY)
    dice = random.Random(kills)
    with Project.open_or_create(tmp_path / "pictures") as project:
        project.scan()
        folder = project.vectors_folder / EFFNET.name
        started = time.monotonic()
        assert finished(create_vectors(project, EFFNET).folder) is State.DONE
        seconds = time.monotonic() - started
        wanted = committed(folder)
        assert len(wanted) == MANY
        survived: Counter[State] = Counter()
        while survived[State.INTERRUPTED] < kills:
            store.delete(folder)
            monkeypatch.setenv("KILL_COUNT", str(tmp_path / f"counts-{survived.total()}"))
            kept, killed = {}, 0
            vec_types.request(project.vectors_folder, EFFNET)
            while survived[State.INTERRUPTED] < kills and len(kept) < MANY:
                job = restart_vectors(project, EFFNET.name)
                time.sleep(dice.uniform(0, seconds))
                os.kill(job.pid, signal.SIGKILL)
                state = finished(job.folder)
                survived[state] += 1
                killed += state is State.INTERRUPTED
                now = committed(folder)
                gone = lost(kept, now)
                count(KIND, n=int(state is State.INTERRUPTED), rows_lost=len(gone))
                assert not gone
                assert not lost(now, wanted)
                assert not now or not store.verify(folder).bad
                kept = now
            assert finished(restart_vectors(project, EFFNET.name).folder) is State.DONE
            assert committed(folder) == wanted
            assert computed(Path(os.environ["KILL_COUNT"])) <= MANY + killed * BATCH


def computed(counts: Path) -> int:
    return sum(int(line.split()[1]) for line in counts.read_text().splitlines() if line.startswith("batch"))


def finished(folder: Path) -> State:
    """Wait until a job has ended, whichever way."""
    end = time.monotonic() + 60
    while jobs.is_locked(folder / jobs.LOCK_NAME):
        assert time.monotonic() < end, "the job does not end"
        time.sleep(0.005)
    return jobs.read(folder).state
