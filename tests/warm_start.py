"""Our programs start warm in tests: each is a fork of a process that has imported what they import.

A worker, its decoders and its device processes import for a second what no test is about. Here
``python -P -m core.jobs.worker`` and the others of :data:`PROGRAMS` are forks instead (:mod:`tests.warm_server`): real
processes, which can be killed, and which run the same ``__main__``. What is started in another way, or in surroundings
that mean more to an interpreter than ours do, is a new interpreter as ever; so is everything inside :func:`cold`.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parent
ROOT = _TESTS.parent
_SERVER = f"import sys; sys.path.insert(0, {os.fspath(ROOT)!r}); from tests.warm_server import main; main(sys.argv[1:])"
NUMBER = struct.Struct("!i")  # how a message to or from the server begins
PROGRAMS = ("core.images.decoder", "core.jobs.worker", "core.maps.worker", "core.models.device_child")
# What is in variables of these names counts while an interpreter starts, for its encodings, or imports modules.
_READ_EARLY = ("PYTHON", "LD_", "DASK_", "LC_", "LANG")
_TAKEN = {"PYTHONPATH", "PYTHONIOENCODING"}  # but of these a fork can take what they say
_LIMITS = [number for name, number in vars(resource).items() if name.startswith("RLIMIT_")]
_real_popen = subprocess.Popen


@dataclass
class _Here:
    """What this process was when its programs began to start warm.

    Attributes:
        place: where the server listens; empty until there is one.
        programs: that it forks.
        imported: modules besides them that it has imported.
    """

    place: str = ""
    programs: tuple[str, ...] = PROGRAMS
    imported: tuple[str, ...] = ()
    server: subprocess.Popen[bytes] | None = None
    surroundings: tuple[object, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


_here = _Here()


def install(place: str = "", programs: Sequence[str] = PROGRAMS) -> None:
    """From now on programs of this process start warm, by the server at this place, or by one that the first starts."""
    global _here
    _here = _Here(place, tuple(programs), surroundings=_surroundings(), environment=dict(os.environ))
    subprocess.Popen = WarmPopen  # type: ignore[misc]


def pytest_configure() -> None:
    """Tests begin with this."""
    if sys.platform == "linux":
        install()


def pytest_unconfigure() -> None:
    """No process stays."""
    _end()
    subprocess.Popen = _real_popen  # type: ignore[misc]


@contextlib.contextmanager
def cold() -> Iterator[None]:
    """Inside, every program is a new interpreter."""
    before, _here.programs = _here.programs, ()
    try:
        yield
    finally:
        _here.programs = before


@contextlib.contextmanager
def also_warm(*programs: str, imported: Sequence[str] = ()) -> Iterator[None]:
    """Inside, these start warm too, and the server has also imported these modules."""
    global _here
    outer = _here
    _here = _Here("", (*outer.programs, *programs), tuple(imported), None, outer.surroundings, outer.environment)
    try:
        yield
    finally:
        _end()
        _here = outer


class WarmPopen(subprocess.Popen):  # type: ignore[type-arg]
    """As its base, but the server forks a program of ours. What is not plain about a start is left to the base.

    Only the start and the wait differ: the server is the parent, so it is the one to say how the program ended.
    """

    _answers: socket.socket | None = None  # of the server, about a program that it forked

    def _execute_child(self, args: Any, executable: Any, preexec_fn: Any, *rest: Any) -> None:
        _, pass_fds, cwd, env, _, _, shell, stdin, _, _, stdout, _, stderr, _, gid, gids, uid, umask, session, group = (
            rest
        )
        is_plain = (executable, preexec_fn, shell, gid, gids, uid, umask, group) == (
            None,
            None,
            False,
            None,
            None,
            None,
            -1,
            -1,
        )
        words = _warm(args, os.environ if env is None else env, cwd) if is_plain else None
        if words is None:
            super()._execute_child(args, executable, preexec_fn, *rest)
            return
        given = {0: stdin, 1: stdout, 2: stderr} | {number: number for number in pass_fds}
        files = [number if mine == -1 else mine for number, mine in given.items()]
        words |= {"files": list(given), "session": session}
        self._answers = _connected()
        self.pid = _asked(self._answers, words, files)
        self._child_created = True
        self._close_pipe_fds(*rest[7:13])

    def _internal_poll(self, *words: Any, **more: Any) -> int | None:
        if self._answers is None:
            return super()._internal_poll(*words, **more)
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
            try:
                self._hear(0)
            finally:
                self._waitpid_lock.release()
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self._answers is None:
            return super()._wait(timeout)
        with self._waitpid_lock:
            if self.returncode is None and not self._hear(timeout):
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def _hear(self, timeout: float | None) -> bool:
        """Whether it has ended; its return code is known then, or 0 where the server has ended before it."""
        asked = select.poll()
        asked.register(self._answers, select.POLLIN)
        if not asked.poll(None if timeout is None else timeout * 1000):
            return False
        with self._answers:
            self.returncode = _number(self._answers) or 0
        return True


def _warm(args: Any, environment: Mapping[Any, Any], folder: Any) -> dict[str, Any] | None:
    """What is asked of the server for this command; None if it needs a new interpreter."""
    words = [args] if isinstance(args, str | bytes | os.PathLike) else [os.fsdecode(word) for word in args]
    is_safe = words[1:2] == ["-P"]
    if words[0] != sys.executable or words[1 + is_safe : 2 + is_safe] != ["-m"]:
        return None
    module, *arguments = words[2 + is_safe :]
    if module not in _here.programs or _surroundings() != _here.surroundings or not _is_like_ours(environment):
        return None
    with contextlib.suppress(FileNotFoundError):
        folder = os.getcwd() if folder is None else os.fsdecode(folder)
    if not folder:
        return None
    return {
        "module": module,
        "arguments": arguments,
        "environment": dict(environment),
        "folder": folder,
        "umask": _umask(),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "mask": [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
    }


def _surroundings() -> tuple[object, ...]:
    """What a server that was started at another time may not have, or may have and should not."""
    limits = tuple(resource.getrlimit(number) for number in _LIMITS)
    return os.getresuid(), os.getresgid(), limits, os.sched_getaffinity(0)


def _is_like_ours(environment: Mapping[Any, Any]) -> bool:
    """Whether an interpreter in this environment imports the same modules, in the same way."""
    if not all(isinstance(word, str) for pair in environment.items() for word in pair):
        return False
    names = {name for name in environment.keys() | _here.environment.keys() if name.startswith(_READ_EARLY)}
    ours = _here.environment.get("PYTHONPATH", "").split(os.pathsep)
    folders = environment.get("PYTHONPATH", "").split(os.pathsep)
    return all(environment.get(name) == _here.environment.get(name) for name in names - _TAKEN) and all(
        folder in ours or Path(folder) == ROOT or Path(folder).is_relative_to(_TESTS) for folder in folders if folder
    )


def _umask() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1], 8) for line in lines if line.startswith("Umask:"))


def _connected() -> socket.socket:
    if not _here.place:
        _start()
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(_here.place)
    except BaseException:
        connection.close()
        raise
    return connection


def _start() -> None:
    """Start the server. Whoever asks it meanwhile waits."""
    _here.place = os.path.join(tempfile.mkdtemp(prefix="warm-"), "server")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(_here.place)
        listening.listen(64)
        words = [_here.place, str(listening.fileno()), ",".join(_here.programs), *_here.imported]
        _here.server = _real_popen(
            [sys.executable, "-P", "-c", _SERVER, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listening.fileno()],
            cwd="/",
            env=dict(_here.environment) | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )


def _end() -> None:
    if _here.server is not None and _here.server.stdin is not None:
        _here.server.stdin.close()  # it ends with this
        _here.server.wait()
        shutil.rmtree(os.path.dirname(_here.place), ignore_errors=True)
        _here.server, _here.place = None, ""


def _asked(server: socket.socket, words: Mapping[str, Any], files: Sequence[int]) -> int:
    """Ask for a program. Returns its pid."""
    content = json.dumps(words).encode("ascii")
    socket.send_fds(server, [NUMBER.pack(len(content))], files)
    server.sendall(content)
    pid = _number(server)
    assert pid, "the process that starts programs warm has ended: what it said is above"
    return pid


def _number(server: socket.socket) -> int | None:
    content = server.recv(NUMBER.size, socket.MSG_WAITALL)
    return int(NUMBER.unpack(content)[0]) if content else None
