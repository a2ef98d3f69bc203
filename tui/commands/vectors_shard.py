"""``pictoscope vectors create --shard``: one share of the pictures, for another machine."""

from __future__ import annotations

import signal
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.jobs.events import Event
from core.jobs.job import STOP_SIGNALS
from core.models.options import LoadOptions
from core.project import Project
from core.text import count, printable
from core.vectors.vec_type import VecType
from tui.commands.common import print_json, say
from tui.commands.follow import JobView
from tui.commands.subcommands import named_path


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--shard",
        metavar="N/OF",
        help="compute only share N of OF shares of the pictures, as in 3/40, into the folder of --out; the project is "
        "only read, its picture folders are not scanned, and `vectors merge` adds the rows to it",
    )
    parser.add_argument("--out", type=named_path, metavar="FOLDER", help="folder of the shard's rows (with --shard)")


def is_wanted(arguments: Namespace) -> bool:
    """Whether one of the options was given."""
    return arguments.shard is not None or arguments.out is not None


def run(project: Project, arguments: Namespace, vec_types: list[VecType], options: LoadOptions) -> int:
    """Compute the shard in this process."""
    from core.shards.compute import compute_shard
    from core.shards.picture_folders import parse_elsewhere
    from core.shards.shard import Shard

    if arguments.shard is None:
        raise UsageError("--out: it applies only with --shard", "leave it out, or add --shard, as in --shard 3/40")
    if arguments.out is None:
        raise UsageError("--shard needs a folder for its rows", "add --out FOLDER")
    for option, given in (
        ("--detach", arguments.detach),
        ("--sample", arguments.sample),
        ("--engine", arguments.engine),
        ("--send-pictures", arguments.send_pictures),
    ):
        if given:
            raise UsageError(f"{option}: it does not apply with --shard", "leave it out")
    shard, elsewhere = Shard.parse(arguments.shard), parse_elsewhere(arguments.elsewhere)
    view = JobView(f"shard {shard}", terminal=sys.stderr.isatty() and not arguments.json)
    with _stopping() as stop:
        try:
            result = compute_shard(
                project, vec_types, shard, Path(arguments.out), options, _Shown(view), stop, elsewhere
            )
        finally:
            view.clear()
    if arguments.json:
        print_json(
            {
                "part": str(result.part.folder),
                "shard": shard.number,
                "of": shard.of,
                "vec_types": [vec_type.name for vec_type in vec_types],
                "done": result.done,
                "failed": result.failed,
                "total": result.total,
            }
        )
    else:
        failed = f", {count(result.failed)} failed" if result.failed else ""
        say(f"{printable(result.part.folder)} holds {count(result.done)} of {count(result.total, 'picture')}{failed}")
    return 0


class _Shown:
    """Shows reports as those of a job are shown."""

    def __init__(self, view: JobView) -> None:
        self._view = view

    def write(self, kind: str, **values: Any) -> None:
        self._view.show(Event(time.time(), kind, values))


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Set by Ctrl+C and by what batch systems send: the current batch is committed, then the command ends."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
