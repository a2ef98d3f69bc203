"""What a benchmark runs: a program, where its interpreter is, which version it has, and the folders that it may use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers import weights

DRIVERS = Path(__file__).parent
OURS = "pictoscope"
PACKAGES = {  # of each program: the distribution whose version is said
    OURS: "pictoscope",
    "plain": "torch",
    "rclip": "rclip",
    "panoptic": "panopticml",
    "clip-retrieval": "clip-retrieval",
    "fiftyone": "fiftyone",
    "imagededup": "imagededup",
    "czkawka": "czkawka",
}
PEERS = tuple(name for name in PACKAGES if name not in (OURS, "plain"))


@dataclass(frozen=True)
class Place:
    """Where a program works.

    Attributes:
        python: the interpreter that has its packages.
        pictures: a folder of pictures, and nothing else.
        run: a folder of this run, empty at first; the program is started in it.
        weights: see :func:`tests.benchmarks.peers.weights.write_weights`.
        home: the home folder of all runs, in which programs keep what they keep for a user.
    """

    python: Path
    pictures: Path
    run: Path
    weights: Path
    home: Path

    def command(self, name: str) -> str:
        """A command that was installed with the program."""
        return str(self.python.with_name(name))


@dataclass(frozen=True)
class Filling:
    """A way to compute a row for each picture of a folder.

    Attributes:
        program: its name in :data:`PACKAGES`.
        what: model and settings.
        command: with its arguments.
        count: how many rows are on the disk afterwards, from the place and what the command printed.
        environment: what it needs beside that of all programs.
        convertible: whether ``what`` is a model that Pictoscope converts once, before or in its first large job.
    """

    program: str
    what: str
    command: Callable[[Place], list[str]]
    count: Callable[[Place, list[str]], int]
    environment: Callable[[Place], Mapping[str, str]] = lambda place: {}
    convertible: bool = False


def environment(place: Place, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program: it sees none of our packages, downloads nothing, and has its own home."""
    ours = ("PYTHON", "XDG_", "HF_", "TORCH_", "PICTOSCOPE_", "FIFTYONE_", "RCLIP_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    offline = {"HOME": str(place.home), "HF_HUB_CACHE": str(place.weights / weights.HUB), "HF_HUB_OFFLINE": "1"}
    return kept | offline | dict(more)


def interpreters(given: list[str]) -> dict[str, Path]:
    """Interpreters by program, from options ``NAME=PATH``. Ours and that of the plain way are this one.

    Raises:
        ValueError: there is no such program or interpreter.
    """
    found = {OURS: Path(sys.executable), "plain": Path(sys.executable)}
    for option in given:
        name, _, path = option.partition("=")
        if name not in PEERS or not Path(path).exists():
            raise ValueError(f"{option}: NAME=PYTHON, where NAME is one of {', '.join(PEERS)}")
        found[name] = Path(path).absolute()  # not resolved: a virtual environment's is a link
    return found


def version(program: str, python: Path) -> str:
    """The version of a program; empty if its interpreter has no such package."""
    asked = f"from importlib.metadata import version; print(version({PACKAGES[program]!r}))"
    done = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False)
    return done.stdout.strip()
