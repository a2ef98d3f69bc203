"""The worker in this process, where it can be disturbed: what it says, what stops it and what does not."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import mounts
from core.catalog import appearances
from core.errors import CatalogError, DiskFull, UsageError
from core.jobs import vectors_run, worker
from core.jobs.job import JOB_LOCK_NAME, STOP_SIGNALS, Job, State
from core.jobs.launch import create_vectors, recreate_vectors
from core.models import rates
from core.models.options import LoadOptions
from core.project import Project
from core.vectors import store, vec_types
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from core.vectors.verification import verify
from tests.core.jobs.worker_helpers import EFFNET, PICTURES, committed, draw, finished, log
from tests.filled_projects import say_other_weights
from tests.job_folders import create_job


@pytest.fixture
def run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], tuple[int, Job]]]:
    """Run a job here with the stand-in; gives its exit code and what its folder says."""
    sys.path.append(str(Path(__file__).parents[1] / "vectors"))
    from stand_in_model import StandIn

    monkeypatch.setattr(vectors_run, "load", lambda spec, log, options, pictures: StandIn())
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}

    def once() -> tuple[int, Job]:
        vec_types.request(project.vectors_folder, EFFNET)
        folder = create_job(project.jobs_folder, ["effnet-lite0"])
        lock = os.open(folder / JOB_LOCK_NAME, os.O_RDWR | os.O_CREAT)
        code = worker.main([str(project.path), str(folder), str(lock)])
        return code, Job.read(folder)

    yield once
    sys.path.pop()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_defect_is_one_line_for_the_person_and_a_trace_in_the_log(
    run: Callable[[], tuple[int, Job]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr(vectors_run, "load", explode)
    code, job = run()
    assert (code, job.state, job.error) == (1, State.FAILED, "RuntimeError: out of cheese")
    assert "unexpected RuntimeError: out of cheese; details in" in log(job)[-1]
    assert "Traceback" in capsys.readouterr().err


def damage_settings(project: Project) -> None:
    (project.path / "project.toml").write_text("format = = 1")


def damage_manifest(project: Project) -> None:
    (project.vectors_folder / "effnet-lite0" / "manifest.toml").write_text("format = 9")


def change_weights(project: Project) -> None:
    say_other_weights(project.vectors_folder / "effnet-lite0")


def lose_manifest(project: Project) -> None:
    (project.vectors_folder / "effnet-lite0" / "manifest.toml").unlink()


def damage_journal(project: Project) -> None:
    with (project.vectors_folder / "effnet-lite0" / "journal.bin").open("r+b") as stream:
        stream.write(b"\x07")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damage_settings, "project.toml is damaged"),
        (damage_manifest, "has format 9, this Pictoscope reads up to 1"),
        (change_weights, "they were computed with different weights"),
        (lose_manifest, "manifest.toml is missing"),
        (damage_journal, "journal.bin: record 0 of 20 is damaged"),
    ],
)
def test_what_stands_in_the_way_is_the_jobs_last_word(
    run: Callable[[], tuple[int, Job]], project: Project, harm: Callable[[Project], None], words: str
) -> None:
    assert run()[0] == 0
    draw(project.folders[0] / "new.png", 99)
    stored = (project.vectors_folder / "effnet-lite0" / "rows.f32").read_bytes()
    harm(project)
    code, job = run()
    assert (code, job.state) == (1, State.FAILED)
    assert words in job.error
    assert words in log(job)[-1]
    assert (project.vectors_folder / "effnet-lite0" / "rows.f32").read_bytes() == stored


def test_that_the_model_has_changed_is_told_apart_from_other_errors(
    run: Callable[[], tuple[int, Job]], project: Project
) -> None:
    assert run()[1].model_changed is False
    draw(project.folders[0] / "new.png", 99)
    change_weights(project)
    _, job = run()
    assert (job.model_changed, job.error_kind) == (True, "ModelChanged")
    assert "(revision 0, now 1)" in job.error
    assert job.hint.startswith("recreate them: pictoscope vectors delete effnet-lite0, then")
    damage_manifest(project)
    assert run()[1].model_changed is False


def test_vectors_are_created_anew_by_the_model_that_is_here(
    project: Project, open_gate: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey = VecType("effnet-lite0", greyscale=True)
    finished(create_vectors(project, EFFNET))
    finished(create_vectors(project, grey, options=LoadOptions(allow_remote_code=True)))
    folder = project.vectors_folder / grey.name
    for name in (grey.name, EFFNET.name):
        change_weights(project)
        assert finished(recreate_vectors(project, name)).state is State.DONE
    made = Manifest.load(folder)
    assert (made.revision, made.remote_code) == ("1", False)  # consent is the user's, not the project's
    assert len(committed(project)) == len(committed(project, grey.name)) == PICTURES
    assert project.settings.default_vec_type == EFFNET.name  # as before
    with pytest.raises(UsageError, match="there are no vectors conse"):
        recreate_vectors(project, "conse")
    monkeypatch.setattr(type(project.catalog), "count", lambda _: 0)
    with pytest.raises(UsageError, match="the project has no pictures"):
        recreate_vectors(project, grey.name)
    assert len(committed(project, grey.name)) == PICTURES


def test_vectors_deleted_while_the_model_loads_do_not_come_back(
    run: Callable[[], tuple[int, Job]], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = vectors_run.load

    def load(*arguments: object) -> object:
        store.delete(project.vectors_folder / "effnet-lite0")
        return real(*arguments)

    monkeypatch.setattr(vectors_run, "load", load)
    code, job = run()
    assert (code, job.error) == (1, "the vectors effnet-lite0 were deleted")
    assert vec_types.names(project.vectors_folder) == []


def test_vectors_of_which_a_good_part_is_dead_are_compacted_at_the_end_of_a_job(
    run: Callable[[], tuple[int, Job]], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run()[0] == 0
    folder = project.vectors_folder / "effnet-lite0"
    before = committed(project)
    with store.Writer(folder) as writer:
        keys = [key.ljust(20, b"\0") for key in before]
        writer.void(keys[:11])

    with monkeypatch.context() as patch:
        patch.setattr(store, "compact", refuse)
        code, job = run()
    assert (code, job.state) == (0, State.DONE)
    assert "effnet-lite0 was not compacted: no room left" in log(job)
    with store.Writer(folder) as writer:
        writer.void(keys[:1])
    code, job = run()
    assert (code, "effnet-lite0 was compacted: 1.3 KB saved" in log(job)) == (0, True), log(job)
    assert (folder / "rows.2.f32").stat().st_size == PICTURES * 48
    assert committed(project) == before
    assert "compacted" not in " ".join(log(run()[1]))


def refuse(*_: object) -> None:
    raise DiskFull("no room left")


def test_a_project_on_a_network_file_system_is_said_to_be_unsafe(
    run: Callable[[], tuple[int, Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "network_file_system", lambda *_: "nfs4")
    code, job = run()
    assert (code, log(job)[0].startswith("the project is on a network file system (nfs4): locks may not")) == (
        0,
        True,
    )


def test_what_opening_healed_is_said(run: Callable[[], tuple[int, Job]], project: Project) -> None:
    assert run()[0] == 0
    with (project.vectors_folder / "effnet-lite0" / "rows.f32").open("r+b") as stream:
        stream.write(b"\x07")
    draw(project.folders[0] / "new.png", 99)
    code, job = run()
    assert (code, job.done) == (0, 21)
    assert any("1 rows did not match their checksum" in line for line in log(job))
    assert not verify(project.vectors_folder / "effnet-lite0").bad


def test_a_picture_folder_that_is_away_keeps_its_vectors(run: Callable[[], tuple[int, Job]], project: Project) -> None:
    assert run()[0] == 0
    folder = project.folders[0]
    # The project lies in the folder: only pictures go.
    other = folder.parent / "elsewhere"
    other.mkdir()
    draw(other / "one.png", 77)
    project.add_folder(other)
    assert run()[1].done == 21
    shutil.rmtree(other)
    code, job = run()
    assert (code, job.total) == (0, 21)
    assert any("elsewhere; its 1 picture is kept as it was; has it moved" in line for line in log(job))


def test_colours_that_cannot_be_kept_do_not_stop_the_vectors(
    run: Callable[[], tuple[int, Job]], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise CatalogError("the catalog is being written by another process", "try again")

    monkeypatch.setattr(appearances, "record", refuse)
    code, job = run()
    assert (code, job.state, len(committed(project))) == (0, State.DONE, PICTURES)
    said = [line for line in log(job) if "were not saved" in line]
    assert len(said) == 1
    assert "pictoscope measure" in said[0]
    monkeypatch.undo()
    assert appearances.measure(project.catalog) == (PICTURES, 0)


def test_many_pictures_leave_a_measured_rate(
    run: Callable[[], tuple[int, Job]], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_MEASURED_FROM", 10)
    run()
    assert rates.known().keys() == {"effnet-lite0"}
