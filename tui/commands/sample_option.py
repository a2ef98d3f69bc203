"""``--sample``: compute some pictures first, and say what all would take."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import JobError, PictoscopeError, UsageError
from core.jobs.job import Job
from core.jobs.launch import create_vectors, refuse_existing, restart_vectors
from core.project import Project
from core.vectors.vec_type import VecType
from core.vectors.vec_types import exists
from tui.commands.common import say, scan
from tui.commands.follow import follow
from tui.commands.number_option import add_number


def add_sample_option(parser: ArgumentParser, help_text: str) -> None:
    """Add the option; :func:`sample_size` reads it."""
    add_number(parser, "--sample", help_text)


def sample_size(arguments: Namespace) -> int:
    """Pictures wanted; 0 for all."""
    return arguments.sample or 0


@dataclass(frozen=True)
class SampleRun:
    """What became of the jobs.

    Attributes:
        code: of the exit; not 0 where the user left a job to itself (Ctrl+C), and no further one was started.
        rates: pictures a second of each job that computed some, by the name of its vec type.
        names: of the vec types that are there to be compared.
        failed: why others are not, by their names.
    """

    code: int
    rates: Mapping[str, float]
    names: Sequence[str] = ()
    failed: Mapping[str, PictoscopeError] = field(default_factory=dict)


def compute_sample(project: Project, names: list[str], size: int, *, as_json: bool) -> SampleRun:
    """Compute what the sample lacks in each vec type, one after the other: one that fails does not stop the others.

    Vec types that do not exist are created; imported ones are left as they are.

    Raises:
        UsageError: no vec type is named, or only imported ones; a model is unknown, or there are no pictures.
        JobError: of those that were named some failed, and fewer than two remain.
    """
    named, wanted = _named(names)
    new = {vec_type for vec_type in wanted if not exists(project.vectors_folder, vec_type.name)}
    for vec_type in new:  # what cannot be is said before anything is started
        refuse_existing(project, vec_type)
    if project.catalog.count() == 0:
        scan(project)
    if project.catalog.count() == 0:
        raise UsageError("the project has no pictures", "add a folder that has some: pictoscope add FOLDER")
    rates: dict[str, float] = {}
    failed: dict[str, PictoscopeError] = {}
    for vec_type in wanted:
        try:
            job = _job(project, vec_type, size, new=vec_type in new)
            if code := follow(job, as_json=as_json):
                return SampleRun(code, rates)
        except PictoscopeError as error:
            failed[vec_type.name] = error
            say(failure_words(vec_type.name, error))
            continue
        ended = Job.read(job.folder)
        if rate := ended.rates.get(vec_type.name, ended.rate):
            rates[vec_type.name] = rate
    remaining = [vec_type.name for vec_type in named if vec_type.name not in failed]
    if failed and len(remaining) < 2:
        raise _too_few(failed)
    return SampleRun(0, rates, remaining, failed)


def _named(names: Sequence[str]) -> tuple[list[VecType], list[VecType]]:
    """The named vec types, each once, and those of them whose model is here."""
    if not names:
        raise UsageError("--sample needs to know which models to try", "for example: compare clip dinov2 --sample 2000")
    named = list(map(VecType.parse, dict.fromkeys(names)))
    wanted = [vec_type for vec_type in named if not vec_type.is_imported]
    if not wanted:
        raise UsageError("--sample: it does not apply to imported vectors, whose model is not here", "leave it out")
    return named, wanted


def failure_words(name: str, error: PictoscopeError) -> str:
    """Why a vec type is not compared, in one line."""
    hint = f" ({error.hint})" if error.hint else ""
    return f"{name} is left out: {error.message.removeprefix(f'{name}: ')}{hint}"


def _too_few(failed: Mapping[str, PictoscopeError]) -> JobError:
    reasons = "; ".join(f"{name} failed: {error.message.removeprefix(f'{name}: ')}" for name, error in failed.items())
    hint = next(filter(None, (error.hint for error in failed.values())), "name others")
    return JobError(f"a comparison needs two vec types; {reasons}", hint)


def _job(project: Project, vec_type: VecType, size: int, *, new: bool) -> Job:
    if new:
        return create_vectors(project, vec_type, sample=size)
    return restart_vectors(project, vec_type.name, sample=size)
