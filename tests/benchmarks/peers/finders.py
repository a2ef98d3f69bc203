"""Near-duplicates of a folder: by Pictoscope and by peers, each with its defaults."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers.planted import Pair
from tests.benchmarks.peers.program import DRIVERS, OURS, Place


@dataclass(frozen=True)
class Finder:
    """A way to find near-duplicates.

    Attributes:
        program: its name in :data:`tests.benchmarks.peers.program.PACKAGES`.
        what: method and settings.
        command: with its arguments; its last line is JSON.
        pairs: of file names, from that JSON.
    """

    program: str
    what: str
    command: Callable[[Place], list[str]]
    pairs: Callable[[object], list[Pair]]


def finders() -> list[Finder]:
    """All of them."""
    return [
        _ours(),
        _ours("--also", "mirrored,rotated,cropped"),
        *(_driven("imagededup", method, "find_by_imagededup.py") for method in ("PHash", "DHash")),
        _driven("czkawka", "", "find_by_czkawka.py"),
        _driven("czkawka", "15", "find_by_czkawka.py"),
    ]


def _ours(*options: str) -> Finder:
    """From nothing: a scan, vectors, duplicates."""

    def command(place: Place) -> list[str]:
        program, project = place.command("pictoscope"), ["--project", str(place.run / "project")]
        steps = [
            ["add", *project, str(place.pictures)],
            ["vectors", "create", *project, "effnet-lite0"],
            ["duplicates", *project, "--json", "--list", "all", *options],
        ]
        return ["sh", "-c", " && ".join(shlex.join([program, *step]) for step in steps)]

    return Finder(OURS, " ".join(["scan, vectors, duplicates", *options]), command, _pairs_of_groups)


def _pairs_of_groups(answer: object) -> list[Pair]:
    assert isinstance(answer, dict)
    groups = [[Path(picture["path"]).name for picture in group["pictures"]] for group in answer["groups"]]
    return [pair for names in groups for pair in itertools.combinations(names, 2)]


def _driven(program: str, option: str, driver: str) -> Finder:
    def command(place: Place) -> list[str]:
        return [str(place.python), str(DRIVERS / driver), str(place.pictures), *filter(None, [option])]

    return Finder(program, option or "its default", command, _given_pairs)


def _given_pairs(answer: object) -> list[Pair]:
    assert isinstance(answer, list)
    return [(one, other) for one, other in answer]
