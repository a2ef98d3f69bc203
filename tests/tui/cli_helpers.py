"""What the tests of the command line share: running a command, on a terminal too, small pictures, waiting."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.jobs.job import Job, all_jobs
from tests.patience import until as until

# The vec types that `filled` has, as `vectors list` sorts them.
NAMES = ["conse", "effnet-lite0", "effnet-lite0+grey"]


@dataclass(frozen=True)
class Said:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """With ``--json``: the answer."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """With ``--json``: the last line on stderr."""
        told: dict[str, str] = json.loads(self.err.splitlines()[-1])
        return told


Run = Callable[..., Said]


def refused(run: Run, *words: object, code: int, says: str) -> str:
    """Check that a command ends with one line on stderr, and with one object there for ``--json``; return its hint."""
    said = run(*words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith("pictoscope: ")
    assert (said.err.count("\n"), says in said.err) == (1, True), said.err
    said = run(*words, "--json")
    assert (said.code, said.out, said.err.count("\n")) == (code, "", 1)
    assert set(said.error) == {"error", "hint"}
    assert says in said.error["error"]
    return said.error["hint"]


def command_line(*arguments: str) -> list[str]:
    """The command as a process of its own."""
    return [sys.executable, "-m", "tui.cli", *arguments]


def on_terminal(*arguments: str, typed: bytes = b"") -> tuple[int, str]:
    """Exit code, and what a command shows on a terminal where ``typed`` is typed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command_line(*arguments), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, typed)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(), shown.decode()


def draw(path: str | bytes | Path, number: int) -> None:
    """A small picture of noise, different for each number."""
    with open(path, "wb") as stream:
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)).save(stream, "PNG")


def only_job(folder: Path) -> Job:
    """The job of the project in ``folder``."""
    (job,) = all_jobs(folder / ".pictoscope" / "jobs")
    return job
