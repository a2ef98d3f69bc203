"""Vectors as .npy and CSV, as Parquet, and for the Embedding Projector."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.errors import UsageError, VectorsMissing
from core.export import listing
from core.export.export import export
from core.export.listing import Listing
from core.labels.tags import Tags
from core.project import Project
from core.vectors.vec_type import VecType
from tests.core.export.conftest import key


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.export.table.CHUNK", 3)


def row(project: Project, name: str) -> list[float]:
    snapshot = project.covered(VecType("effnet-lite0")).snapshot
    number = snapshot.row_of(key(project, name))
    assert number is not None
    found: list[float] = snapshot.rows[number].tolist()
    return found


def test_npy_and_csv_have_the_same_order(labelled: Project, tmp_path: Path) -> None:
    names = ["owl.png", "masters/lion.png", "crab.png", "fox.png"]
    listed = Listing("four", [key(labelled, name) for name in names])
    exported = export(labelled, listed, "vectors", tmp_path / "v.npy")
    assert (exported.pictures, exported.files) == (4, (tmp_path / "v.npy", tmp_path / "v.csv"))
    rows = np.load(tmp_path / "v.npy", mmap_mode="r")
    assert (rows.shape, rows.dtype) == ((4, 1280), np.float32)
    assert rows.tolist() == [row(labelled, name) for name in names]
    with (tmp_path / "v.csv").open(newline="") as stream:
        described = list(csv.DictReader(stream))
    assert [one["key"] for one in described] == [key(labelled, name).hex() for name in names]
    assert described[0]["tags"] == "animal"


def test_pictures_without_a_vector_are_left_out_and_counted(project: Project, folder: Path, tmp_path: Path) -> None:
    (folder / "new.png").write_bytes((folder / "fox.png").read_bytes() + b"\0")
    project.scan()
    exported = export(project, listing.of_filter(project, ""), "vectors", tmp_path / "v.npy")
    assert (exported.pictures, exported.left_out) == (7, 1)
    assert np.load(tmp_path / "v.npy").shape == (7, 1280)
    exported = export(project, listing.of_filter(project, "name:new"), "vectors", tmp_path / "none.npy")
    assert (exported.pictures, np.load(tmp_path / "none.npy").shape) == (0, (0, 1280))


def test_parquet_has_a_list_of_fixed_size(project: Project, tmp_path: Path) -> None:
    export(project, listing.of_filter(project, ""), "vectors", tmp_path / "v.parquet")
    table = pq.read_table(tmp_path / "v.parquet")
    assert (table.num_rows, table.schema.field("vector").type.list_size) == (7, 1280)
    assert json.loads(table.schema.metadata[b"pictoscope"]) == {"vec_type": "effnet-lite0"}
    by_key = dict(zip(table["key"].to_pylist(), table["vector"].to_pylist(), strict=True))
    assert by_key[key(project, "fox.png").hex()] == row(project, "fox.png")


def test_the_projectors_files_have_a_line_for_each_picture(labelled: Project, folder: Path, tmp_path: Path) -> None:
    Tags(labelled.catalog).add("with\ttab", [key(labelled, "fox.png")])
    (folder / "crab.png").rename(folder / "cr\nab.png")
    labelled.scan()
    exported = export(labelled, listing.of_filter(labelled, ""), "projector", tmp_path / "p.tsv")
    assert exported.files == (tmp_path / "p.tsv", tmp_path / "p.metadata.tsv")
    rows = np.loadtxt(tmp_path / "p.tsv", delimiter="\t")
    heading, *lines = (tmp_path / "p.metadata.tsv").read_text().split("\n")[:-1]
    assert (rows.shape, len(lines)) == ((7, 1280), 7)
    columns = heading.split("\t")
    assert {len(line.split("\t")) for line in lines} == {len(columns)}
    described = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
    (fox,) = [number for number, one in enumerate(described) if one["path"].endswith("fox.png")]
    assert described[fox]["tags"] == "with\\ttab"
    assert rows.astype(np.float32)[fox].tolist() == row(labelled, "fox.png")
    assert described[fox]["key"] == key(labelled, "fox.png").hex()


def test_vectors_that_are_not_there_are_said_to_be_missing(project: Project, tmp_path: Path) -> None:
    with pytest.raises(VectorsMissing, match="there are no vectors conse yet"):
        export(project, listing.of_filter(project, ""), "vectors", tmp_path / "v.npy", vec_type="conse")
    with pytest.raises(UsageError):
        export(project, listing.of_filter(project, ""), "vectors", tmp_path / "v.npy", vec_type="no such")
