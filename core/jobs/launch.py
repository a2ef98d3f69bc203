"""Create, restart and delete vectors: start the worker process that computes them, or delete their files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.engines import registry
from core.engines.choice import EngineChoice
from core.errors import JobError, PictoscopeError, StoreBusy, StoreError, UsageError
from core.files import Lock, disk_error, disk_full
from core.jobs.events import TAKEN_BACK, read_events
from core.jobs.job import (
    JOB_LOCK_NAME,
    JOB_LOG_NAME,
    SAMPLE,
    STOP_SIGNALS,
    Job,
    all_jobs,
    describe_job,
    latest_job,
    make_job_folder,
    running_job,
)
from core.jobs.map_task import MapTask
from core.models import consent
from core.models.options import LoadOptions
from core.project import Project
from core.project_files import DEEP, open_stream
from core.settings import Settings
from core.vectors import store
from core.vectors.manifest import Manifest, has_manifest
from core.vectors.vec_type import VecType
from core.vectors.vec_types import exists, names, request


def create_vectors(
    project: Project,
    *vec_types: VecType,
    options: LoadOptions | None = None,
    sample: int = 0,
    engine: EngineChoice | None = None,
) -> Job:
    """Create vec types and start the job that computes them in one pass. A project's first one becomes its default.

    Args:
        project: open.
        vec_types: that do not exist yet.
        options: how the models are run.
        sample: compute only so many pictures, see :func:`core.vectors.sample.sample_keys`; 0 for all.
        engine: computes on other machines; None to compute on this one.

    Raises:
        UsageError: unknown model or engine, no consent to its code, or a vec type exists. DiskFull: no room. JobError,
            StoreError: the worker or its folder could not be created. Nothing is left behind then.
    """
    for vec_type in vec_types:
        refuse_existing(project, vec_type)
        _refuse_code(vec_type, options)
    if engine is not None:
        registry.check(engine)
    if project.catalog.count() == 0:
        raise UsageError("the project has no pictures", "add some: pictoscope add FOLDER")
    first = vec_types[0].name
    is_default, requested = False, list[VecType]()
    store.remove_deleted(project.vectors_folder)
    try:
        for vec_type in vec_types:
            if not request(project.vectors_folder, vec_type):  # another process has done so meanwhile
                raise _exists_already(vec_type)
            requested.append(vec_type)
        if not project.settings.default_vec_type:
            is_default = project.update_settings(_replace_default("", first)).default_vec_type == first
        return _start(project, [vec_type.name for vec_type in vec_types], options, sample, engine)
    except (PictoscopeError, OSError) as error:
        # Nothing was started: Create must be possible again once there is disk space.
        _withdraw(project, requested)
        if is_default:
            with contextlib.suppress(PictoscopeError, OSError):
                project.update_settings(_replace_default(first, ""))
        if isinstance(error, OSError):
            raise disk_error(error, project.path) from error
        raise


def _withdraw(project: Project, vec_types: Sequence[VecType]) -> None:
    for vec_type in vec_types:
        with contextlib.suppress(OSError):
            (project.vectors_folder / vec_type.name).rmdir()


def refuse_existing(project: Project, vec_type: VecType) -> None:
    """Refuse to create a vec type that exists, or that no model computes.

    Raises:
        UsageError: unknown model, imported vectors, or the vec type exists.
    """
    vec_type.spec  # noqa: B018  raises UsageError for an unknown model
    _refuse_imported(vec_type)
    if exists(project.vectors_folder, vec_type.name):
        raise _exists_already(vec_type)


def _exists_already(vec_type: VecType) -> UsageError:
    return UsageError(
        f"vectors {vec_type.name} exist already",
        f"Restart computes what is missing: pictoscope vectors restart {vec_type.name}",
    )


def refuse_uncomputable(vec_type: VecType, options: LoadOptions | None) -> None:
    """Refuse vec types that no model computes, or one whose code the user has not allowed to run.

    Raises:
        UsageError: unknown model, imported vectors, or no consent.
    """
    vec_type.spec  # noqa: B018  raises UsageError for an unknown model
    _refuse_imported(vec_type)
    _refuse_code(vec_type, options)


def restart_vectors(
    project: Project,
    *vec_types: str,
    options: LoadOptions | None = None,
    sample: int = 0,
    engine: EngineChoice | None = None,
) -> Job:
    """Start a job that computes what vec types lack: what was interrupted, failed, or added since.

    Args:
        project: open.
        vec_types: their names.
        options: how the models are run.
        sample: compute only what a sample of so many pictures lacks; 0 for all.
        engine: computes on other machines; None to compute on this one.

    Raises:
        UsageError: there are no such vectors, they were imported, or their rows were computed with a precision other
            than ``options`` ask for. StoreBusy: a job is computing them already.
    """
    if engine is not None:
        registry.check(engine)
    for name in vec_types:
        vec_type = VecType.parse(name)
        if not exists(project.vectors_folder, name):
            raise UsageError(f"there are no vectors {name}", f"create them: {vec_type.create_command}")
        _refuse_imported(vec_type)
        refuse_while_running(project, name)
        _refuse_precision(project, vec_type, options)
    return _start(project, vec_types, options, sample, engine)


def restart_job(project: Project, job: Job, engine: EngineChoice | None = None) -> Job:
    """Start a job again. Vec types that were taken back, as nothing of them was begun, are asked for again.

    Those that somebody has deleted since stay deleted: the others are computed.

    Args:
        project: open.
        job: that has ended.
        engine: computes on other machines; None to compute on this one, wherever it ran before.

    Raises:
        UsageError: none of its vec types is left; StoreBusy: see :func:`restart_vectors`. OSError: the folder cannot be
            written.
    """
    if engine is not None:
        registry.check(engine)
    jobs = all_jobs(project.jobs_folder)
    for name in job.vec_types:
        last = latest_job(jobs, name)
        if last and not exists(project.vectors_folder, name) and name in _taken_back_by(last):
            request(project.vectors_folder, VecType.parse(name))
            project.update_settings(_replace_default("", name))
    left = [name for name in job.vec_types if exists(project.vectors_folder, name)]
    return restart_vectors(project, *(left or job.vec_types), engine=engine)


def _taken_back_by(job: Job) -> set[str]:
    named = [event.values.get("names") for event in read_events(job.folder) if event.kind == TAKEN_BACK]
    return {name for names in named if isinstance(names, list) for name in names if isinstance(name, str)}


def _refuse_imported(vec_type: VecType) -> None:
    if vec_type.is_imported:
        raise UsageError(
            f"{vec_type} are vectors of your own: no model here computes them",
            f"import rows for the pictures that lack one: {vec_type.create_command}",
        )


def _refuse_precision(project: Project, vec_type: VecType, options: LoadOptions | None) -> None:
    """Refuse to mix rows of different precisions: a query is compared with all rows."""
    folder = project.vectors_folder / vec_type.name
    if options is None or options.precision == "auto" or not has_manifest(folder):
        return
    precision = Manifest.load(folder).precision
    if options.precision != precision:
        raise UsageError(
            f"the rows of {vec_type} were computed in {precision}: {options.precision} is not mixed with them",
            f"leave out --precision; or pictoscope vectors delete {vec_type}, then {vec_type.create_command}"
            f" --precision {options.precision}",
        )


def recreate_vectors(project: Project, name: str) -> Job:
    """Delete vectors and start a job that computes them with the current model.

    Raises:
        UsageError: there are no such vectors, or no such model or pictures any more. StoreBusy: a job computes them.
    """
    vec_type = VecType.parse(name)
    vec_type.spec  # noqa: B018  before anything is deleted
    _refuse_imported(vec_type)
    if project.catalog.count() == 0:
        raise UsageError("the project has no pictures", "the vectors are kept as they are")
    _refuse_code(vec_type, None)
    was_default = project.settings.default_vec_type == name
    delete_vectors(project, name)
    job = create_vectors(project, vec_type)
    if was_default:
        project.update_settings(lambda settings: replace(settings, default_vec_type=name))
    return job


def _refuse_code(vec_type: VecType, options: LoadOptions | None) -> None:
    spec = vec_type.spec
    if spec.remote_code and not (options and options.allow_remote_code) and not consent.is_given(spec):
        raise UsageError(
            f"{spec.key} runs Python code out of {spec.repository}",
            "if you trust it: pictoscope vectors create --allow-remote-code",
        )


def delete_vectors(project: Project, name: str) -> None:
    """Delete a vec type. If it was the default, another one becomes the default.

    Raises:
        UsageError: there are no such vectors. StoreBusy: a job is computing them.
    """
    VecType.parse(name)
    if not exists(project.vectors_folder, name):
        raise UsageError(f"there are no vectors {name}", "see: pictoscope vectors list")
    refuse_while_running(project, name)
    store.delete(project.vectors_folder / name)
    remaining = names(project.vectors_folder)
    project.update_settings(_replace_default(name, remaining[0] if remaining else ""))


def take_back(project: Project, name: str) -> bool:
    """Take a vec type away of which nothing was begun. Returns whether there was one."""
    folder = project.vectors_folder / name
    try:
        if has_manifest(folder):
            return False
        folder.rmdir()
    except (PictoscopeError, OSError):  # it holds something, or is not there
        return False
    with contextlib.suppress(PictoscopeError, OSError):
        remaining = names(project.vectors_folder)
        project.update_settings(_replace_default(name, remaining[0] if remaining else ""))
    return True


def _replace_default(old: str, new: str) -> Callable[[Settings], Settings]:
    """A change of settings: replace the default ``old`` by ``new``."""
    return lambda settings: replace(settings, default_vec_type=new) if settings.default_vec_type == old else settings


def refuse_while_running(project: Project, name: str) -> None:
    """Refuse to write a vec type that another process writes.

    Raises:
        StoreBusy: a job computes it, or another process writes it.
    """
    # The job's lock, not only the store's: a worker that is still loading its model has not opened the store yet.
    running = running_job(all_jobs(project.jobs_folder), name)
    if running:
        raise StoreBusy(
            f"vectors {name} are being computed by job {running.id}",
            f"wait for it, or: pictoscope jobs --cancel {running.id}",
        )
    if store.is_being_written(project.vectors_folder / name):
        raise StoreBusy(f"vectors {name} are being written by another process", "wait until it has finished")


def _start(
    project: Project,
    vec_types: Sequence[str],
    options: LoadOptions | None,
    sample: int,
    engine: EngineChoice | None,
) -> Job:
    """Create a job and start its worker."""
    content = (options.to_toml() if options else {}) | ({SAMPLE: sample} if sample else {})
    content |= engine.to_toml() if engine else {}
    return start_worker(project, "core.jobs.worker", vec_types, content or None)


def start_worker(
    project: Project,
    module: str,
    vec_types: Sequence[str],
    options: Mapping[str, Any] | None = None,
    map_task: MapTask | None = None,
) -> Job:
    """Create a job and start its worker. If that fails, nothing is left behind.

    Args:
        project: open.
        module: run with the arguments of :func:`core.jobs.process.run_job`.
        vec_types: see :func:`core.jobs.job.describe_job`, like the others.
        options: likewise.
        map_task: likewise.

    Raises:
        DiskFull, StoreError: no room, or its files are no files of a project. JobError: the system refuses another
            process. OSError: the folder cannot be created.
    """
    folder = make_job_folder(project.jobs_folder, vec_types, map_task)
    # The lock is taken here, before the job is seen, and inherited: it counts as running from the start, and when the
    # worker dies for any reason, the kernel releases it.
    try:
        with Lock.take(folder / JOB_LOCK_NAME, "starting", inside=DEEP) as lock:
            describe_job(folder, vec_types, options, map_task)
            _spawn(project.path, folder, lock, module)
            return Job.read(folder)
    except StoreError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise disk_full(error, folder) or JobError(
            f"the worker could not be started ({error.strerror})", "check the free memory and disk space"
        ) from error


def _spawn(project: Path, folder: Path, lock: Lock, module: str) -> None:
    worker = (sys.executable, "-P", "-m", module)
    with open_stream(folder / JOB_LOG_NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, inside=DEEP) as log:
        # The mask is inherited: a signal that arrives before the worker can handle it is kept pending.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            process = subprocess.Popen(
                [*worker, os.fspath(project), os.fspath(folder), str(lock.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
                cwd="/",  # so that the disk of the current folder can be unmounted
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    lock.describe(f"worker {process.pid}")
    # The worker outlives this process. While this process lives, workers that have ended are reaped here.
    _children.append(process)
    _children[:] = [child for child in _children if child.poll() is None]


_children: list[subprocess.Popen[bytes]] = []
