"""A cluster of Ray on this machine, whose nodes end with the test. Ray is not installed for the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.core.jobs.worker_helpers import STAND_IN
from tests.patience import until

# Not 127.0.0.1, for which Ray puts the address of a network.
_ADDRESSES = "127.0.0."
_HEAD = f"{_ADDRESSES}2"


class RayProcesses:
    """A head that computes nothing, and nodes with one processor each.

    Args:
        folder: of sockets: its path must be short.
        environment: of the workers.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self._gcs, self._clients = _free_port(_HEAD), _free_port(_HEAD)
        self._started = 0
        self.nodes: list[subprocess.Popen[bytes]] = []
        ports = ["--port", str(self._gcs), "--ray-client-server-port", str(self._clients)]
        address = ["--node-ip-address", _HEAD, "--temp-dir", str(folder)]
        self.head = self._start("--head", "--num-cpus", "0", "--include-dashboard", "false", *address, *ports)
        _await(self.head, _HEAD, self._clients)

    @property
    def engine(self) -> str:
        """The address for ``--engine``."""
        return f"ray://{_HEAD}:{self._clients}"

    def start_nodes(self, number: int) -> None:
        """Start some, and wait until they are there."""
        for _ in range(number):
            address = f"{_ADDRESSES}{self._started + 3}"
            port = _free_port(address)
            where = ["--node-ip-address", address, "--node-manager-port", str(port)]
            node = self._start("--num-cpus", "1", "--address", f"{_HEAD}:{self._gcs}", *where)
            self.nodes.append(node)
            _await(node, address, port)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        common = ["--num-gpus", "0", "--object-store-memory", "80000000", "--disable-usage-stats", "--block"]
        self._started += 1
        with (self._folder / f"node-{self._started}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ray.scripts.scripts", "start", *words, *common],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(STAND_IN), "RAY_USAGE_STATS_ENABLED": "0"} | self._environment,
            )

    def end(self) -> None:
        """Kill all of it."""
        for node in (*self.nodes, self.head):
            kill(node)
        self.nodes.clear()


def kill(node: subprocess.Popen[bytes]) -> None:
    """A node with its workers: no chance to say good-bye."""
    with suppress(psutil.NoSuchProcess):
        for process in (own := psutil.Process(node.pid)).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        own.kill()
    node.wait(60)


def workers_of(node: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that compute tasks on a node now."""
    with suppress(psutil.NoSuchProcess):
        found = psutil.Process(node.pid).children(recursive=True)
        return [process for process in found if process.name().startswith("ray::compute")]
    return []


def _free_port(address: str) -> int:
    with socket.socket() as free:
        free.bind((address, 0))
        return int(free.getsockname()[1])


def _await(node: subprocess.Popen[bytes], address: str, port: int) -> None:
    until(lambda: _answers(address, port) or node.poll() is not None)
    assert node.poll() is None, "it did not start"


def _answers(address: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((address, port), 1):
        return True
    return False


@contextmanager
def running_ray(folder: Path, **environment: str) -> Iterator[RayProcesses]:
    """All processes end with the block."""
    processes = RayProcesses(folder, **environment)
    try:
        yield processes
    finally:
        processes.end()
