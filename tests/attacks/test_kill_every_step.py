"""A worker killed at every step of a small job, and at random times of a longer one: nothing committed is lost."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from core.jobs.job import State
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.verification import verify
from tests.attacks.kill_steps import BATCH, ForkServer
from tests.attacks.tally import count
from tests.attacks.trials import EFFNET, Trial, Undisturbed, committed, draw, lost, survives

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
    server: ForkServer, quick_folder: Path, kills: int
) -> None:
    folder = quick_folder / f"{kills}-kills"
    draw(folder, MANY)
    Project.open_or_create(folder).close()
    trial = Trial(server, folder)
    dice = random.Random(kills)
    started = time.monotonic()
    assert trial.run()[1].state is State.DONE
    seconds = time.monotonic() - started
    wanted = committed(trial.vectors)
    assert len(wanted) == MANY
    survived: Counter[State] = Counter()
    while survived[State.INTERRUPTED] < kills:
        store.delete(trial.vectors)
        vec_types.request(trial.project / "vectors", EFFNET)
        trial.counts.unlink()
        kept, killed = {}, 0
        while survived[State.INTERRUPTED] < kills and len(kept) < MANY:
            state = trial.run(seconds=dice.uniform(0, seconds))[1].state
            survived[state] += 1
            killed += state is State.INTERRUPTED
            now = committed(trial.vectors)
            gone = lost(kept, now)
            count(KIND, n=int(state is State.INTERRUPTED), rows_lost=len(gone))
            assert not gone
            assert not lost(now, wanted)
            assert not now or not verify(trial.vectors).bad
            kept = now
        assert trial.run()[1].state is State.DONE
        assert committed(trial.vectors) == wanted
        assert trial.computed <= MANY + killed * BATCH
    shutil.rmtree(folder)
