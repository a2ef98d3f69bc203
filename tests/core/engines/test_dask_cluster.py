"""A cluster of Dask here, whose processes are killed: rows as of an undisturbed run, none lost or doubled."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.engines import dask_cluster, registry
from core.engines.choice import EngineChoice
from core.errors import JobError, UsageError
from core.jobs.events import read_events
from core.jobs.job import Job, State
from core.jobs.launch import create_vectors, restart_vectors
from core.project import Project
from tests.core.engines.dask_processes import Processes, running
from tests.core.engines.engine_helpers import PICTURES, UNREADABLE, is_complete, job_begun, rows
from tests.core.jobs.worker_helpers import EFFNET, finished, log
from tests.patience import until
from tests.warm_start import also_warm

SECONDS = "0.05"  # that the model takes for a picture


@pytest.fixture(scope="module", autouse=True)
def dask_imported() -> Iterator[None]:
    """Schedulers, workers and the jobs that are their clients start in an instant."""
    with also_warm("dask", imported=("distributed.cli.dask_scheduler", "distributed.cli.dask_worker")):
        yield


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A scheduler; its workers take their time."""
    with running(tmp_path_factory.mktemp("dask")) as processes:
        yield processes


@pytest.fixture
def workers(cluster: Processes) -> Processes:
    """The cluster with three workers, in which a test may kill what it likes."""
    if cluster.scheduler.poll() is not None:
        cluster.end()
        cluster.start_scheduler()
    cluster.workers = [worker for worker in cluster.workers if worker.poll() is None]
    cluster.start_workers(3 - len(cluster.workers), STAND_IN_SECONDS=SECONDS)
    return cluster


def begun(project: Project, cluster: Processes, seed: int) -> Job:
    """A job on the cluster that has committed some rows."""
    return job_begun(project, EngineChoice(cluster.engine), seed)


def test_a_job_computes_on_the_workers_and_listens_to_nothing(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes]
) -> None:
    job = begun(jobs, workers, seed=1)
    served = [found for found in psutil.Process(job.pid).net_connections("inet") if found.status == "LISTEN"]
    job = finished(job)
    assert (job.state, job.done, job.failed, served) == (State.DONE, PICTURES, UNREADABLE, [])
    assert is_complete(jobs, expected)
    told = [event.values["workers"] for event in read_events(job.folder) if event.kind == "workers"][-1]
    assert sum(worker["done"] for worker in told.values()) == PICTURES + UNREADABLE
    assert sum(line.startswith("worker tcp://") for line in log(job)) == len(told)
    assert job.restart_command == "pictoscope vectors restart effnet-lite0 --engine ADDRESS"


@pytest.mark.parametrize("seed", [2, 3])
def test_a_worker_is_killed(jobs: Project, workers: Processes, expected: dict[bytes, bytes], seed: int) -> None:
    job = begun(jobs, workers, seed)
    random.Random(seed).choice(workers.workers).kill()
    assert finished(job).state is State.DONE
    assert is_complete(jobs, expected)


def test_all_workers_are_killed_and_others_come(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes]
) -> None:
    job = begun(jobs, workers, seed=4)
    workers.kill_workers()
    workers.start_workers(2)
    assert finished(job).state is State.DONE
    assert is_complete(jobs, expected)


@pytest.mark.parametrize("sent", [False, True])
def test_the_scheduler_is_killed_and_the_job_goes_on_with_another_there(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes], sent: bool
) -> None:
    job = job_begun(jobs, EngineChoice(workers.engine, send_pictures=sent), seed=5)
    workers.scheduler.kill()
    until(lambda: any("was lost: waiting 300 s" in line for line in log(job)))
    kept = rows(jobs)
    assert 0 < len(kept) < PICTURES
    workers.end()
    workers.start_scheduler(again=True)
    workers.start_workers(2)
    job = finished(job)
    assert (job.state, job.done, job.failed) == (State.DONE, PICTURES, UNREADABLE), log(job)
    assert f"there is a scheduler at {workers.address} again" in log(job)
    assert kept.items() <= rows(jobs).items()
    assert is_complete(jobs, expected)


def test_where_no_other_scheduler_comes_the_job_ends_and_restart_goes_on_elsewhere(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_SCHEDULER_PATIENCE", "1")
    job = begun(jobs, workers, seed=5)
    workers.scheduler.kill()
    job = finished(job)
    assert (job.state, job.error_kind) == (State.FAILED, "JobError")
    assert job.error == f"the scheduler {workers.address} was lost"
    kept = rows(jobs)
    assert 0 < len(kept) < PICTURES
    workers.end()
    workers.start_scheduler()
    workers.start_workers(2)
    again = finished(restart_vectors(jobs, EFFNET.name, engine=EngineChoice(workers.engine)))
    assert again.state is State.DONE
    assert any(line.startswith(f"resumed at {len(kept)} of") for line in log(again))
    assert is_complete(jobs, expected)


def test_a_job_that_waits_for_a_scheduler_can_be_cancelled(jobs: Project, workers: Processes) -> None:
    job = begun(jobs, workers, seed=5)
    workers.scheduler.kill()
    until(lambda: any("was lost" in line for line in log(job)))
    job.cancel()
    assert finished(job).state is State.STOPPED


def test_a_scheduler_that_hangs_is_lost_too_and_may_come_back(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_ANSWER_SECONDS", "5")
    job = begun(jobs, workers, seed=5)
    workers.scheduler.send_signal(signal.SIGSTOP)
    try:
        until(lambda: any("was lost: waiting 300 s" in line for line in log(job)))
    finally:
        workers.scheduler.send_signal(signal.SIGCONT)
    job = finished(job)
    assert (job.state, job.done, job.failed) == (State.DONE, PICTURES, UNREADABLE), log(job)
    assert is_complete(jobs, expected)


def test_the_client_is_killed_and_restart_goes_on(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes]
) -> None:
    job = begun(jobs, workers, seed=6)
    os.kill(job.pid, signal.SIGKILL)
    until(lambda: Job.read(job.folder).state is State.INTERRUPTED)
    kept = rows(jobs)
    assert finished(restart_vectors(jobs, EFFNET.name, engine=EngineChoice(workers.engine))).state is State.DONE
    assert kept.items() <= rows(jobs).items()
    assert is_complete(jobs, expected)


def test_cancel_frees_the_cluster(jobs: Project, workers: Processes) -> None:
    job = begun(jobs, workers, seed=7)
    job.cancel()
    assert finished(job).state is State.STOPPED
    assert len(rows(jobs)) < PICTURES
    workers.until_free()


def test_a_worker_with_another_model_and_one_that_lies_are_not_used(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes]
) -> None:
    wrong = workers.start_workers(1, STAND_IN_WEIGHTS="other") + workers.start_workers(1, STAND_IN_LIES="1")
    try:
        workers.until_workers(5)
        job = finished(create_vectors(jobs, EFFNET, engine=EngineChoice(workers.engine)))
    finally:
        for process in wrong:
            process.kill()
            process.wait(60)
    assert job.state is State.DONE
    assert is_complete(jobs, expected)
    refused = "\n".join(line for line in log(job) if "is not used" in line)
    assert "they were computed with different weights (another weights)" in refused
    assert "its rows have numbers that are not finite" in refused


@pytest.mark.parametrize("later", [False, True])
def test_a_worker_without_pictoscope_costs_nothing(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes], tmp_path: Path, later: bool
) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("raise ImportError('not installed here')")
    if later:
        job = begun(jobs, workers, seed=9)
    (bare,) = workers.start_workers(1, PYTHONPATH=str(tmp_path))
    try:
        if not later:
            workers.until_workers(4)
            job = create_vectors(jobs, EFFNET, engine=EngineChoice(workers.engine))
        job = finished(job)
    finally:
        workers.workers.remove(bare)
        bare.kill()
        bare.wait(60)
    assert (job.state, job.error) == (State.DONE, "")
    assert is_complete(jobs, expected)


def test_a_worker_that_hangs_does_not_hold_up_the_others(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_PATIENCE", "1.5")
    job = begun(jobs, workers, seed=8)
    workers.workers[0].send_signal(signal.SIGSTOP)
    try:
        assert finished(job).state is State.DONE
    finally:
        workers.workers.pop(0).kill()
    assert is_complete(jobs, expected)


def test_only_workers_with_the_resource_are_used_where_some_have_it(
    jobs: Project, workers: Processes, expected: dict[bytes, bytes]
) -> None:
    (graphics,) = workers.start_workers(1, "--resources", "GPU=1", "--nthreads", "2")
    try:
        assert workers.until_workers(4, "?GPU=0") == [1, 1, 1, 2]
        assert workers.until_workers(1) == [1]
        job = finished(create_vectors(jobs, EFFNET, engine=EngineChoice(workers.engine)))
    finally:
        workers.workers.remove(graphics)
        graphics.kill()
        graphics.wait(60)
    assert is_complete(jobs, expected)
    told = [event.values["workers"] for event in read_events(job.folder) if event.kind == "workers"][-1]
    assert len(told) == 1


def test_where_no_scheduler_answers_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(JobError, match=r"no scheduler of Dask answers at 127\.0\.0\.1:9") as caught:
        dask_cluster.connect("127.0.0.1:9", lambda line: None)
    assert "dask scheduler" in caught.value.hint


@pytest.mark.parametrize("query", ["GPU=x", "CPU=1", "GPU"])
def test_resources_that_cannot_be_are_refused(query: str) -> None:
    with pytest.raises(UsageError, match="names no resource of workers"):
        dask_cluster.connect(f"127.0.0.1:9?{query}", lambda line: None)


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="which is not installed") as caught:
        registry.check(EngineChoice("dask://localhost:8786"))
    assert caught.value.hint == "pip install 'pictoscope[dask]'"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the certificate")
def test_connections_are_encrypted_where_dasks_configuration_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = ["-subj", "/CN=localhost", "-days", "2", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], cwd=tmp_path, check=True)
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", str(tmp_path / "cert.pem"))
    for role in ("CLIENT", "SCHEDULER"):
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT", str(tmp_path / "cert.pem"))
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY", str(tmp_path / "key.pem"))
    said: list[str] = []
    with running(tmp_path, "--protocol", "tls") as processes:
        import dask

        dask.config.refresh()
        try:
            dask_cluster.connect(processes.address, said.append).close()
            dask_cluster._look(processes.address)
        finally:
            monkeypatch.undo()
            dask.config.refresh()
    assert said == [f"connected to the scheduler tls://{processes.address}"]
