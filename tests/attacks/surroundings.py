"""What a process may find itself in, and a server that runs commands there as forks of one process."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tests.patience import PATIENCE

_REPORTS = 200  # number of the file that escaped exceptions are written to
_MEGABYTE = 1 << 20


def _onto(path: str, *numbers: int) -> None:
    for number in numbers:
        os.dup2(os.open(path, os.O_RDWR), number)


def _onto_a_closed_pipe(*numbers: int) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    for number in numbers:
        os.dup2(theirs, number)


def _limit(name: str, value: int) -> None:
    number = getattr(resource, name)
    resource.setrlimit(number, (value, resource.getrlimit(number)[1]))


def _limit_memory(more: int) -> None:
    words = Path("/proc/self/statm").read_text().split()
    _limit("RLIMIT_AS", int(words[0]) * resource.getpagesize() + more)


def _limit_files(more: int) -> None:
    _limit("RLIMIT_NOFILE", max(int(name) for name in os.listdir("/proc/self/fd") if int(name) < _REPORTS) + more)


def _environment(**values: str | None) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _stand_nowhere() -> None:
    folder = f"/tmp/{os.getpid()}-gone"
    os.mkdir(folder)
    os.chdir(folder)
    os.rmdir(folder)


# By name: what is done to the process before the command begins.
SURROUNDINGS: dict[str, Callable[[], None]] = {
    "no stdin": lambda: os.close(0),
    "no stdout": lambda: os.close(1),
    "no stderr": lambda: os.close(2),
    "no stream at all": lambda: os.closerange(0, 3),
    "stdout full": lambda: _onto("/dev/full", 1),
    "stderr full": lambda: _onto("/dev/full", 2),
    "both full": lambda: _onto("/dev/full", 1, 2),
    "nobody reads stdout": lambda: _onto_a_closed_pipe(1),
    "nobody reads stderr": lambda: _onto_a_closed_pipe(2),
    "nobody reads": lambda: _onto_a_closed_pipe(1, 2),
    "stdin is a folder": lambda: _onto_folder(),
    "no home": lambda: _environment(HOME=None, PICTOSCOPE_HOME=None, XDG_STATE_HOME=None, XDG_DATA_HOME=None),
    "home cannot be": lambda: _environment(HOME="/dev/null/home", PICTOSCOPE_HOME=None),
    "state cannot be": lambda: _environment(PICTOSCOPE_HOME="/proc/none/here"),
    "no TERM": lambda: _environment(TERM=None, COLUMNS=None, LINES=None),
    "dumb TERM, odd sizes": lambda: _environment(TERM="dumb", COLUMNS="0", LINES="many"),
    "nowhere to put temporary files": lambda: _environment(TMPDIR="/proc/none"),
    "the current folder is gone": _stand_nowhere,
    "no more open files": lambda: _limit_files(1),
    "four more open files": lambda: _limit_files(5),
    "ten more open files": lambda: _limit_files(11),
    "files may not grow": lambda: _limit("RLIMIT_FSIZE", 0),
    "files may grow a little": lambda: _limit("RLIMIT_FSIZE", 4096),
    "no more memory": lambda: _limit_memory(0),
    "a megabyte more memory": lambda: _limit_memory(_MEGABYTE),
    "eight megabytes more memory": lambda: _limit_memory(8 * _MEGABYTE),
    "64 megabytes more memory": lambda: _limit_memory(64 * _MEGABYTE),
}


def _onto_folder() -> None:
    os.dup2(os.open("/", os.O_RDONLY), 0)


class CommandServer:
    """Runs commands, each in a fork of one process that has the command line imported.

    with CommandServer() as server:
        code, out, err, escaped = server.run(["models"], "stdout full", folder)
    """

    def __enter__(self) -> CommandServer:
        settings = {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from tests.attacks.surroundings import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | settings,
            text=True,
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()

    def run(self, words: list[str], surrounding: str, folder: Path) -> tuple[int, str, str, str]:
        """A command in ``folder``. Gives its exit code (negative for a signal), what it printed, what escaped it."""
        assert self._process.stdin and self._process.stdout
        request = {"words": words, "surrounding": surrounding, "folder": str(folder), "files": str(folder.parent)}
        request["environment"] = dict(os.environ)
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        code, out, err, escaped = json.loads(self._process.stdout.readline())
        return code, out, err, escaped


def serve() -> None:
    """What the process of :class:`CommandServer` does."""
    import importlib

    import numpy as np  # noqa: F401  not for each fork

    from tui import cli

    for command in cli.COMMANDS:
        importlib.import_module(f"tui.commands.{command.module}")
    import core.catalog.scan
    import core.export.export
    import core.importing.apply
    import core.vectors.coverage  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        paths = [f"{request['files']}/{name}" for name in ("out", "err", "escaped")]
        child = os.fork()
        if not child:
            _command(request, paths)
        code = _wait(child)
        said = [Path(path).read_text("utf-8", "replace") for path in paths]
        answers.write(json.dumps([code, *said]) + "\n")
        answers.flush()


def _wait(child: int) -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1000  # it hung


def _command(request: dict[str, Any], paths: list[str]) -> NoReturn:
    """In the fork: what the program does, from its first line to Python's end."""
    from tui import cli

    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    for number, path in enumerate(paths):
        os.dup2(os.open(path, flags), number + 1 if number < 2 else _REPORTS)
    os.set_inheritable(_REPORTS, False)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    SURROUNDINGS[request["surrounding"]]()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            setattr(sys, name, None)  # as Python does when it starts
    try:
        code = _to_the_end(cli.main, request["words"])
    except BaseException:  # noqa: BLE001  this is what must not happen
        os.write(_REPORTS, traceback.format_exc().encode())
        code = 1
    os._exit(code & 0xFF)


def _to_the_end(main: Callable[[list[str]], int], words: list[str]) -> int:
    code = main(words)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):
            stream.flush()
    return code
