"""``pictoscope vectors``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from core.errors import PictoscopeError, StoreDamaged, UsageError
from core.jobs import job as jobs
from core.jobs.job import Job, State
from core.jobs.launch import create_vectors, delete_vectors, refuse_existing, restart_vectors
from core.models.options import DEVICES, PRECISIONS, LoadOptions
from core.project import Project
from core.text import byte_size, count, printable
from core.vectors import store, vec_types
from core.vectors.vec_type import VecType
from core.vectors.vec_types import VecTypeStatus
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
    default = add_command(commands, "default", "say or choose which vectors actions take")
    default.add_argument("vec_type", nargs="?", metavar="VEC_TYPE")


def _add_run_options(parser: ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="return at once with the job's id")
    parser.add_argument("--device", default="auto", metavar="DEVICE", help=f"{', '.join(DEVICES)}, or cuda:N")
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
    found: list[dict[str, Any]] = []
    for name in arguments.vec_types:
        _check_there(project, name)
    for name in arguments.vec_types or vec_types.names(project.vectors_folder):
        folder = project.vectors_folder / name
        result = store.repair(folder) if arguments.repair else store.verify(folder)
        found.append({"vec_type": name, "rows": result.rows, "bad": [key.hex() for key in result.bad]})
        say(f"{name}: {count(result.rows, 'row')} checked, {count(len(result.bad))} damaged")
    if arguments.json:
        print_json(found)
    bad = [entry["vec_type"] for entry in found if entry["bad"]]
    if bad and arguments.repair:
        say(f"taken back; compute them anew: pictoscope vectors restart {' '.join(bad)}")
    elif bad:
        raise StoreDamaged(
            f"damaged rows in {', '.join(bad)}", "mend them: pictoscope vectors verify --repair, then restart"
        )
    return 0


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
