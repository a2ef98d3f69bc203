"""One job that fills several vec types reads each picture once and leaves what single jobs would."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import ModelError
from core.jobs import vectors_run, worker
from core.jobs.events import TAKEN_BACK, EventLog, read_events
from core.jobs.job import JOB_LOCK_NAME, Job, State
from core.models import rates
from core.models.options import LoadOptions
from core.project import Project
from core.vectors import local_engine, store, vec_types
from core.vectors.failures import FILE_NAME, read_failures
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.filled_projects import say_other_weights
from tests.job_folders import create_job

sys.path.append(str(Path(__file__).parents[1] / "vectors"))
from stand_in_model import StandIn

EFFNET, GREY, CONSE = VecType("effnet-lite0"), VecType("effnet-lite0", greyscale=True), VecType("conse")
PICTURES = 10


class Larger(StandIn):
    """Another model, which looks at more pixels and sees the negative."""

    def __init__(self) -> None:
        super().__init__(batch_size=3)
        self.spec = replace(self.spec, key="conse", input_size=40, text=True)

    def prepare(self, picture: Image.Image) -> np.ndarray:
        return 300 - super().prepare(picture)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(
        vectors_run, "load", lambda spec, log, options, pictures: Larger() if spec.key == "conse" else StandIn()
    )
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(PICTURES):
        colours = np.random.default_rng(number).integers(0, 256, (60, 80, 3), dtype=np.uint8)
        Image.fromarray(colours).save(folder / f"{number:02d}.jpg")
    (folder / "torn.jpg").write_bytes((folder / "00.jpg").read_bytes()[:300])
    with Project.open_or_create(folder) as project:
        project.scan()
        yield project


def run(project: Project, wanted: Sequence[VecType], options: LoadOptions | None = None) -> Job:
    """A worker's work, in this process."""
    for vec_type in wanted:
        vec_types.request(project.vectors_folder, vec_type)
    content = options.to_toml() if options else None
    folder = create_job(project.jobs_folder, [vec_type.name for vec_type in wanted], content)
    code = worker.main([str(project.path), str(folder), str(os.open(folder / JOB_LOCK_NAME, os.O_RDWR | os.O_CREAT))])
    job = Job.read(folder)
    assert (code == 0) == (job.state is State.DONE)
    return job


def rows(project: Project, vec_type: VecType) -> dict[bytes, bytes]:
    snapshot = store.Reader(project.vectors_folder / vec_type.name).snapshot()
    return {key: snapshot.rows[snapshot.row_of(key)].tobytes() for key in snapshot.done.tolist()}


def said(job: Job) -> list[str]:
    return [str(event.values["text"]) for event in read_events(job.folder) if event.kind == "log"]


def test_each_picture_is_read_once_for_all(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []

    def counting(source: object, **values: object) -> Image.Image:
        read.append((source, values["at_least"]))
        return original(source, **values)  # type: ignore[arg-type]

    original = local_engine.read_picture
    monkeypatch.setattr(local_engine, "read_picture", counting)
    job = run(project, [EFFNET, GREY, CONSE])
    assert len(read) == len(set(read)) == PICTURES + 1
    assert {at_least for _, at_least in read} == {80}  # twice the pixels of the model that looks at most
    assert (job.state, job.done, job.failed, job.total) == (State.DONE, PICTURES, 1, PICTURES + 1)
    assert job.vec_types == ("effnet-lite0", "effnet-lite0+grey", "conse")
    assert job.name == "effnet-lite0, effnet-lite0+grey, conse"
    assert "finished: 30 done in 3 vec types, 3 failed in this run" in said(job)[-1]


def test_each_model_has_a_speed_of_its_own_afterwards(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_MEASURED_FROM", 3)
    job = run(project, [EFFNET, GREY, CONSE])
    assert set(job.rates) == {"effnet-lite0", "effnet-lite0+grey", "conse"}
    assert all(speed > 0 for speed in job.rates.values())
    assert rates.known().keys() == {"effnet-lite0", "conse"}  # of a model: colour or not hardly matters
    assert rates.measured_by() == {"effnet-lite0": job.id, "conse": job.id}
    assert all(f"{name} " in said(job)[-1].partition("by itself ")[2] for name in job.rates)


def test_what_was_computed_before_has_no_speed(project: Project) -> None:
    run(project, [EFFNET])
    (project.folders[0] / "torn.jpg").unlink()  # nothing to try again
    job = run(project, [EFFNET, CONSE])
    assert set(job.rates) == {"conse"}
    assert "by itself" not in said(job)[-1]


@pytest.mark.parametrize("written", [None, [], {"effnet-lite0": "fast"}, {"effnet-lite0": float("nan")}, {"clip": 2.0}])
def test_speeds_that_no_worker_writes_are_passed_over(project: Project, written: object) -> None:
    job = run(project, [EFFNET])
    events = EventLog(job.folder)
    events.write("speeds", rates=written)
    events.close()
    assert Job.read(job.folder).rates == {}


def test_the_rows_are_those_of_a_job_for_each(project: Project, tmp_path: Path) -> None:
    run(project, [EFFNET, GREY, CONSE])
    together = {vec_type: rows(project, vec_type) for vec_type in (EFFNET, GREY, CONSE)}
    for vec_type in (GREY, CONSE):
        store.delete(project.vectors_folder / vec_type.name)
        run(project, [vec_type])
        alone = rows(project, vec_type)
        assert alone.keys() == together[vec_type].keys()
        for key, row in alone.items():
            one, other = np.frombuffer(row, np.float32), np.frombuffer(together[vec_type][key], np.float32)
            assert float(one @ other) > 0.999
    assert together[EFFNET] != together[GREY]


def test_what_was_read_at_a_size_is_read_at_it_again(project: Project) -> None:
    run(project, [EFFNET, CONSE])
    assert Manifest.load(project.vectors_folder / "effnet-lite0").read_at_least == 80
    Image.new("RGB", (300, 200), "teal").save(project.folders[0] / "added.jpg")
    job = run(project, [EFFNET])
    assert job.done == PICTURES + 1
    assert Manifest.load(project.vectors_folder / "effnet-lite0").read_at_least == 80


def test_restart_of_several_computes_for_each_what_it_lacks(project: Project) -> None:
    run(project, [EFFNET])
    Image.new("RGB", (30, 20), "teal").save(project.folders[0] / "added.png")
    job = run(project, [EFFNET, CONSE])
    assert (job.done, job.total) == (PICTURES + 1, PICTURES + 2)
    assert f"effnet-lite0: resumed at {PICTURES} of {PICTURES + 2}; 1 failed before, tried again" in said(job)
    assert f"conse: computing {PICTURES + 2} pictures" in said(job)
    assert rows(project, EFFNET).keys() == rows(project, CONSE).keys()


def test_a_model_that_cannot_be_had_is_left_out_and_the_job_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(spec: object, log: object, options: object, pictures: object) -> StandIn:
        if spec.key == "conse":  # type: ignore[attr-defined]
            raise ModelError("its weights are torn", "fetch them again")
        return StandIn()

    monkeypatch.setattr(vectors_run, "load", load)
    job = run(project, [CONSE, EFFNET])
    assert (job.state, job.error, job.hint) == (State.FAILED, "its weights are torn", "fetch them again")
    assert len(rows(project, EFFNET)) == PICTURES
    assert "conse is left out: its weights are torn (fetch them again)" in said(job)


def test_when_no_other_vectors_lack_anything_the_job_still_fails_with_that_reason(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folders[0] / "torn.jpg").unlink()
    run(project, [EFFNET])

    def load(spec: object, log: object, options: object, pictures: object) -> StandIn:
        raise ModelError("its weights are torn", "fetch them again")

    monkeypatch.setattr(vectors_run, "load", load)
    job = run(project, [CONSE, EFFNET])
    assert (job.state, job.error, job.hint) == (State.FAILED, "its weights are torn", "fetch them again")


def test_vectors_of_a_model_that_has_changed_are_left_out(project: Project) -> None:
    run(project, [EFFNET, CONSE])
    say_other_weights(project.vectors_folder / "conse")
    Image.new("RGB", (30, 20), "teal").save(project.folders[0] / "added.png")
    job = run(project, [EFFNET, GREY, CONSE])
    assert (job.state, job.model_changed) == (State.FAILED, True)
    assert len(rows(project, EFFNET)) == len(rows(project, GREY)) == job.done == PICTURES + 1
    assert len(rows(project, CONSE)) == PICTURES
    assert any(line.startswith("conse is left out: the existing rows do not match the model") for line in said(job))


def test_the_models_get_the_options_of_the_job(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[LoadOptions] = []
    monkeypatch.setattr(vectors_run, "load", lambda spec, log, options, pictures: given.append(options) or StandIn())
    options = LoadOptions(device="cpu", precision="float32", batch_size=3)
    run(project, [EFFNET], options)
    assert given == [options]


def test_what_a_manifest_says_of_consent_is_none(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[LoadOptions] = []
    monkeypatch.setattr(vectors_run, "load", lambda spec, log, options, pictures: given.append(options) or StandIn())
    run(project, [EFFNET], LoadOptions(allow_remote_code=True))
    assert Manifest.load(project.vectors_folder / "effnet-lite0").remote_code
    run(project, [EFFNET])
    assert [options.allow_remote_code for options in given] == [True, False]


def test_weights_are_sought_before_any_picture_is_read(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(spec: object, log: object) -> None:
        raise ModelError("there is no network", "three ways on")

    monkeypatch.setattr(vectors_run, "fetch", fetch)
    monkeypatch.setattr(Project, "scan", lambda *_: pytest.fail("the pictures were looked for"))
    job = run(project, [EFFNET])
    assert (job.state, job.error) == (State.FAILED, "there is no network")
    assert not (project.vectors_folder / EFFNET.name).exists()
    assert "nothing is left of effnet-lite0: restart this job, or create it again" in said(job)
    assert [one.values["names"] for one in read_events(job.folder) if one.kind == TAKEN_BACK] == [["effnet-lite0"]]


def test_rows_that_are_there_stay_when_the_model_cannot_be_had_any_more(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(spec: object, log: object) -> None:
        raise ModelError("there is no network", "three ways on")

    run(project, [EFFNET])
    monkeypatch.setattr(vectors_run, "fetch", fetch)
    job = run(project, [EFFNET])
    assert job.state is State.FAILED
    assert len(rows(project, EFFNET)) == PICTURES
    assert not any("nothing is left" in line for line in said(job))


def test_a_picture_that_fails_is_tried_once_a_run_and_stops_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def counting(source: bytes, **values: object) -> Image.Image:
        tried.append(os.path.basename(os.fsdecode(source)))
        return original(source, **values)  # type: ignore[arg-type]

    original = local_engine.read_picture
    monkeypatch.setattr(local_engine, "read_picture", counting)
    (project.folders[0] / "a-first.jpg").write_bytes(b"no picture")
    for number in range(1, 5):
        job = run(project, [EFFNET, GREY, CONSE])
        assert (job.state, job.done, job.failed) == (State.DONE, PICTURES, 2)
        assert [tried.count(name) for name in ("a-first.jpg", "torn.jpg", "05.jpg")] == [number, number, 1]
    for vec_type in (EFFNET, GREY, CONSE):
        folder = project.vectors_folder / vec_type.name
        assert {os.path.basename(found.path) for found in read_failures(folder).values()} == {
            b"a-first.jpg",
            b"torn.jpg",
        }
        assert len([line for line in (folder / FILE_NAME).read_bytes().splitlines() if line]) <= 4
