"""Moves of files that die at a step, as forks of a small process.

The process of the tests has a gigabyte by the time: to fork it takes ten times as long as a move.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from tests.attacks import kill_steps
from tests.attacks.move_helpers import Place


class MoveServer:
    """Moves files aside and back in processes that are killed.

    with MoveServer() as server:
        code = server.run(place, "aside", "two file systems", at=7, how="torn", counts=tmp_path / "counts")
    """

    def __enter__(self) -> MoveServer:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from tests.attacks.move_server import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            text=True,
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()

    def run(self, place: Place, way: str, system: str, at: int, how: str, counts: Path) -> int:
        """Move in a process that dies at a step. Gives its exit code, negative for the signal.

        Args:
            place: where.
            way: ``aside`` or ``back``.
            system: what links there are, see :func:`refuse_links`.
            at: see ``KILL_AT`` in :mod:`tests.attacks.kill_steps`, like the others.
            how: ``KILL_HOW``.
            counts: ``KILL_COUNT``.
        """
        assert self._process.stdin and self._process.stdout
        kill = {"KILL_AT": str(at), "KILL_HOW": how, "KILL_COUNT": str(counts)}
        folders = [str(folder) for folder in (place.root, place.project, place.aside)]
        request = {"folders": folders, "way": way, "system": system}
        request["environment"] = kill | {"PICTOSCOPE_HOME": os.environ["PICTOSCOPE_HOME"]}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve() -> None:
    """What the process of :class:`MoveServer` does."""
    gc.freeze()  # else each fork's first look for garbage copies all that has been imported
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _move(json.loads(line))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


def _move(request: dict[str, Any]) -> NoReturn:
    try:
        os.environ.update(request["environment"])
        refuse_links(request["system"])
        kill_steps.count_calls("link", "rename")
        place = Place(*map(Path, request["folders"]))
        (place.move if request["way"] == "aside" else place.back)()
        os._exit(0)
    except BaseException:  # noqa: BLE001  whatever it was, it must not go on as a second server
        traceback.print_exc()
        os._exit(1)


def refuse_links(system: str) -> None:
    """In a process that is to die: links as they are between two file systems, or where there are none."""
    real = os.link

    def link(source: Any, target: Any, **options: Any) -> None:
        if system == "no hard links" or not os.fsencode(source).endswith(b"-part"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target, **options)

    if system != "one file system":
        os.link = link
