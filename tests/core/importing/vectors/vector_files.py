"""Files of vectors as other programs write them, and what a project has of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from core.arrays import Rows
from core.importing.vectors.plan import VectorsOptions, plan_vectors
from core.importing.vectors.report import VectorsReport
from core.importing.vectors.writing import Written
from core.keys import whole_key
from core.project import Project
from core.vectors.store import Reader
from tests.core.importing.conftest import NAMES, key

Numbers = npt.NDArray[np.generic]


def write_npy(folder: Path, rows: Numbers, names: Sequence[str]) -> Path:
    np.save(folder / "v.npy", rows)
    (folder / "v.txt").write_text("".join(f"{name}\n" for name in names))
    return folder / "v.npy"


def write_npy_by_column(folder: Path, rows: Numbers, names: Sequence[str]) -> Path:
    return write_npy(folder, np.asfortranarray(rows), names)


def write_parquet(folder: Path, rows: Numbers, names: Sequence[str]) -> Path:
    columns = {"path": list(names), "vector": [row.tolist() for row in rows]}
    pq.write_table(pa.table(columns), folder / "v.parquet", row_group_size=2)
    return folder / "v.parquet"


def write_safetensors(folder: Path, rows: Numbers, names: Sequence[str]) -> Path:
    from safetensors.numpy import save_file

    save_file({"vectors": np.ascontiguousarray(rows)}, folder / "v.safetensors", {"keys": json.dumps(list(names))})
    return folder / "v.safetensors"


def write_projector(folder: Path, rows: Numbers, names: Sequence[str]) -> Path:
    np.savetxt(folder / "vectors.tsv", rows, fmt="%.17g", delimiter="\t")
    (folder / "metadata.tsv").write_text("label\tpath\n" + "".join(f"x\t{name}\n" for name in names))
    return folder / "vectors.tsv"


WRITERS: dict[str, Callable[[Path, Numbers, Sequence[str]], Path]] = {
    "npy": write_npy,
    "npy by column": write_npy_by_column,
    "parquet": write_parquet,
    "safetensors": write_safetensors,
    "projector": write_projector,
}


def unit(count: int, dim: int = 4, seed: int = 1) -> Rows:
    """Rows of length 1."""
    rows = np.random.default_rng(seed).standard_normal((count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def look(project: Project, path: Path, name: str = "x", **options: object) -> VectorsReport:
    """What importing a file would do."""
    return plan_vectors(project, path, name, VectorsOptions(**options)).report  # type: ignore[arg-type]


def take(project: Project, path: Path, name: str = "x", **options: object) -> Written:
    """Import a file."""
    return plan_vectors(project, path, name, VectorsOptions(**options)).apply()  # type: ignore[arg-type]


def stored(project: Project, name: str = "own.x") -> dict[str, bytes]:
    """The bytes of each picture's row, by the picture's name."""
    snapshot = Reader(project.vectors_folder / name).snapshot()
    names = {key(project, name): name for name in NAMES}
    return {
        names[whole_key(found)]: snapshot.rows[number].tobytes()
        for number, found in enumerate(snapshot.keys.tolist())
        if snapshot.live[number]
    }


def expected(rows: Rows, names: Sequence[str]) -> dict[str, bytes]:
    return {name: row.tobytes() for name, row in zip(names, rows, strict=True)}
