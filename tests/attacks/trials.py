"""Small collections, and workers over them: what a disturbed run leaves is compared with an undisturbed one."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.jobs.job import Job, State
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.manifest import MANIFEST_NAME
from core.vectors.vec_type import VecType
from core.vectors.verification import verify
from tests.attacks.kill_steps import BATCH, ForkServer
from tests.attacks.tally import count
from tests.job_folders import create_job

EFFNET = VecType("effnet-lite0")
PICTURES, UNREADABLE = 10, 2
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
    if not (folder / MANIFEST_NAME).exists():
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

    def run(self, at: int = 0, how: str = "before", seconds: float | None = None, **limits: int) -> tuple[int, Job]:
        """A worker; its exit code and its job as it stands afterwards. See :meth:`ForkServer.run`."""
        folder = create_job(self.project / "jobs", [EFFNET.name])
        code = self.server.run(self.project, folder, at, how, str(self.counts), limits, seconds)
        return code, Job.read(folder)

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


def run_undisturbed(server: ForkServer, place: Path) -> Undisturbed:
    """Make the small collection in ``place`` and run a worker over a copy of it."""
    template = place / "pictures"
    draw(template, PICTURES)
    Project.open_or_create(template).close()
    trial = Trial(server, shutil.copytree(template, place / "undisturbed"))
    code, job = trial.run()
    assert (code, job.state) == (0, State.DONE)
    rows = committed(trial.vectors)
    assert (len(rows), trial.computed) == (PICTURES, PICTURES)
    failed = frozenset(store.Reader(trial.vectors).snapshot().failed.tolist())
    assert len(failed) == UNREADABLE
    steps = tuple(name for (name,) in trial.told("step"))
    return Undisturbed(template, rows, failed, frozenset(os.listdir(trial.vectors)), steps)


def survives(trial: Trial, undisturbed: Undisturbed, kind: str, where: str) -> None:
    """The store of a disturbed worker opens and verifies; Restart makes of it what an undisturbed one made."""
    kept = committed(trial.vectors)
    assert not lost(kept, undisturbed.rows), where
    if kept:
        assert not verify(trial.vectors).bad, where
    durable = [int(length) for name, length in trial.told("synced") if name == "journal.bin"]
    if durable:
        assert (trial.vectors / "journal.bin").stat().st_size >= durable[-1], where
    before = trial.computed
    code, job = trial.run()
    assert (code, job.state) == (0, State.DONE), where
    after = committed(trial.vectors)
    gone = lost(kept, after)
    count(kind, rows_lost=len(gone))
    assert not gone, where
    assert after == undisturbed.rows, where
    assert trial.computed - before == PICTURES - len(kept), where  # what was committed is not computed again
    assert trial.computed <= PICTURES + BATCH, where
    assert frozenset(store.Reader(trial.vectors).snapshot().failed.tolist()) == undisturbed.failed, where
    assert frozenset(os.listdir(trial.vectors)) == undisturbed.files, where
    assert not verify(trial.vectors).bad, where
