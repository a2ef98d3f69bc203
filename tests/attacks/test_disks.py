"""Disks that are full, read-only or broken, and limits: the job stops, says why, and Restart goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import DiskFull, PictoscopeError
from core.jobs.events import read_events
from core.jobs.job import Job, State, all_jobs
from core.jobs.launch import create_vectors
from core.project import Project
from core.vectors import vec_types
from tests.attacks.kill_steps import ForkServer
from tests.attacks.tally import count
from tests.attacks.trials import EFFNET, Trial, Undisturbed, survives

KIND = "refusing disks and limits survived"
SMALL_DISK = 400_000  # bytes


def said_why(job: Job, words: tuple[str, ...]) -> bool:
    """Whether the job's last word and its log name the reason and what to do."""
    log = [event.values["text"] for event in read_events(job.folder) if event.kind == "log"]
    return bool(job.hint) and any(word in job.error for word in words) and job.error in log[-1]


@pytest.mark.parametrize(
    ("how", "words", "every"),
    [
        ("ENOSPC", ("no space left", "is full", "disk I/O"), 1),
        ("EIO", ("input/output error", "disk I/O"), 3),
        ("EROFS", ("read-only",), 3),
    ],
)
def test_a_disk_that_refuses_from_any_step_on_stops_the_job_with_a_reason(
    server: ForkServer, undisturbed: Undisturbed, quick_folder: Path, how: str, words: tuple[str, ...], every: int
) -> None:
    steps = undisturbed.steps
    numbers = [number for number, name in enumerate(steps, 1) if name not in ("BEGIN", "COMMIT")]
    for number in numbers[::every]:
        where = f"{how} from step {number}, {steps[number - 1]}"
        trial = Trial(server, shutil.copytree(undisturbed.template, quick_folder / f"{how}-{number}"))
        code, job = trial.run(number, how)
        if code == 0:
            assert job.state is State.DONE or steps[number - 1] in ("open", "write"), where
        elif job.state is State.FAILED:
            assert said_why(job, words), f"{where}: {job.error} ({job.hint})"
        else:  # its last word could not be written either
            assert job.state is State.INTERRUPTED and steps[number - 1] in ("open", "write"), where
        assert (
            "Traceback" not in (job.folder / "worker.log").read_text()
            or "OSError" in (job.folder / "worker.log").read_text()
        ), where
        survives(trial, undisturbed, KIND, where)
        shutil.rmtree(trial.folder)


@pytest.mark.parametrize("limit", [0, 1, 100, 400, 4096, 20_000, 40_000])
def test_files_that_may_not_grow_stop_the_job_wherever_they_do(
    server: ForkServer, undisturbed: Undisturbed, quick_folder: Path, limit: int
) -> None:
    """The kernel's own refusal (``RLIMIT_FSIZE``): of the journal first, or of the catalog while it is scanned."""
    trial = Trial(server, shutil.copytree(undisturbed.template, quick_folder / f"fsize-{limit}"))
    code, job = trial.run(RLIMIT_FSIZE=limit)
    assert code in (0, 1)
    if code and job.state is State.FAILED:
        assert said_why(job, ("no space left", "full", "disk I/O")), job.error
    survives(trial, undisturbed, KIND, f"files of at most {limit} bytes")
    shutil.rmtree(trial.folder)


def test_a_limit_on_open_files_is_not_taken_for_pictures_that_cannot_be_read(
    server: ForkServer, undisturbed: Undisturbed, quick_folder: Path
) -> None:
    said = set()
    for limit in range(6, 40, 2):
        trial = Trial(server, shutil.copytree(undisturbed.template, quick_folder / f"files-{limit}"))
        code, job = trial.run(RLIMIT_NOFILE=limit)
        if code:
            assert job.state in (State.FAILED, State.INTERRUPTED)
            said.add(job.error)
        else:
            assert (job.done, job.failed) == (10, 2), limit
        survives(trial, undisturbed, KIND, f"{limit} files")
        shutil.rmtree(trial.folder)
    assert "too many open files (too many open files)" in said
    assert not any("permission" in words for words in said)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 400 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk, and not in every container")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill_up(disk: Path, but: int) -> Path:
    """Take all room of a disk but so many bytes."""
    filler = disk / "filler"
    room = os.statvfs(disk)
    filler.write_bytes(b"\1" * max(0, room.f_bavail * room.f_bsize - but))
    return filler


@pytest.mark.parametrize("room", range(0, 180_000, 12_288))
def test_a_small_disk_that_is_full_sooner_or_later_stops_the_job_and_restart_goes_on_once_there_is_room(
    server: ForkServer, undisturbed: Undisturbed, small_disk: Path, room: int
) -> None:
    trial = Trial(server, shutil.copytree(undisturbed.template, small_disk / "pictures"))
    (trial.project / "jobs").mkdir()
    filler = fill_up(small_disk, 12_288 + room)  # the job's own folder and its last word have their room
    code, job = trial.run()
    if code and (read_events(job.folder) or room):
        assert job.state is State.FAILED and said_why(job, ("no space left", "full", "disk I/O")), job.error
    filler.unlink()
    survives(trial, undisturbed, KIND, f"{room} bytes of room")


@pytest.fixture
def project(undisturbed: Undisturbed, small_disk: Path) -> Iterator[Project]:
    shutil.copytree(undisturbed.template, small_disk / "pictures")
    with Project.open_or_create(small_disk / "pictures") as project:
        project.scan()
        yield project


def test_create_on_a_full_disk_leaves_nothing_and_is_possible_again_once_there_is_room(
    project: Project, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filler = fill_up(small_disk, 0)
    with pytest.raises(DiskFull, match="no space left") as caught:
        create_vectors(project, EFFNET)
    assert caught.value.hint
    assert vec_types.names(project.vectors_folder) == []
    assert all_jobs(project.jobs_folder) == []
    assert Project(project.path).settings.default_vec_type == ""
    assert not project.jobs_folder.exists() or not os.listdir(project.jobs_folder)
    filler.unlink()
    started: list[Path] = []
    monkeypatch.setattr("core.jobs.launch._spawn", lambda path, folder, lock, module: started.append(folder))
    create_vectors(project, EFFNET)
    assert len(started) == 1
    count(KIND)


def test_a_read_only_disk_refuses_create_with_a_reason(project: Project, small_disk: Path) -> None:
    project.close()  # no file may be open for writing
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(PictoscopeError, match=r"read-only|cannot be opened for writing") as caught:
        create_vectors(project, EFFNET)
    assert caught.value.hint
    assert not project.vectors_folder.exists()
    count(KIND)
