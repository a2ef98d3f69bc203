"""``pictoscope vectors``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from core.errors import PictoscopeError, StoreDamaged, StoreError, UsageError
from core.jobs import job as jobs
from core.jobs.job import Job, State
from core.jobs.launch import create_vectors, delete_vectors, refuse_existing, restart_vectors
from core.models.options import DEVICES, PRECISIONS, LoadOptions
from core.project import Project
from core.text import byte_size, count, printable
from core.vectors import store, vec_types
from core.vectors.vec_type import VecType
from core.vectors.vec_types import VecTypeStatus
from tui.commands import failures
from tui.commands.common import open_project, print_json, print_table, say, scan
from tui.commands.follow import follow
from tui.commands.jobs import job_json
from tui.commands.subcommands import add_command


def configure(parser: ArgumentParser) -> None:
    """Its sub-commands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    create = add_command(commands, "create", "compute vectors with one or several models")
    create.add_argument("models", nargs="+", metavar="MODEL", help="`pictoscope models` lists them")
    create.add_argument(
        "--greyscale", action="store_true", help="ignore colour: for collections that mix colour and b/w"
    )
    create.add_argument(
        "--allow-remote-code", action="store_true", help="consent to running Python code out of a model's repository"
    )
    _add_run_options(create)
    add_command(commands, "list", "which vectors there are and how complete")
    restart = add_command(commands, "restart", "compute what is missing: interrupted, failed, added since")
    restart.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="all that are incomplete if left out")
    _add_run_options(restart)
    delete = add_command(commands, "delete", "delete vectors (never pictures)")
    delete.add_argument("vec_types", nargs="+", metavar="VEC_TYPE")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    verify = add_command(commands, "verify", "compare every row with its checksum")
    verify.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="all if left out")
    verify.add_argument(
        "--repair", action="store_true", help="take damaged rows back, so that Restart computes them anew"
    )
    verify.add_argument("--restart", action="store_true", help="with --repair: compute what was taken back at once")
    compact = add_command(commands, "compact", "give the room of rows that count no longer back")
    compact.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="all if left out")
    failures.configure(add_command(commands, "failures", "which pictures could not be read, and why"))
    default = add_command(commands, "default", "say or choose which vectors actions take")
    default.add_argument("vec_type", nargs="?", metavar="VEC_TYPE")


def _add_run_options(parser: ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="return at once with the job's id")
    parser.add_argument(
        "--device",
        default="auto",
        metavar="DEVICE",
        help=f"{', '.join(DEVICES)}, cuda:N, or several: cuda:0,cuda:1. auto: every GPU there is, else the processor",
    )
    parser.add_argument(
        "--precision", default="auto", choices=PRECISIONS, help="auto: half precision where it is faster and as good"
    )
    parser.add_argument("--batch-size", type=int, default=0, metavar="N", help="pictures at a time; 0 for what suits")


def _options(arguments: Namespace) -> LoadOptions:
    if arguments.batch_size < 0:
        raise UsageError("--batch-size is below 0", "leave it out for what suits the machine")
    return LoadOptions(
        device=arguments.device,
        precision=arguments.precision,
        batch_size=arguments.batch_size,
        allow_remote_code=getattr(arguments, "allow_remote_code", False),
    )


def run(arguments: Namespace) -> int:
    """Dispatch."""
    handlers = {
        "create": _create,
        "list": _list,
        "restart": _restart,
        "delete": _delete,
        "verify": _verify,
        "compact": _compact,
        "failures": _failures,
        "default": _default,
    }
    with open_project(arguments) as project:
        return handlers[arguments.command](project, arguments)


def _create(project: Project, arguments: Namespace) -> int:
    wanted = [VecType.of(model, arguments.greyscale) for model in dict.fromkeys(arguments.models)]
    for vec_type in wanted:  # what cannot be is said before anything is started
        refuse_existing(project, vec_type)
    if project.catalog.count() == 0:
        scan(project)
    return _run_job(create_vectors(project, *wanted, options=_options(arguments)), arguments)


def _restart(project: Project, arguments: Namespace) -> int:
    names = list(dict.fromkeys(arguments.vec_types))
    for name in names:  # what cannot be is said before anything is started
        _check_there(project, name)
    if not names:
        scan(project)
        names = [status.vec_type.name for status in _statuses(project) if status.done < status.total]
        if not names:
            say("nothing to do: every vec type is complete")
            if arguments.json:
                print_json([])
            return 0
    return _run_job(restart_vectors(project, *names, options=_options(arguments)), arguments)


def _run_job(job: Job, arguments: Namespace) -> int:
    code = 0 if arguments.detach else follow(job, as_json=arguments.json)
    if arguments.json:
        print_json([job_json(jobs.read(job.folder))])
    elif arguments.detach:
        print(job.id)
    return code


def _list(project: Project, arguments: Namespace) -> int:
    statuses = _statuses(project)
    if arguments.json:
        print_json([_status_json(status) for status in statuses])
        return 0
    if not statuses:
        say("no vectors yet: pictoscope vectors create MODEL (pictoscope models lists them)")
        return 0
    running = {
        name for job in jobs.all_jobs(project.jobs_folder) if job.state is State.RUNNING for name in job.vec_types
    }
    rows = [("", "vec type", "model", "grey", "dim", "done / total", "failed", "size", "")]
    rows += [
        (
            "★" if status.default else "",
            status.vec_type.name,
            status.vec_type.model,
            "yes" if status.vec_type.greyscale else "–",
            str(status.dim),
            status.coverage,
            count(status.failed),
            byte_size(status.size),
            status.problem or ("running" if status.vec_type.name in running else ""),
        )
        for status in statuses
    ]
    print_table(rows, right=(4, 5, 6, 7))
    return 0


def _delete(project: Project, arguments: Namespace) -> int:
    names = list(dict.fromkeys(arguments.vec_types))
    for name in names:
        _check_there(project, name)
    if not arguments.yes and not _confirmed(names):
        raise PictoscopeError("nothing was deleted", "answer y, or add --yes")
    for name in names:
        delete_vectors(project, name)
        say(f"deleted {name}")
    if arguments.json:
        print_json({"deleted": names})
    return 0


def _confirmed(names: list[str]) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("deleting vectors needs a yes", "add --yes")
    # Not input(): its question would go to stdout where that is a pipe, and Ctrl+D would be an exception.
    sys.stderr.write(f"delete the vectors {', '.join(names)}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _verify(project: Project, arguments: Namespace) -> int:
    if arguments.restart and not arguments.repair:
        raise UsageError("--restart goes with --repair", "pictoscope vectors verify --repair --restart")
    names = _chosen(project, arguments.vec_types)
    found: dict[str, store.Verification] = {}
    problems: dict[str, StoreError] = {}
    for name in names:
        folder = project.vectors_folder / name
        try:
            found[name] = store.repair(folder) if arguments.repair else store.verify(folder)
        except StoreError as error:  # the others are looked at all the same
            problems[name] = error
        else:
            say(f"{name}: {_verified(found[name])}")
    project.catalog.check()
    bad = [name for name in found if found[name].bad or found[name].lost_records]
    code = follow(restart_vectors(project, *bad), as_json=arguments.json) if bad and arguments.restart else 0
    if arguments.json and found:
        print_json([_verified_json(name, found[name]) for name in found])
    if problems:
        first, *more = problems.values()
        for other in more:
            say(f"{printable(other.message)} ({printable(other.hint)})")
        raise first
    if bad and not arguments.repair:
        hint = f"mend them: pictoscope vectors verify --repair --restart {' '.join(bad)}"
        raise StoreDamaged(f"damaged rows in {', '.join(bad)}", hint)
    if bad and not arguments.restart:
        say(f"taken back; compute them anew: pictoscope vectors restart {' '.join(bad)}")
    return code


def _verified(found: store.Verification) -> str:
    lost = f", {count(found.lost_records)} journal records lost" if found.lost_records else ""
    return f"{count(found.rows, 'row')} checked, {count(len(found.bad))} damaged{lost}"


def _verified_json(name: str, found: store.Verification) -> dict[str, Any]:
    lost = {"lost_records": found.lost_records} if found.lost_records else {}
    return {"vec_type": name, "rows": found.rows, "bad": [key.hex() for key in found.bad], **lost}


def _compact(project: Project, arguments: Namespace) -> int:
    answers: list[dict[str, Any]] = []
    for name in _chosen(project, arguments.vec_types):
        done = store.compact(project.vectors_folder / name)
        answers.append({"vec_type": name, "rows": done.rows, "before": done.before, "after": done.after})
        say(f"{name}: {byte_size(done.before)} before, {byte_size(done.after)} now, {count(done.rows, 'row')}")
        if done.dropped:
            say(f"{name}: {count(len(done.dropped))} damaged; compute them anew: pictoscope vectors restart {name}")
    if arguments.json:
        print_json(answers)
    return 0


def _chosen(project: Project, names: list[str]) -> list[str]:
    """The vec types that were named, each once; all that have rows if none were."""
    for name in names:
        _check_there(project, name)
    folder = project.vectors_folder
    return list(dict.fromkeys(names)) or [name for name in vec_types.names(folder) if vec_types.is_begun(folder, name)]


def _failures(project: Project, arguments: Namespace) -> int:
    for name in arguments.vec_types:
        _check_there(project, name)
    return failures.run(project, arguments)


def _default(project: Project, arguments: Namespace) -> int:
    if arguments.vec_type:
        _check_there(project, arguments.vec_type)
        project.change_settings(replace(project.settings, default_vec_type=arguments.vec_type))
    current = project.settings.default_vec_type
    if arguments.json:
        print_json({"default": current or None})
    else:
        print(printable(current) or "none yet")
    return 0


def _check_there(project: Project, name: str) -> None:
    VecType.parse(name)
    if not vec_types.exists(project.vectors_folder, name):
        raise UsageError(f"there are no vectors {name}", "see: pictoscope vectors list")


def _statuses(project: Project) -> list[VecTypeStatus]:
    return project.statuses()


def _status_json(status: VecTypeStatus) -> dict[str, Any]:
    return {
        "vec_type": status.vec_type.name,
        "model": status.vec_type.model,
        "greyscale": status.vec_type.greyscale,
        "dim": status.dim,
        "done": status.done,
        "failed": status.failed,
        "total": status.total,
        "default": status.default,
        **({"problem": status.problem} if status.problem else {}),
    }
