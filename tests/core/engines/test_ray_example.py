"""The example of an engine for Ray, on a cluster of two nodes here. Skipped where Ray is not installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core import plugins
from core.engines import registry
from core.engines.choice import EngineChoice
from core.jobs.events import read_events
from core.jobs.job import Job, State
from core.project import Project
from tests.core.engines.engine_helpers import PICTURES, UNREADABLE, is_complete, job_begun, rows
from tests.core.engines.ray_processes import RayProcesses, kill, running_ray, workers_of
from tests.core.jobs.worker_helpers import STAND_IN, finished, log
from tests.example_packages import EXAMPLES, installed
from tests.patience import run_to_end, until

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install 'ray[client]'"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the example is installed."""
    return installed("ray", tmp_path_factory.mktemp("ray"))


@pytest.fixture(scope="module")
def ray() -> Iterator[RayProcesses]:
    """A head; the workers of its nodes take their time."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # the path of a socket is short
    try:
        with running_ray(folder, STAND_IN_SECONDS="0.05") as processes:
            yield processes
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def engine(jobs: Project, ray: RayProcesses, site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineChoice]:
    """Two nodes, in which a test may kill what it likes; jobs find the example."""
    ray.nodes = [node for node in ray.nodes if node.poll() is None]
    ray.start_nodes(2 - len(ray.nodes))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(STAND_IN), str(site))))
    monkeypatch.syspath_prepend(str(site))
    registry._brought.cache_clear()
    yield EngineChoice(ray.engine)
    registry._brought.cache_clear()
    plugins.forget()


def computing(ray: RayProcesses) -> list[psutil.Process]:
    """The processes that compute tasks now."""
    return [process for node in ray.nodes for process in workers_of(node)]


def told(job: Job) -> dict[str, dict[str, float]]:
    """What each worker did, by its name."""
    events = [event.values["workers"] for event in read_events(job.folder) if event.kind == "workers"]
    return dict(events[-1]) if events else {}


@needs_ray
def test_rows_are_those_of_this_machine_and_the_job_listens_to_nothing(
    jobs: Project, engine: EngineChoice, expected: dict[bytes, bytes]
) -> None:
    job = job_begun(jobs, engine, seed=1)
    served = [found for found in psutil.Process(job.pid).net_connections("inet") if found.status == "LISTEN"]
    job = finished(job)
    assert (job.state, job.done, job.failed, served) == (State.DONE, PICTURES, UNREADABLE, []), log(job)
    assert is_complete(jobs, expected)
    assert sum(worker["done"] for worker in told(job).values()) == PICTURES + UNREADABLE


@needs_ray
def test_a_process_that_computes_is_killed(
    jobs: Project, ray: RayProcesses, engine: EngineChoice, expected: dict[bytes, bytes]
) -> None:
    job = job_begun(jobs, engine, seed=2)
    until(lambda: computing(ray))
    computing(ray)[0].kill()
    job = finished(job)
    assert job.state is State.DONE, log(job)
    assert is_complete(jobs, expected)
    assert any("WorkerCrashedError" in line and "its pictures go to another" in line for line in log(job))


@needs_ray
@pytest.mark.parametrize("number", [1, 2])
def test_nodes_are_killed_and_where_none_is_left_another_comes(
    jobs: Project, ray: RayProcesses, engine: EngineChoice, expected: dict[bytes, bytes], number: int
) -> None:
    job = job_begun(jobs, engine, seed=3)
    for node in ray.nodes[:number]:
        kill(node)
    if number == 2:
        ray.start_nodes(1)
    job = finished(job)
    assert job.state is State.DONE, log(job)
    assert is_complete(jobs, expected)


@needs_ray
def test_cancel_frees_the_cluster(jobs: Project, ray: RayProcesses, engine: EngineChoice) -> None:
    job = job_begun(jobs, engine, seed=4)
    job.cancel()
    job = finished(job)
    assert job.state is State.STOPPED, log(job)
    assert len(rows(jobs)) < PICTURES
    until(lambda: not computing(ray))


@needs_ray
def test_where_the_head_is_lost_the_job_ends_with_what_to_do(
    jobs: Project, ray: RayProcesses, engine: EngineChoice
) -> None:
    """The last one: it ends the cluster."""
    job = job_begun(jobs, engine, seed=5)
    ray.end()
    job = finished(job)
    assert job.state is State.FAILED, log(job)
    assert job.error.startswith("the cluster of Ray was lost")
    assert "ray start --head" in job.hint


def test_ray_is_told_to_report_nothing_before_it_is_imported(tmp_path: Path) -> None:
    (tmp_path / "ray.py").write_text("import os\nprint('reports:', os.environ['RAY_USAGE_STATS_ENABLED'])\n1 / 0\n")
    code = "from pictoscope_ray.cluster import RAY; RAY.connect('127.0.0.1:9', print)"
    paths = os.pathsep.join(map(str, (tmp_path, EXAMPLES / "ray", EXAMPLES.parent)))
    environment = os.environ | {"PYTHONPATH": paths, "RAY_USAGE_STATS_ENABLED": "1"}
    done = run_to_end([sys.executable, "-c", code], env=environment)
    assert (done.stdout, "ZeroDivisionError" in done.stderr) == ("reports: 0\n", True)
