"""Create, Restart, Delete: starting a worker process that outlives whoever asked for it, and undoing its work."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import JobError, PictoscopeError, StoreBusy, UsageError
from core.files import Lock, disk_error, disk_full
from core.jobs import job as jobs
from core.jobs.job import Job
from core.models.options import LoadOptions
from core.project import Project
from core.vectors import manifest as manifest_file
from core.vectors import store
from core.vectors.vec_type import VecType
from core.vectors.vec_types import exists, names, request


def create_vectors(project: Project, *vec_types: VecType, options: LoadOptions | None = None) -> Job:
    """Make vec types and start the job that fills them in one pass. The first one of a project becomes its default.

    Raises:
        UsageError: unknown model, no consent to its code, or a vec type exists. DiskFull: no room. JobError,
            StoreError: the worker or its folder could not be made. Nothing is left behind then.
    """
    for vec_type in vec_types:
        refuse_existing(project, vec_type)
        _refuse_code(vec_type, options)
    if project.catalog.count() == 0:
        raise UsageError("the project has no pictures", "add a folder that has some: pictoscope add FOLDER")
    default = project.settings.default_vec_type
    try:
        for vec_type in vec_types:
            request(project.vectors_folder, vec_type)
        if not default:
            project.change_settings(replace(project.settings, default_vec_type=vec_types[0].name))
        return _start(project, [vec_type.name for vec_type in vec_types], options)
    except (PictoscopeError, OSError) as error:
        # Nothing was started: Create must be possible again, once there is room.
        for vec_type in vec_types:
            with contextlib.suppress(OSError):
                (project.vectors_folder / vec_type.name).rmdir()
        if project.settings.default_vec_type != default:
            with contextlib.suppress(PictoscopeError, OSError):
                project.change_settings(replace(project.settings, default_vec_type=default))
        if isinstance(error, OSError):
            raise disk_error(error, project.path) from error
        raise


def refuse_existing(project: Project, vec_type: VecType) -> None:
    """The check of :func:`create_vectors` that the vec type is new.

    Raises:
        UsageError: unknown model, or the vec type exists.
    """
    vec_type.spec  # noqa: B018  an unknown model is said to be one
    if exists(project.vectors_folder, vec_type.name):
        raise UsageError(
            f"vectors {vec_type.name} exist already",
            f"Restart computes what is missing: pictoscope vectors restart {vec_type.name}",
        )


def restart_vectors(project: Project, *vec_types: str, options: LoadOptions | None = None) -> Job:
    """Start a job that computes what vec types lack: what was interrupted, failed, or added since.

    Raises:
        UsageError: there are no such vectors. StoreBusy: a job is computing them already.
    """
    for name in vec_types:
        vec_type = VecType.parse(name)
        if not exists(project.vectors_folder, name):
            raise UsageError(f"there are no vectors {name}", f"create them: pictoscope vectors create {vec_type.model}")
        _refuse_while_running(project, name)
    return _start(project, vec_types, options)


def create_anew(project: Project, name: str) -> Job:
    """Delete vectors and start the job that makes them by the model as it is now. A consent to its code holds.

    Raises:
        UsageError: there are no such vectors, or no such model or pictures any more. StoreBusy: a job computes them.
    """
    vec_type = VecType.parse(name)
    vec_type.spec  # noqa: B018  before anything is deleted
    if project.catalog.count() == 0:
        raise UsageError("the project has no pictures", "the vectors are kept as they are")
    folder, default = project.vectors_folder / name, project.settings.default_vec_type
    consent = (folder / manifest_file.FILE_NAME).exists() and manifest_file.load(folder).remote_code
    delete_vectors(project, name)
    job = create_vectors(project, vec_type, options=LoadOptions(allow_remote_code=consent))
    project.change_settings(replace(project.settings, default_vec_type=default))
    return job


def _refuse_code(vec_type: VecType, options: LoadOptions | None) -> None:
    spec = vec_type.spec
    if spec.remote_code and not (options and options.allow_remote_code):
        raise UsageError(
            f"{spec.key} runs Python code out of {spec.repository}",
            "if you trust it: pictoscope vectors create --allow-remote-code",
        )


def delete_vectors(project: Project, name: str) -> None:
    """Delete a vec type. If it was the default, another becomes it.

    Raises:
        UsageError: there are no such vectors. StoreBusy: a job is computing them.
    """
    VecType.parse(name)
    if not exists(project.vectors_folder, name):
        raise UsageError(f"there are no vectors {name}", "see: pictoscope vectors list")
    _refuse_while_running(project, name)
    store.delete(project.vectors_folder / name)
    if project.settings.default_vec_type == name:
        left = names(project.vectors_folder)
        project.change_settings(replace(project.settings, default_vec_type=left[0] if left else ""))


def _refuse_while_running(project: Project, name: str) -> None:
    # The job's lock, not only the store's: a worker that is still loading its model has not opened the store yet.
    running = jobs.latest(jobs.all_jobs(project.jobs_folder), name)
    if running and running.state is jobs.State.RUNNING:
        raise StoreBusy(
            f"vectors {name} are being computed by job {running.id}",
            f"wait for it, or: pictoscope jobs --cancel {running.id}",
        )
    if store.is_being_written(project.vectors_folder / name):
        raise StoreBusy(f"vectors {name} are being written by another process", "wait until it has finished")


def _start(project: Project, vec_types: Sequence[str], options: LoadOptions | None) -> Job:
    folder = jobs.create(project.jobs_folder, vec_types, options.to_toml() if options else None)
    # The lock is taken here and inherited: from its first instant the job is seen to run, and when the worker dies,
    # whatever the reason, the kernel lets go of it.
    try:
        with Lock.take(folder / jobs.LOCK_NAME, "starting") as lock:
            _spawn(project.path, folder, lock)
            return jobs.read(folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise disk_full(error, folder) or JobError(
            f"the worker could not be started ({error.strerror})", "see the free memory and disk"
        ) from error


def _spawn(project: Path, folder: Path, lock: Lock) -> None:
    worker = (sys.executable, "-P", "-m", "core.jobs.worker")
    with (folder / jobs.LOG_NAME).open("ab") as log:
        # Inherited: a signal that comes before the worker can handle it waits until it can.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, jobs.STOP_SIGNALS)
        try:
            process = subprocess.Popen(
                [*worker, os.fspath(project), os.fspath(folder), str(lock.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
                cwd="/",  # so that no disk stays busy because of us
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    lock.describe(f"worker {process.pid}")
    # Nobody waits for it: it is meant to outlive us. While we live, a dead one must not linger as a zombie.
    _children.append(process)
    _children[:] = [child for child in _children if child.poll() is None]


_children: list[subprocess.Popen[bytes]] = []
