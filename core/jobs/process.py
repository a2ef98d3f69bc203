"""The frame of every worker process: its lock, its signals, its first and last event."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import JobError, PictoscopeError
from core.files import Lock, disk_error
from core.jobs.events import EventLog
from core.jobs.job import JOB_LOCK_NAME, JOB_LOG_NAME, STOP_SIGNALS, State
from core.project import Project

# Of the open project and the folder of the job: does the work, reports to the events and returns the last log message.
# It stops soon after the threading event is set, and raises PictoscopeError or OSError if it cannot continue.
Work = Callable[[Project, Path, EventLog, threading.Event], str]


def run_job(arguments: list[str], work: Work) -> int:
    """Run a job to its end. Exit code 0 if it finished or was stopped, 1 if it failed.

    Args:
        arguments: of the process: the project folder, the folder of the job, the descriptor of its lock.
        work: what the job does.
    """
    project_path, folder, descriptor = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    lock = Lock.adopt(descriptor, folder / JOB_LOCK_NAME)
    lock.describe(f"worker {os.getpid()}")
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    events = EventLog(folder)
    events.write("started", pid=os.getpid())
    project_folder = _ProjectFolder(project_path)
    try:
        with Project(project_path) as project:
            result = work(project, folder, events, stop)
        events.write("log", text=result)
        events.write("ended", state=(State.STOPPED if stop.is_set() else State.DONE).value)
    except (PictoscopeError, OSError) as error:
        reported = error if isinstance(error, PictoscopeError) else disk_error(error, project_path)
        if project_folder.is_left:  # the cause, whatever error came first
            reported = error = _moved(project_path)
        if reported is not error:
            traceback.print_exc()
        events.write("log", text=with_hint(reported))
        ended = {"error": reported.message, "hint": reported.hint, "error_kind": type(reported).__name__}
        events.write("ended", state=State.FAILED.value, **ended)
        return 1
    except Exception as error:  # noqa: BLE001  any error must be reported
        # A bug here or in a library: the traceback goes to worker.log, one line to the job's log.
        traceback.print_exc()
        events.write("log", text=f"unexpected {type(error).__name__}: {error}; details in {folder / JOB_LOG_NAME}")
        events.write("ended", state=State.FAILED.value, error=f"{type(error).__name__}: {error}", hint="see worker.log")
        return 1
    finally:
        events.close()
        lock.release()
    return 0


@contextmanager
def kept_stop_signals() -> Iterator[None]:
    """Whatever a library does with these signals inside, afterwards they ask the job to stop, as before.

    Ray, for example, makes SIGTERM end the process at once.
    """
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():  # no other may change them
            for number, handler in handlers.items():
                signal.signal(number, handler)


class _ProjectFolder:
    """The project folder at the start of the job, to detect that it was moved."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._then = _status(path)

    @property
    def is_left(self) -> bool:
        """Whether the path no longer leads to that folder."""
        now = _status(self._path)
        return self._then is not None and (now is None or not os.path.samestat(self._then, now))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def with_hint(error: PictoscopeError) -> str:
    """An error as a line of the log."""
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _moved(project: Path) -> JobError:
    return JobError(
        f"the project folder was moved or renamed while the job ran; it was {project}",
        "Restart resumes the job; open the project at its new path first",
    )
