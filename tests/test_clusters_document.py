"""The commands of the document on several machines, run as they stand; only the shared folder is another."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.project import Project
from tests.core.jobs.worker_helpers import STAND_IN, committed, draw
from tests.patience import run_to_end
from tests.warm_commands import warm_commands
from tests.warm_start import write_program

ROOT = Path(__file__).parents[1]
PICTURES = 30
# What the commands call besides pictoscope and dask; ssh runs what it is told on this machine.
PROGRAMS = {
    "ssh": 'shift; exec sh -c "$*"',
    "pip": f'exec "{sys.executable}" -c "from importlib.metadata import version; version(\'distributed\')"',
}


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with warm_commands("dask", imported=("distributed.cli.dask_scheduler", "distributed.cli.dask_worker")):
        yield


def block(heading: str) -> str:
    """The commands below a heading."""
    text = (ROOT / "docs" / "clusters.md").read_text("utf-8")
    found = re.search(rf"^## {heading}\n.*?^```(?:sh|bash)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that all machines see: pictures without a project. No model costs anything."""
    (tmp_path / "bin").mkdir()
    for name, script in PROGRAMS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    write_program(tmp_path / "bin" / "pictoscope", "tui.cli")
    write_program(tmp_path / "bin" / "dask", "dask")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(STAND_IN))
    (tmp_path / "shared" / "pictures").mkdir(parents=True)
    for number in range(PICTURES):
        draw(tmp_path / "shared" / "pictures" / f"{number:02d}.png", number)
    return tmp_path / "shared"


def run(commands: str, shared: Path, **environment: str) -> str:
    """What they say; all of them must succeed."""
    commands = commands.replace("/shared", str(shared))
    done = run_to_end(["bash", "-e", "-c", commands], env=os.environ | environment, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stderr


def rows(shared: Path) -> int:
    with Project(shared / "pictures" / ".pictoscope") as project:
        return len(committed(project))


def test_the_five_commands_compute_all(shared: Path) -> None:
    assert "effnet-lite0: nothing is missing" in run(block("In five commands"), shared)
    assert rows(shared) == PICTURES


def test_the_loop_by_ssh_computes_all(shared: Path) -> None:
    run("cd /shared/pictures; pictoscope add .", shared)
    assert "effnet-lite0: nothing is missing" in run(block("With ssh"), shared)
    assert rows(shared) == PICTURES


def test_the_script_for_slurm_computes_the_shard_of_its_task(shared: Path) -> None:
    run("cd /shared/pictures; pictoscope add .", shared)
    for task in ("7", "12"):
        assert f"shard {task}/40: " in run(block("With SLURM"), shared, SLURM_ARRAY_TASK_ID=task)
    assert sorted(os.listdir(shared / "parts")) == ["12", "7"]
    said = run("cd /shared/pictures; pictoscope vectors merge /shared/parts/*", shared)
    assert f"{PICTURES - rows(shared)} of {PICTURES} pictures missing" in said


def test_the_five_commands_compute_all_on_a_cluster_of_dask(shared: Path) -> None:
    """The name and the port of the machine are others too, without a dashboard; what is left running is ended."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    commands = block("A cluster of Dask")
    assert len(commands.splitlines()) == 5
    for ours, here in (("--host node1", f"--host 127.0.0.1 --port {port}"), ("node1:8786", f"127.0.0.1:{port}")):
        commands = commands.replace(ours, here)
    commands = re.sub(r"\bdask (scheduler|worker)\b", r"dask \1 --no-dashboard", commands)
    said = run(commands, shared)
    assert rows(shared) == PICTURES
    assert "connected to the scheduler tcp://127.0.0.1" in said
