"""What the tests of shards share: computing them in this process, by a model that costs nothing, and comparing rows."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from core.models.options import LoadOptions
from core.project import Project
from core.shards.compute import ShardResult, compute_shard
from core.shards.shard import Shard
from core.vectors import store
from core.vectors.vec_type import VecType
from tests.core.vectors.stand_in_model import StandIn
from tests.core.vectors.vector_helpers import content
from tests.filled_projects import fill_vectors

EFFNET = VecType("effnet-lite0")
PICTURES = 90  # in 40 shards most have some, and some none
OF = 40


class Reported:
    """Keeps what a run reports."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.progress: list[dict[str, Any]] = []

    def write(self, kind: str, **values: Any) -> None:
        """Keep it."""
        if kind == "log":
            self.lines.append(values["text"])
        elif kind == "progress":
            self.progress.append(values)


def compute(
    project: Project,
    shard: Shard,
    out: Path,
    *vec_types: VecType,
    reported: Reported | None = None,
    stop: threading.Event | None = None,
    options: LoadOptions | None = None,
) -> ShardResult:
    """Compute a shard of EFFNET, or of these."""
    return compute_shard(
        project,
        vec_types or (EFFNET,),
        shard,
        out,
        options or LoadOptions(),
        reported or Reported(),
        stop or threading.Event(),
    )


def all_parts(project: Project, folder: Path, of: int = OF) -> list[Path]:
    """The parts of all shards."""
    return [compute(project, Shard(number, of), folder / f"part-{number}").part.folder for number in range(1, of + 1)]


def rows(project: Project, name: str = "effnet-lite0") -> dict[bytes, bytes]:
    """The row's bytes of every key."""
    return content(project.vectors_folder / name)


def stored(project: Project, name: str = "effnet-lite0") -> int:
    """Rows in the file, whether they count or not."""
    return len(store.Reader(project.vectors_folder / name).snapshot().rows)


def rows_of_one_machine(project: Project) -> dict[bytes, bytes]:
    """What a run over all pictures gives; the project is left without vectors."""
    fill_vectors(project, StandIn(), [EFFNET])
    found = rows(project)
    store.delete(project.vectors_folder / "effnet-lite0")
    return found
