"""A worker killed at every step of a small job, and at random times of a longer one: nothing committed is lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from core.files import is_locked
from core.jobs.job import JOB_LOCK_NAME, Job, State
from core.jobs.launch import create_vectors, restart_vectors
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.verification import verify
from tests.attacks.kill_steps import BATCH, INTERPOSER, ForkServer
from tests.attacks.tally import count
from tests.attacks.trials import EFFNET, Trial, Undisturbed, committed, draw, lost, survives
from tests.patience import until

MANY = 200
KIND = "interruptions survived"


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
        code, job = trial.run(number, how)
        if code == 0 and len(trial.told("step")) < number:
            continue  # the undisturbed run was slower, and spoke once more
        assert code == -signal.SIGKILL
        assert job.state in (State.INTERRUPTED, State.DONE)
        survives(trial, undisturbed, KIND, f"{how} step {number}, {steps[number - 1]}")
        shutil.rmtree(trial.folder)


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
                assert not now or not verify(folder).bad
                kept = now
            assert finished(restart_vectors(project, EFFNET.name).folder) is State.DONE
            assert committed(folder) == wanted
            assert computed(Path(os.environ["KILL_COUNT"])) <= MANY + killed * BATCH


def computed(counts: Path) -> int:
    return sum(int(line.split()[1]) for line in counts.read_text().splitlines() if line.startswith("batch"))


def finished(folder: Path) -> State:
    """Wait until a job has ended, whichever way."""
    until(lambda: not is_locked(folder / JOB_LOCK_NAME))
    return Job.read(folder).state
