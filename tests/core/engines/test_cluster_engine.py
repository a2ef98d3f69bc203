"""What a cluster answers is checked, repeated where it went wrong, and committed once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engines import cluster_engine, crew
from core.engines.choice import EngineChoice
from core.engines.messages import Answer, Task
from core.errors import JobError, ModelChanged
from core.images.appearance import Appearance
from core.project import Project
from core.vectors import store
from core.vectors.failures import read_failures
from core.vectors.pipeline import MeasuringCallbacks
from core.vectors.vec_type import VecType
from tests.core.engines.engine_helpers import FAKE, PICTURES, ClusterRun, records, rows
from tests.core.engines.fake_cluster import (
    FakeCluster,
    Gone,
    changing,
    dying,
    hangs,
    honest,
    of_another_model,
    with_rows,
)
from tests.core.jobs.worker_helpers import EFFNET

pytestmark = pytest.mark.usefixtures("models")


def test_rows_failures_and_measurements_are_those_of_one_machine(
    project: Project, expected: dict[bytes, bytes]
) -> None:
    measured: list[tuple[bytes, Appearance]] = []
    cluster = FakeCluster({"one": honest, "two": honest})
    run = ClusterRun(project, cluster)
    progress = run.fill(measuring=MeasuringCallbacks(lambda key: True, measured.extend))
    assert (progress.done.total(), progress.failed.total()) == (PICTURES, 1)
    assert rows(project) == expected
    assert {key for key, _ in measured} == expected.keys()
    (failure,) = read_failures(project.vectors_folder / EFFNET.name).values()
    assert failure.reason == "not a picture in a known format"
    assert Path(os.fsdecode(failure.path)).name == "no picture.png"
    assert set(cluster.did) == {"one", "two"}
    assert cluster.closed == 1


def test_several_vec_types_are_computed_from_one_reading(project: Project, expected: dict[bytes, bytes]) -> None:
    grey = VecType("effnet-lite0", greyscale=True)
    ClusterRun(project, FakeCluster({"one": honest})).fill()
    ClusterRun(project, FakeCluster({"one": honest})).fill(EFFNET, grey)
    assert rows(project) == expected
    assert rows(project, grey.name).keys() == expected.keys()
    assert rows(project, grey.name) != expected
    assert records(project) == PICTURES  # those that were there were not computed again


def shorter(answer: Answer) -> Answer:
    """One row less, and all that it says suits that."""
    (stage,) = answer.computed
    row = len(answer.rows) // len(stage.pictures)
    kept = answer.rows[row:]
    return replace(answer, rows=kept, computed=[replace(stage, pictures=stage.pictures[1:], crc=zlib.crc32(kept))])


def nan(found: Any) -> Any:
    found[3] = np.nan
    return found


LIARS = {
    "match their checksum": changing(lambda answer: replace(answer, rows=answer.rows[:-1] + b"\x55")),
    "not one answer for each": changing(shorter),
    "more rows than it says": changing(lambda answer: replace(answer, rows=answer.rows + bytes(48))),
    "fewer rows than it says": changing(lambda answer: replace(answer, rows=answer.rows[:-48])),
    "not finite": with_rows(nan),
    "not of length 1": with_rows(lambda found: found * 2),
    "different weights": changing(
        lambda answer: replace(answer, manifests=[answer.manifests[0] | {"sha256": {"weights": "x"}}])
    ),
    "does not say what its rows are": changing(lambda answer: replace(answer, manifests=[{"dim": "no"}])),
    "did not compute all vec types": changing(lambda answer: replace(answer, computed=[])),
    "it runs Pictoscope 0.0.9": changing(lambda answer: replace(answer, version="0.0.9")),
    "measurements of colour": changing(lambda answer: replace(answer, looks=[(0, -1, 0.0)])),
    "cannot be read": changing(lambda answer: replace(answer, looks=["x"])),
}


@pytest.mark.parametrize("why", LIARS)
def test_a_worker_that_lies_is_found_named_and_not_used_again(
    project: Project, expected: dict[bytes, bytes], why: str
) -> None:
    cluster = FakeCluster({"liar": LIARS[why], "sound": honest})
    run = ClusterRun(project, cluster)
    run.fill()
    assert rows(project) == expected
    assert records(project) == PICTURES
    assert why in next(line for line in run.reported.lines if line.startswith("worker liar is not used"))
    assert cluster.did["liar"] <= 4  # what it had been given before its first answer was looked at


def test_bytes_that_are_no_answer_are_a_lie_too(project: Project, expected: dict[bytes, bytes]) -> None:
    run = ClusterRun(project, FakeCluster({"liar": lambda task: b"\x80\x04.", "sound": honest}))
    run.fill()
    assert rows(project) == expected
    assert "worker liar is not used: its answer cannot be read" in run.said


def test_a_worker_with_another_model_is_refused_before_it_computes(
    project: Project, expected: dict[bytes, bytes]
) -> None:
    cluster = FakeCluster({"other": of_another_model, "one": honest, "two": honest})
    run = ClusterRun(project, cluster)
    run.fill()
    assert rows(project) == expected
    assert cluster.did["other"] == 0
    assert "worker other is not used: effnet-lite0: they were computed with different weights" in run.said


def test_rows_that_are_there_decide_which_workers_are_right(project: Project, expected: dict[bytes, bytes]) -> None:
    first = ClusterRun(project, cluster := FakeCluster({"one": honest}))
    cluster.on_task = first.stop.set
    first.fill()
    second = ClusterRun(project, FakeCluster({"a": of_another_model, "b": of_another_model, "one": honest}))
    second.fill()
    assert rows(project) == expected
    with pytest.raises(ModelChanged, match="different weights"):
        ClusterRun(project, FakeCluster({"other": of_another_model})).fill()


def test_where_every_worker_lies_the_job_ends_and_nothing_is_committed(project: Project) -> None:
    liar = LIARS["not finite"]
    run = ClusterRun(project, FakeCluster({"one": liar, "two": liar}))
    with pytest.raises(JobError, match="no worker of the cluster can be used: its rows have numbers"):
        run.fill()
    assert rows(project) == {}


def test_a_worker_whose_pictures_fail_for_its_own_reasons_is_given_up_after_some(
    project: Project, expected: dict[bytes, bytes]
) -> None:
    sick = changing(lambda answer: Answer(trouble=("no memory", "buy some")))
    cluster = FakeCluster({"sick": sick, "sound": honest})
    run = ClusterRun(project, cluster)
    run.fill()
    assert rows(project) == expected
    assert "worker sick: no memory; its pictures go to another" in run.said
    assert "worker sick is not used: no memory" in run.said
    with pytest.raises(JobError, match="no memory"):
        ClusterRun(project, FakeCluster({"sick": sick})).fill(VecType("effnet-lite0", greyscale=True))


def test_what_is_late_is_computed_elsewhere_too_and_counted_once(
    project: Project, expected: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_engine, "_PATIENCE", 0.0)
    monkeypatch.setattr(cluster_engine, "_FACTOR", 0.0)
    cluster = FakeCluster({"slow": hangs, "sound": honest})
    run = ClusterRun(project, cluster)
    run.fill()
    assert rows(project) == expected
    assert records(project) == PICTURES
    assert "worker slow is slow" in run.said
    assert set(cluster.hung) <= set(cluster.cancelled)


@pytest.mark.parametrize("others", [{}, {"liar": LIARS["not finite"]}])
def test_tasks_of_workers_that_die_go_to_those_that_come(
    project: Project, expected: dict[bytes, bytes], others: dict[str, Any]
) -> None:
    """Where one worker is refused, tasks are given to others by name: to those that then die, too."""
    cluster = FakeCluster(others | {"one": dying(2), "two": dying(3)})

    def hire() -> None:
        if not cluster.works.keys() & {"one", "two", "new"}:
            cluster.works["new"] = honest

    cluster.on_look = hire
    run = ClusterRun(project, cluster)
    run.fill()
    assert rows(project) == expected
    assert records(project) == PICTURES
    assert set(cluster.did) == {"one", "two", "new", *others}


def test_without_workers_the_job_ends_with_what_to_do(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_FIRST_SECONDS", 0.0)
    with pytest.raises(JobError, match="the cluster has no workers") as caught:
        ClusterRun(project, FakeCluster({})).fill()
    assert "dask worker" in caught.value.hint


def test_where_all_workers_go_and_none_come_the_job_ends_and_keeps_its_rows(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_engine, "_PATIENCE_WITHOUT_WORKERS", 0.05)
    run = ClusterRun(project, FakeCluster({"one": dying(3)}))
    with pytest.raises(JobError, match="all workers of the cluster are gone"):
        run.fill()
    assert "no workers are left" in run.said
    assert len(rows(project)) in (11, 12)  # three batches, perhaps with the file that is no picture


def test_told_to_stop_it_commits_what_was_answered_and_leaves_the_cluster(project: Project) -> None:
    cluster = FakeCluster({"one": honest})
    run = ClusterRun(project, cluster)
    cluster.on_task = lambda: run.stop.set() if cluster.did["one"] == 3 else None
    run.fill()
    assert 0 < len(rows(project)) <= 12
    assert cluster.closed == 1


def test_a_library_that_takes_the_signals_when_it_connects_gives_them_back(project: Project) -> None:
    """Ray's makes SIGTERM end the process."""
    cluster = FakeCluster({"one": honest})
    run = ClusterRun(project, cluster, connecting=lambda: signal.signal(signal.SIGTERM, lambda *_: sys.exit(15)))
    cluster.on_task = lambda: signal.raise_signal(signal.SIGTERM) if cluster.did["one"] == 3 else None
    before = signal.signal(signal.SIGTERM, lambda *_: run.stop.set())
    try:
        run.fill()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert 0 < len(rows(project)) <= 12


def test_told_to_stop_while_it_asks_nothing_is_computed(project: Project) -> None:
    stop = threading.Event()
    stop.set()
    assert ClusterRun(project, FakeCluster({"one": hangs}), stop=stop).fill().done.total() == 0


def test_memory_does_not_grow_with_the_number_of_pictures(project: Project) -> None:
    cluster = FakeCluster({"one": honest, "two": honest})
    ClusterRun(project, cluster).fill()
    assert cluster.most <= 2 * cluster_engine._AHEAD


def test_pictures_have_another_path_on_the_workers(
    project: Project, expected: dict[bytes, bytes], tmp_path: Path
) -> None:
    here, there = os.fsencode(tmp_path / "pictures"), os.fsencode(tmp_path / "mounted")
    moved: list[bool] = []

    def elsewhere(task: bytes) -> bytes:
        """The machine of the worker has the pictures under another path only."""
        os.rename(here, there)
        moved.append(True)
        try:
            return honest(task)
        finally:
            os.rename(there, here)

    ClusterRun(project, FakeCluster({"one": elsewhere}), replace(FAKE, elsewhere={here: there})).fill()
    assert rows(project) == expected
    assert moved


def test_a_worker_that_does_not_see_the_pictures_marks_none_as_unreadable(project: Project) -> None:
    choice = replace(FAKE, elsewhere={os.fsencode(project.path.parent): b"/nowhere"})
    with pytest.raises(JobError, match="the picture folder /nowhere is not on that machine") as caught:
        ClusterRun(project, FakeCluster({"one": honest}), choice).fill()
    assert "--send-pictures" in caught.value.hint
    assert not (project.vectors_folder / EFFNET.name / "failures.jsonl").exists()


def test_pictures_that_are_sent_are_read_here(project: Project, expected: dict[bytes, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    (folder / "07.png").unlink()

    def blind(task: bytes) -> bytes:
        os.rename(folder, tmp_path / "hidden")
        try:
            return honest(task)
        finally:
            os.rename(tmp_path / "hidden", folder)

    ClusterRun(project, FakeCluster({"one": blind}), EngineChoice("fake://here", send_pictures=True)).fill()
    assert len(rows(project)) == PICTURES - 1
    assert rows(project).items() <= expected.items()
    failures = read_failures(project.vectors_folder / EFFNET.name).values()
    reasons = {Path(os.fsdecode(failure.path)).name: failure.reason for failure in failures}
    assert reasons["07.png"] == "the file is not there any more"
    assert reasons["no picture.png"] == "not a picture in a known format"


def test_batches_of_sent_pictures_are_bounded_in_bytes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_engine, "_BATCH_BYTES", 1)  # each picture is larger, and so by itself
    cluster = FakeCluster({"one": honest})
    ClusterRun(project, cluster, EngineChoice("fake://here", send_pictures=True)).fill()
    assert cluster.did["one"] == PICTURES + 1
    assert store.Reader(project.vectors_folder / EFFNET.name).snapshot().done.size == PICTURES


@pytest.mark.parametrize(
    ("fast", "sizes"),
    [
        (99, [2, 2, 5, 5, 6, 6, 5]),  # one is away while another is answered
        (3, [2, 2, 5, 5, 4, 3, 2, 2, 2, 2, 2]),
    ],
)
def test_tasks_grow_and_shrink_to_what_a_worker_does_in_a_second(
    project: Project, expected: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch, fast: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(cluster_engine, "_FEWEST", 2)
    monkeypatch.setattr(cluster_engine, "_MOST", 8)
    found: list[int] = []

    def timed(task: bytes) -> bytes:
        if number := len(Task.from_bytes(task).pictures):
            found.append(number)
        seconds = 0.001 if len(found) < fast else 1000.0
        return replace(Answer.from_bytes(honest(task)), seconds=seconds).to_bytes()

    ClusterRun(project, FakeCluster({"one": timed})).fill()
    assert rows(project) == expected
    assert found == sizes


def test_a_worker_that_never_says_what_it_has_does_not_hold_up_the_others(
    project: Project, expected: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_engine, "_PATIENCE", 0.0)
    monkeypatch.setattr(cluster_engine, "_FACTOR", 0.0)
    cluster = FakeCluster({"mute": lambda task: None, "sound": honest})
    ClusterRun(project, cluster).fill()
    assert rows(project) == expected


def test_a_worker_that_ends_when_it_is_asked_is_named(project: Project, expected: dict[bytes, bytes]) -> None:
    def bare(task: bytes) -> bytes:
        raise Gone

    run = ClusterRun(project, FakeCluster({"bare": bare, "sound": honest}))
    run.fill()
    assert rows(project) == expected
    assert "worker bare ended when it was asked: is this version of Pictoscope installed there?" in run.said
