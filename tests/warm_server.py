"""A process that has imported what our programs import, and forks for each program that is started.

It ends when its standard input does. See :mod:`tests.warm_start` for the other side.

A fork does what ``python -P -m MODULE`` does once everything is imported: it has the environment, folder, open files,
mask of signals and niceness of whoever asked, and runs the module as ``__main__``.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from typing import Any

from tests.attacks.warm_decoders import import_all
from tests.warm_start import NUMBER, install

_MOST_FILES = 16
_BYTES = 1 << 16
# They read the environment when they are imported, or begin threads: programs that need them import them.
_NEVER = ("torch", "transformers", "huggingface_hub", "openvino")


def main(arguments: Sequence[str]) -> None:
    """Serve until standard input ends.

    Args:
        arguments: where the socket is, its descriptor, the programs joined by commas, and other modules to import.
    """
    place, descriptor, names, *modules = arguments
    programs = names.split(",")
    for module in (*programs, *modules):
        importlib.import_module(module)
    import_all()  # what programs import at their first picture
    assert not [name for name in _NEVER if name in sys.modules]
    install(place, programs)  # what forks start is forked as well
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests end on it, and with them this
    with socket.socket(fileno=int(descriptor)) as listening:
        _Server(listening).serve()


class _Server:
    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._waiting: dict[int, socket.socket] = {}  # for the end of a program, by its pid
        self._selector = selectors.DefaultSelector()
        self._wake, theirs = socket.socketpair()
        theirs.setblocking(False)
        self._wakes = theirs
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)

    def serve(self) -> None:
        with self._selector as selector:
            for readable in (self._listening, self._wake, sys.stdin):
                selector.register(readable, selectors.EVENT_READ)
            while True:
                found = [key for key, _ in selector.select()]
                ready = [key.fileobj for key in found]
                if sys.stdin in ready:
                    return
                for key in found:
                    if key.data:  # who stands for this program has ended, and says nothing before
                        os.kill(key.data, signal.SIGKILL)
                        selector.unregister(key.fileobj)
                if self._wake in ready:
                    self._wake.recv(_BYTES)
                    self._report_the_ended()
                if self._listening in ready:
                    self._start(self._listening.accept()[0])

    def _report_the_ended(self) -> None:
        while self._waiting:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with self._waiting.pop(pid) as asked, contextlib.suppress(OSError):  # who asked may be gone
                if asked in self._selector.get_map():
                    self._selector.unregister(asked)
                asked.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _start(self, asked: socket.socket) -> None:
        content, files, _, _ = socket.recv_fds(asked, NUMBER.size, _MOST_FILES)
        if not content:
            return
        (length,) = NUMBER.unpack(content)
        words = json.loads(asked.recv(length, socket.MSG_WAITALL))
        # A signal that arrives before the program can handle it is kept, if whoever asked holds it back.
        before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        pid = os.fork()
        if not pid:
            _become(words, files)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for descriptor in files:
            os.close(descriptor)
        self._waiting[pid] = asked
        if words["bound"]:
            self._selector.register(asked, selectors.EVENT_READ, pid)
        with contextlib.suppress(OSError):
            asked.sendall(NUMBER.pack(pid))


def _become(words: dict[str, Any], files: list[int]) -> None:
    """In the fork: be the program. Never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _take_files(files, words["files"])
        _open_streams(words["environment"].get("PYTHONIOENCODING", ""))
        _take_surroundings(words)
        code = _run(words["module"], words["arguments"])
    except BaseException:  # noqa: BLE001  a fork must not go on as the server
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _take_files(files: list[int], numbers: list[int]) -> None:
    """Have these files open under these numbers, and no others."""
    above = max(*numbers, *files) + 1
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, above) for descriptor in files]
    for descriptor, number in zip(moved, numbers, strict=True):
        os.dup2(descriptor, number)
    kept = [-1, *sorted(numbers)]
    for low, high in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        if low + 1 < high:  # else Python closes all of them
            os.closerange(low + 1, high)


def _open_streams(encoding: str) -> None:
    """The streams of the server know whether they are terminals, and can be searched: those of the program are new.

    Args:
        encoding: of ``PYTHONIOENCODING``, with or without what is done about errors; may be empty.
    """
    name, _, errors = encoding.partition(":")
    how: dict[str, Any] = {"encoding": name or None, "errors": errors or None, "closefd": False}
    stdin, stdout = open(0, **how), open(1, "w", **how)  # noqa: SIM115
    stderr = open(2, "w", 1, **(how | {"errors": "backslashreplace"}))  # noqa: SIM115
    sys.stdin = sys.__stdin__ = stdin  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = stdout  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = stderr  # type: ignore[misc]


def _take_surroundings(words: dict[str, Any]) -> None:
    if words["session"]:
        os.setsid()
    os.umask(words["umask"])
    os.chdir(words["folder"])
    os.environ.clear()
    os.environ.update(words["environment"])
    time.tzset()
    if (more := words["niceness"] - os.getpriority(os.PRIO_PROCESS, 0)) > 0:
        os.nice(more)
    signal.pthread_sigmask(signal.SIG_SETMASK, words["mask"])
    for folder in reversed(os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        if folder:
            sys.path.insert(0, folder)
    sys.modules.pop("sitecustomize", None)
    with contextlib.suppress(ImportError):
        importlib.import_module("sitecustomize")


def _run(module: str, arguments: list[str]) -> int:
    """Run a module as the interpreter does, to the end of its threads. Returns the exit code."""
    sys.argv = [module, *arguments]
    is_package = hasattr(sys.modules[module], "__path__")
    sys.modules.pop(
        f"{module}.__main__" if is_package else module, None
    )  # what is run is another than what is imported
    code = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if error.code is not None and not isinstance(error.code, int):
            print(error.code, file=sys.stderr)
    except KeyboardInterrupt:
        traceback.print_exc()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001  as the interpreter does
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  waits for threads that are no daemons
    atexit._run_exitfuncs()
    return code
