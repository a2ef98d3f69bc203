"""A worker that dies at the k-th thing it does to the disk, or that is refused it.

A *step* is a call that changes a file: ``pwrite``, ``write``, ``fdatasync``, ``fsync``, ``ftruncate``, ``replace``,
``unlink``, ``mkdir``, ``open`` that creates, and the BEGIN and COMMIT of SQLite. What is to happen at which step stands
in environment variables, so that it holds for the real ``python -m core.jobs.worker``:

``KILL_AT``     number of the step, from 1; 0 to count only
``KILL_HOW``    ``before`` the call, ``torn`` (half of the bytes written), ``power`` (after it, and what was not synced
                is lost), or the name of an errno with which the call fails, as does every later one of its kind
``KILL_COUNT``  a file to which the process adds a line for each step (``step pwrite``), for each batch that the model
                computes (``batch 4``) and for each length of a file that was made durable (``synced journal.bin 96``)

:class:`ForkServer` runs many such workers quickly: libraries are imported once, each worker is a fork.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from core.open_databases import CountedConnection

ROOT = Path(__file__).parents[2]
INTERPOSER = Path(__file__).parent / "interposer"
CRASHES = ("before", "torn", "power")
BATCH = 4  # rows a batch; every batch is committed
_WRITES = ("pwrite", "write")
_SYNCS = ("fdatasync", "fsync")

_step = 0
_refused = ""
_real: dict[str, Callable[..., Any]] = {}
_durable: dict[str, int] = {}  # length of each written file at its last sync


def install() -> None:
    """Let this process have the stand-in model, and count and die as the environment says."""
    from stand_in_model import StandIn

    from core.models import backend, device_processes
    from core.vectors import pipeline

    class Counted(StandIn):
        """Says how many pictures it was given."""

        def encode_pictures(self, batch: Any) -> Any:
            _tell(f"batch {len(batch)}")
            return super().encode_pictures(batch)

    backend.load = lambda spec, log=None, options=None: Counted(BATCH)  # type: ignore[assignment]
    device_processes.chosen_devices = lambda wanted: wanted.split(",")  # whatever they are called: no torch
    pipeline._COMMIT_ROWS = BATCH
    count_calls()
    sqlite3.connect = _connect  # type: ignore[assignment]


def count_calls(*more: str) -> None:
    """Let this process count its calls that change files, and die as the environment says; ``more`` of :mod:`os`."""
    for name in (*_WRITES, *_SYNCS, "ftruncate", "replace", "unlink", "mkdir", "open", *more):
        _real[name] = getattr(os, name)
        setattr(os, name, _counted(name))


def _tell(line: str) -> None:
    if path := os.environ.get("KILL_COUNT"):
        descriptor = _real["open"](path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        _real["write"](descriptor, f"{line}\n".encode())
        os.close(descriptor)


def _counted(name: str) -> Callable[..., Any]:
    real = _real[name]

    def call(*arguments: Any, **options: Any) -> Any:
        if name == "open" and not (len(arguments) > 1 and arguments[1] & os.O_CREAT):
            return real(*arguments, **options)
        here = _arrive(name)
        if name in _WRITES:
            _durable.setdefault(_path(arguments[0]), os.fstat(arguments[0]).st_size)
        if here and _how() == "torn" and name in _WRITES:
            content = bytes(arguments[1])
            real(arguments[0], content[: len(content) // 2], *arguments[2:])
        if here and _how() in ("before", "torn"):
            _die()
        try:
            result = real(*arguments, **options)
            if name in _SYNCS:
                _note_durable(arguments[0])
            if name in ("link", "rename"):
                _note_name(arguments, options)
            return result
        finally:
            if here:
                _lose_power()
                _die()

    return call


def _note_durable(descriptor: int) -> None:
    if (path := _path(descriptor)) in _durable:
        _durable[path] = os.fstat(descriptor).st_size
        _tell(f"synced {os.path.basename(path)} {_durable[path]}")


def _note_name(arguments: Sequence[Any], options: Mapping[str, Any]) -> None:
    """A file has another name too: what was not synced of it is lost under that one as well."""
    before = _named(arguments[0], options.get("src_dir_fd"))
    if before in _durable:
        _durable[_named(arguments[1], options.get("dst_dir_fd"))] = _durable[before]


def _named(name: str | bytes, folder: int | None) -> str:
    return os.path.join(_path(folder) if folder is not None else "", os.fsdecode(name))


class _Connection(CountedConnection):
    """SQLite does its writing itself; its transactions are steps from outside."""

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        here = statement.startswith(("BEGIN", "COMMIT")) and _arrive(statement.split()[0])
        if here and _how() in ("before", "torn"):
            _die()
        result = super().execute(statement, *values)
        if here:
            _die()
        return result


def _connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
    return _Connection(*arguments, **options)


def _how() -> str:
    return os.environ.get("KILL_HOW", "before")


def _arrive(name: str) -> bool:
    """Count a step. True if it is the one to die at; raises where the call is to be refused."""
    global _step, _refused
    _step += 1
    _tell(f"step {name}")
    here = _step == int(os.environ.get("KILL_AT", "0"))
    if _how() in CRASHES:
        return here
    if here:
        _refused = name
    if name == _refused and name not in ("BEGIN", "COMMIT"):
        number = getattr(errno, _how())
        raise OSError(number, os.strerror(number))
    return False


def _path(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


def _lose_power() -> None:
    """What was written and not synced is gone."""
    for path, length in _durable.items():
        if os.path.isfile(path) and length < os.path.getsize(path):
            os.truncate(path, length)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


class ForkServer:
    """Runs workers as forks of one process that has everything imported.

    with ForkServer() as server:
        code = server.run(project.path, job_folder, at=7, how="torn")
    """

    def __enter__(self) -> ForkServer:
        environment = os.environ | {"PYTHONPATH": str(INTERPOSER)}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from tests.attacks.kill_steps import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()

    def run(
        self,
        project: Path,
        job: Path,
        at: int = 0,
        how: str = "before",
        counts: str = "",
        limits: Mapping[str, int] | None = None,
        seconds: float | None = None,
    ) -> int:
        """Run a worker to its end or death. Gives its exit code, negative for the signal that killed it.

        Args:
            project: its folder.
            job: its folder.
            at: see ``KILL_AT``.
            how: see ``KILL_HOW``.
            counts: see ``KILL_COUNT``.
            limits: of the system, as in ``{"RLIMIT_NOFILE": 20}``.
            seconds: after which it is killed, wherever it is; None for never.
        """
        assert self._process.stdin and self._process.stdout
        request: dict[str, Any] = {
            "project": str(project),
            "job": str(job),
            "KILL_AT": str(at),
            "KILL_HOW": how,
            "KILL_COUNT": counts,
        }
        request |= {"limits": dict(limits or {}), "seconds": seconds}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve() -> None:
    """What the process of :class:`ForkServer` does."""
    import gc

    from core.jobs import job, worker  # noqa: F401  not for each fork
    from core.models import backend
    from tests.attacks import warm_decoders

    assert backend.load.__name__ == "<lambda>", "the real model would be loaded"
    warm_decoders.import_all()
    _scan_an_empty_project()
    running = warm_decoders.start()
    gc.freeze()  # else each fork's first look for garbage copies all that has been imported
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _work(request, running)
        if request["seconds"] is not None:
            time.sleep(request["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _scan_an_empty_project() -> None:
    """What a scan imports and computes once for a process is not for each fork."""
    from core.catalog import scan_writes  # noqa: F401
    from core.project import Project
    from core.vectors import journal

    with tempfile.TemporaryDirectory() as folder, Project.open_or_create(Path(folder)) as project:
        project.scan()
    journal._crc_table()


def _work(request: dict[str, Any], running: list[socket.socket]) -> NoReturn:
    """In the fork: what ``python -m core.jobs.worker`` does."""
    global _step
    from core.jobs import job, worker
    from tests.attacks import warm_decoders

    if not request["limits"]:  # else starting a decoder is what they may refuse
        warm_decoders.use(running)
    lock = _real["open"](os.path.join(request["job"], job.JOB_LOCK_NAME), os.O_RDWR | os.O_CREAT, 0o644)
    log = _real["open"](os.path.join(request["job"], job.JOB_LOG_NAME), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update({name: value for name, value in request.items() if name.startswith("KILL_")})
    for name, limit in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, resource.getrlimit(getattr(resource, name))[1]))
    _step = 0
    code = worker.main([request["project"], request["job"], str(lock)])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
