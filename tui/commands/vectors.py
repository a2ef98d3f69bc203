"""``pictoscope vectors``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from core.errors import PictoscopeError, StoreDamaged, StoreError, UsageError
from core.jobs.job import Job, State, all_jobs
from core.jobs.launch import create_vectors, delete_vectors, refuse_existing, restart_vectors
from core.models.options import DEVICES, PRECISIONS, RUNTIMES, LoadOptions, is_device
from core.project import Project
from core.text import byte_size, count, printable
from core.vectors import indexing, store, vec_types
from core.vectors.vec_type import VecType
from core.vectors.vec_types import VecTypeStatus, how_to_complete
from core.vectors.verification import Verification, repair, verify
from tui.commands import engine_options, failures, vectors_import, vectors_index, vectors_merge, vectors_shard
from tui.commands.common import open_project, print_json, print_table, say, scan
from tui.commands.follow import follow
from tui.commands.jobs import job_json
from tui.commands.number_option import add_number
from tui.commands.parser import Parser
from tui.commands.sample_option import add_sample_option, sample_size
from tui.commands.subcommands import add_command, sub_commands

_NAMES_OF_DEVICES = f"{', '.join(DEVICES)}, cuda:N, or several: cuda:0,cuda:1"


def configure(parser: Parser) -> None:
    commands = sub_commands(parser)
    create = add_command(commands, "create", "compute vectors with one or several models")
    create.add_argument(
        "models",
        nargs="+",
        metavar="MODEL",
        help="a name that `pictoscope models` prints, hf:ORG/NAME, open_clip:ARCH/TAG, timm:NAME or a folder",
    )
    create.add_argument(
        "--greyscale", action="store_true", help="ignore colour, for collections that mix colour and black-and-white"
    )
    create.add_argument(
        "--allow-remote-code", action="store_true", help="allow Python code from the model's repository to run"
    )
    _add_run_options(create)
    engine_options.configure(create, others=" or --shard")
    vectors_shard.configure(create)
    vectors_merge.configure(
        add_command(commands, "merge", "merge the rows of shards, which other machines computed by `create --shard`")
    )
    vectors_import.configure(
        add_command(commands, "import", "import vectors that another program made, as a vec type own.NAME")
    )
    add_command(commands, "list", "list the vec types, and how complete they are")
    restart = add_command(
        commands, "restart", "compute the missing vectors: of interrupted jobs, failed pictures and new pictures"
    )
    restart.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="vec types (default: all incomplete ones)")
    _add_run_options(restart)
    engine_options.configure(restart)
    delete = add_command(commands, "delete", "delete vectors (never pictures)")
    delete.add_argument("vec_types", nargs="+", metavar="VEC_TYPE", help="a name that `vectors list` prints")
    delete.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    verify = add_command(commands, "verify", "check every row against its checksum")
    verify.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="vec types (default: all)")
    verify.add_argument(
        "--repair", action="store_true", help="discard damaged rows, so that `vectors restart` computes them again"
    )
    verify.add_argument("--restart", action="store_true", help="with --repair: compute the discarded rows at once")
    compact = add_command(commands, "compact", "free the disk space of rows that are no longer used")
    compact.add_argument("vec_types", nargs="*", metavar="VEC_TYPE", help="vec types (default: all)")
    vectors_index.configure(add_command(commands, "index", vectors_index.HELP))
    failures.configure(add_command(commands, "failures", "list the pictures that could not be read, with the reasons"))
    default = add_command(commands, "default", "print or set the vec type that actions use")
    default.add_argument(
        "vec_type", nargs="?", metavar="VEC_TYPE", help="the new default; left out, the current one is printed"
    )


def _add_run_options(parser: ArgumentParser) -> None:
    add_sample_option(
        parser, "only N pictures, spread over folders and dates; `vectors restart` computes the others later"
    )
    parser.add_argument("--detach", action="store_true", help="print the id of the job and return at once")
    parser.add_argument(
        "--device",
        default="auto",
        metavar="DEVICE",
        help=f"{_NAMES_OF_DEVICES}; auto is all GPUs, else the processor (default: auto)",
    )
    parser.add_argument(
        "--precision",
        default="auto",
        choices=PRECISIONS,
        help="auto is half precision where it is faster and loses no quality (default: auto)",
    )
    parser.add_argument(
        "--runtime",
        default="auto",
        choices=RUNTIMES,
        help="library that runs the model on a processor (CPU); auto is OpenVINO where a trial shows that it is faster "
        "and gives equal rows, else torch (default: auto)",
    )
    add_number(parser, "--batch-size", "pictures at a time", most=65_536, auto=True)


def _options(arguments: Namespace) -> LoadOptions:
    if not is_device(arguments.device):
        raise UsageError(f"--device: {printable(arguments.device)!r} is not a choice", f"one of: {_NAMES_OF_DEVICES}")
    return LoadOptions(
        device=arguments.device,
        precision=arguments.precision,
        batch_size=arguments.batch_size,
        runtime=arguments.runtime,
        allow_remote_code=getattr(arguments, "allow_remote_code", False),
    )


def run(arguments: Namespace) -> int:
    handlers = {
        "create": _create,
        "import": vectors_import.run,
        "merge": vectors_merge.run,
        "list": _list,
        "restart": _restart,
        "delete": _delete,
        "verify": _verify,
        "compact": _compact,
        "index": _index,
        "failures": _failures,
        "default": _default,
    }
    with open_project(arguments) as project:
        if not (arguments.command == "create" and vectors_shard.is_wanted(arguments)):  # which only reads the project
            store.remove_deleted(project.vectors_folder)
        return handlers[arguments.command](project, arguments)


def _create(project: Project, arguments: Namespace) -> int:
    wanted = [VecType.of(model, arguments.greyscale) for model in dict.fromkeys(arguments.models)]
    if vectors_shard.is_wanted(arguments):
        return vectors_shard.run(project, arguments, wanted, _options(arguments))
    engine = engine_options.chosen(arguments)
    for vec_type in wanted:  # what cannot be is said before anything is started
        refuse_existing(project, vec_type)
    if project.catalog.count() == 0:
        scan(project)
    job = create_vectors(project, *wanted, options=_options(arguments), sample=sample_size(arguments), engine=engine)
    return _run_job(job, arguments)


def _restart(project: Project, arguments: Namespace) -> int:
    names = list(dict.fromkeys(arguments.vec_types))
    for name in names:  # what cannot be is said before anything is started
        _check_there(project, name)
    engine = engine_options.chosen(arguments)
    if not names:
        scan(project)
        incomplete = [status.vec_type for status in _statuses(project) if status.done < status.total]
        for vec_type in incomplete:
            if vec_type.is_imported:
                say(f"{vec_type} is left out: {how_to_complete(vec_type)}")
        names = [vec_type.name for vec_type in incomplete if not vec_type.is_imported]
        if not names:
            say("nothing to do: every vec type is complete" if not incomplete else "nothing to compute")
            if arguments.json:
                print_json([])
            return 0
    job = restart_vectors(project, *names, options=_options(arguments), sample=sample_size(arguments), engine=engine)
    return _run_job(job, arguments)


def _run_job(job: Job, arguments: Namespace) -> int:
    code = 0 if arguments.detach else follow(job, as_json=arguments.json)
    if arguments.json:
        print_json([job_json(Job.read(job.folder))])
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
    running = {name for job in all_jobs(project.jobs_folder) if job.state is State.RUNNING for name in job.vec_types}
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
            status.problem or _state(status, running),
        )
        for status in statuses
    ]
    print_table(rows, right=(4, 5, 6, 7))
    return 0


def _state(status: VecTypeStatus, running: set[str]) -> str:
    if status.vec_type.is_imported:
        return "imported"
    return "running" if status.vec_type.name in running else ""


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
        raise UsageError("deleting vectors needs your confirmation", "add --yes")
    # Not input(): its question would go to stdout where that is a pipe, and Ctrl+D would be an exception.
    sys.stderr.write(f"delete the vectors {', '.join(names)}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _verify(project: Project, arguments: Namespace) -> int:
    if arguments.restart and not arguments.repair:
        raise UsageError("--restart: it applies only with --repair", "leave it out, or add --repair")
    names = _chosen(project, arguments.vec_types)
    verified: dict[str, Verification] = {}
    problems: dict[str, StoreError] = {}
    for name in names:
        folder = project.vectors_folder / name
        try:
            verified[name] = repair(folder) if arguments.repair else verify(folder)
        except StoreError as error:  # the others are looked at all the same
            problems[name] = error
        else:
            say(f"{name}: {_verified(verified[name])}")
    project.catalog.check()
    bad = [name for name in verified if verified[name].bad or verified[name].lost_records]
    wrong = [name for name in verified if verified[name].wrong_codes]
    code = _compute_again(project, bad, arguments) if arguments.repair else 0
    if arguments.json and verified:
        print_json([_verified_json(name, verified[name]) for name in verified])
    if problems:
        first, *more = problems.values()
        for other in more:
            say(f"{printable(other.message)} ({printable(other.hint)})")
        raise first
    if bad and not arguments.repair:
        hint = f"fix them: pictoscope vectors verify --repair --restart {' '.join(bad)}"
        raise StoreDamaged(f"damaged rows in {', '.join(bad)}", hint)
    if wrong and not arguments.repair:
        hint = f"delete them, they are derived from the rows: pictoscope vectors verify --repair {' '.join(wrong)}"
        raise StoreDamaged(f"wrong codes in {', '.join(wrong)}", hint)
    return code


def _compute_again(project: Project, bad: list[str], arguments: Namespace) -> int:
    """Restart vec types whose damaged rows were discarded, or say how; imported rows can only be imported again."""
    computed = []
    for vec_type in map(VecType.parse, bad):
        if vec_type.is_imported:
            say(f"{vec_type}: damaged rows discarded; import them again: {vec_type.create_command}")
        else:
            computed.append(vec_type.name)
    if computed and arguments.restart:
        return follow(restart_vectors(project, *computed), as_json=arguments.json)
    if computed:
        say(f"damaged rows discarded; compute them again: pictoscope vectors restart {' '.join(computed)}")
    return 0


def _verified(found: Verification) -> str:
    lost = f", {count(found.lost_records)} journal records lost" if found.lost_records else ""
    codes = f", {count(found.wrong_codes, 'code')} wrong" if found.wrong_codes else ""
    return f"{count(found.rows, 'row')} checked, {count(len(found.bad))} damaged{lost}{codes}"


def _verified_json(name: str, found: Verification) -> dict[str, Any]:
    lost = {"lost_records": found.lost_records} if found.lost_records else {}
    codes = {"wrong_codes": found.wrong_codes} if found.wrong_codes else {}
    return {"vec_type": name, "rows": found.rows, "bad": [key.hex() for key in found.bad], **lost, **codes}


def _compact(project: Project, arguments: Namespace) -> int:
    answers: list[dict[str, Any]] = []
    for name in _chosen(project, arguments.vec_types):
        folder = project.vectors_folder / name
        has_codes = indexing.code_bytes(store.Reader(folder).snapshot()) > 0
        done = store.compact(folder)
        if has_codes:  # they were of the rows before
            indexing.index(folder)
        answers.append({"vec_type": name, "rows": done.rows, "before": done.before, "after": done.after})
        say(f"{name}: {byte_size(done.before)} before, {byte_size(done.after)} now, {count(done.rows, 'row')}")
        if done.dropped:
            again = VecType.parse(name).restart_command
            say(f"{name}: {count(len(done.dropped))} damaged; add them again: {again}")
    if arguments.json:
        print_json(answers)
    return 0


def _index(project: Project, arguments: Namespace) -> int:
    return vectors_index.run(project, arguments, _chosen(project, arguments.vec_types))


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
        project.update_settings(lambda settings: replace(settings, default_vec_type=arguments.vec_type))
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
