"""Files of vectors as nobody would want them: each is refused in a line that says what to do, and nothing is left."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import PictoscopeError, UsageError
from core.importing.vectors.formats import open_vectors
from core.project import Project
from core.vectors import vec_types
from tests.core.importing.conftest import NAMES
from tests.core.importing.vectors.vector_files import WRITERS, look, take, unit

PATHS = NAMES[:3]


def npy(array: object, **options: bool) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def header(text: str, length: int | None = None) -> bytes:
    content = text.encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content) if length is None else length) + content


def tensors(described: object, numbers: bytes = b"", length: int | None = None) -> bytes:
    content = described if isinstance(described, bytes) else json.dumps(described).encode()
    return struct.pack("<Q", len(content) if length is None else length) + content + numbers


def table(**columns: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


class Evil:
    """Loading it would make a file."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, ("loaded",)


OBJECTS = np.array([Evil(), Evil(), Evil()], dtype=object)
KEYS = {"__metadata__": {"keys": json.dumps(PATHS)}}
F32 = {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}
BAD: dict[str, tuple[str, bytes, str]] = {
    "objects": ("v.npy", npy(OBJECTS, allow_pickle=True), "never loaded"),
    "a pickle": ("v.npy", pickle.dumps(Evil()), "never loaded"),
    "a pickle that says it is a table": ("v.tsv", pickle.dumps([Evil()]), "never loaded"),
    "npz": ("v.npz", b"PK\x03\x04 and more", "zip archive"),
    "no rows": ("v.npy", npy(np.zeros((0, 4), "f4")), "has no rows"),
    "rows of nothing": ("v.npy", npy(np.zeros((3, 0), "f4")), "rows of 0 numbers"),
    "one dimension": ("v.npy", npy(np.ones(3, "f4")), "not of rows"),
    "three dimensions": ("v.npy", npy(np.ones((3, 2, 2), "f4")), "not of rows"),
    "no dimension": ("v.npy", npy(np.float32(1)), "not of rows"),
    "too long rows": ("v.npy", npy(np.ones((1, 65_537), "u1")), "not of 1 to 65,536"),
    "texts": ("v.npy", npy(np.array([["a", "b"]])), "not numbers"),
    "complex": ("v.npy", npy(np.ones((3, 2), "c8")), "not numbers"),
    "truth": ("v.npy", npy(np.ones((3, 2), bool)), "not numbers"),
    "records": ("v.npy", npy(np.ones((3, 2), [("a", "f4")])), "not numbers"),
    "cut off": ("v.npy", npy(np.ones((3, 2), "f4"))[:-1], "ends before its last row"),
    "cut off in the header": ("v.npy", npy(np.ones((3, 2), "f4"))[:40], "is not .npy, or is damaged"),
    "only the magic": ("v.npy", b"\x93NUMPY", "is not .npy, or is damaged"),
    "a version that is not there": ("v.npy", b"\x93NUMPY\x09\x00aa", "is not .npy, or is damaged"),
    "a header that calls": (
        "v.npy",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os').mkdir('loaded')}\n"),
        "is not .npy, or is damaged",
    ),
    "a huge header": ("v.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 100_000, "is not .npy, or is damaged"),
    "a deep header": ("v.npy", header("(" * 9_000), "is not .npy, or is damaged"),
    "more rows than there are": (
        "v.npy",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4), }\n"),
        "ends before its last row",
    ),
    "fewer than no rows": (
        "v.npy",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 4), }\n"),
        "has no rows",
    ),
    "not what its name says": ("v.npy", b"something else entirely", "is not .npy, or is damaged"),
    "a long header of safetensors": ("v.safetensors", tensors({}, length=1 << 62), "longer than the file"),
    "a header that is not JSON": ("v.safetensors", tensors(b"{" * 30), "not JSON"),
    "a deep header of safetensors": ("v.safetensors", tensors(b"[" * 200_000), "not JSON"),
    "a header that is a list": ("v.safetensors", tensors([1]), "not an object"),
    "no table": ("v.safetensors", tensors(KEYS), "no table of rows"),
    "two tables": ("v.safetensors", tensors(KEYS | {"a": F32, "b": F32}, b"\0" * 24), "several tables a, b"),
    "another type": ("v.safetensors", tensors(KEYS | {"a": F32 | {"dtype": "BOOL"}}, b"\0" * 24), "not numbers"),
    "a negative place": ("v.safetensors", tensors(KEYS | {"a": F32 | {"data_offsets": [-24, 0]}}), "are not numbers"),
    "a place that does not fit": (
        "v.safetensors",
        tensors(KEYS | {"a": F32 | {"data_offsets": [0, 25]}}, b"\0" * 25),
        "does not fit its shape",
    ),
    "a place behind the end": (
        "v.safetensors",
        tensors(KEYS | {"a": F32 | {"data_offsets": [1000, 1024]}}, b"\0" * 24),
        "ends before its last row",
    ),
    "keys that are no texts": (
        "v.safetensors",
        tensors({"__metadata__": {"keys": "[1, 2, 3]"}, "a": F32}, b"\0" * 24),
        "not a list of texts",
    ),
    "no keys": ("v.safetensors", tensors({"a": F32}, b"\0" * 24), "nothing says which pictures"),
    "Parquet without vectors": ("v.parquet", table(path=["a"], x=[1]), "no column of vectors, but path, x"),
    "Parquet with texts": ("v.parquet", table(path=["a"], vector=[["x"]]), "no column of vectors"),
    "Parquet without names": ("v.parquet", table(vector=[[1.0]]), "no column path or key"),
    "Parquet without rows": (
        "v.parquet",
        table(path=pa.array([], pa.string()), vector=pa.array([], pa.list_(pa.float32()))),
        "has no rows",
    ),
    "Parquet with rows of two lengths": (
        "v.parquet",
        table(path=["a", "b"], vector=[[1.0, 2.0], [1.0]]),
        "row 2 has a vector of 1 number",
    ),
    "Parquet with a row missing": ("v.parquet", table(path=["a", "b"], vector=[[1.0], None]), "row 2 has no vector"),
    "Parquet with a row of a fixed size missing": (
        "v.parquet",
        table(path=["a", "b"], vector=pa.array([[1.0], None], pa.list_(pa.float32(), 1))),
        "row 2 has no vector",
    ),
    "damaged Parquet": ("v.parquet", b"PAR1" + b"\0" * 60, "is not Parquet, or is damaged"),
    "headings": ("v.tsv", b"a\tb\n1\t2\n", "'a' is not a number"),
    "lines of two lengths": ("v.tsv", b"1\t2\n1\t2\t3\n", "line 2 has 3 numbers"),
    "a line between that is empty": ("v.tsv", b"1\t2\n\n3\t4\n", "line 2 has 1 number"),
    "a NUL": ("v.tsv", b"1\t2\n1\t\x002\n", "not a file of vectors"),
    "bytes": ("v.bin", bytes(range(256)), "not a file of vectors"),
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a pickle would make, is looked for in the current folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_and_nothing_is_left(project: Project, tmp_path: Path, name: str) -> None:
    file, content, says = BAD[name]
    (tmp_path / file).write_bytes(content)
    (tmp_path / "v.txt").write_text("\n".join(PATHS))
    (tmp_path / "metadata.tsv").write_text("\n".join(PATHS))
    with pytest.raises(UsageError) as caught:
        take(project, tmp_path / file)
    assert says in caught.value.message
    assert caught.value.hint and "\n" not in caught.value.message + caught.value.hint
    assert vec_types.names(project.vectors_folder) == []
    assert os.listdir() == []


@pytest.mark.parametrize(
    "make",
    [
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.write_bytes(b""),
        lambda path: None,
    ],
    ids=["pipe", "folder", "link to a device", "link to itself", "broken link", "empty", "absent"],
)
@pytest.mark.parametrize("which", ["rows", "keys"])
def test_what_is_no_file_is_refused_at_once(
    project: Project, tmp_path: Path, make: Callable[[Path], None], which: str
) -> None:
    path = WRITERS["npy"](tmp_path, unit(3), PATHS)
    make(tmp_path / "odd")
    with pytest.raises((UsageError, OSError)):
        take(project, tmp_path / "odd") if which == "rows" else take(project, path, keys=tmp_path / "odd")
    assert vec_types.names(project.vectors_folder) == []


def test_a_link_to_a_file_is_the_users_choice(project: Project, tmp_path: Path) -> None:
    path = WRITERS["npy"](tmp_path, unit(3), PATHS)
    (tmp_path / "link.npy").symlink_to(path)
    assert take(project, tmp_path / "link.npy", keys=tmp_path / "v.txt").added == 3


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize(("bad", "why"), [(np.nan, "NaN"), (np.inf, "NaN"), (-np.inf, "NaN"), (0, "are 0")])
def test_rows_without_a_direction_are_named(project: Project, tmp_path: Path, form: str, bad: float, why: str) -> None:
    rows = unit(3)
    rows[1] = bad
    path = WRITERS[form](tmp_path, rows, PATHS)
    report = look(project, path)
    (problem,) = report.refused.first
    assert (report.refused.count, problem.line, problem.text, why in problem.reason) == (1, 2, PATHS[1], True)
    words = [" ".join(line.split()) for line in report.in_words()]
    assert "matched 3 rows" in words and "pictures 2 new without the refused rows, in own.x" in words
    with pytest.raises(PictoscopeError, match="1 row cannot be imported, so nothing is imported"):
        take(project, path)
    assert vec_types.names(project.vectors_folder) == []
    assert take(project, path, skip_bad=True).added == 2


@pytest.mark.parametrize("form", ["npy", "safetensors", "projector"])
@pytest.mark.parametrize("names", [PATHS[:2], (*PATHS, NAMES[3])], ids=["fewer", "more"])
def test_as_many_keys_as_rows_are_needed(project: Project, tmp_path: Path, form: str, names: tuple[str, ...]) -> None:
    path = WRITERS[form](tmp_path, unit(3), names)
    with pytest.raises(UsageError, match=f"names {len(names)} pictures"):
        take(project, path)
    assert vec_types.names(project.vectors_folder) == []


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("k.csv", "path,tags\n{},x\n{},x\n{},x\n"),
        ("k.csv", "tags;Path\nx;{}\nx;{}\nx;{}\n"),
        ("k.txt", "{}\r\n{}\r\n{}"),
        ("k", "\ufeff{}\n{}\n{}\n"),
        ("k.jsonl", '{{"path": "{}"}}\n{{"path": "{}"}}\n{{"path": "{}"}}\n'),
        ("k.tsv", "label\tpath\nx\t{}\nx\t{}\nx\t{}\n"),
    ],
)
def test_keys_come_as_a_table_or_as_lines(project: Project, tmp_path: Path, file: str, content: str) -> None:
    np.save(tmp_path / "v.npy", unit(3))
    (tmp_path / file).write_text(content.format(*PATHS))
    assert take(project, tmp_path / "v.npy", keys=tmp_path / file).added == 3


def test_a_bad_line_among_the_keys_is_named(project: Project, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", unit(3))
    (tmp_path / "v.csv").write_text("path,tags\none/a.png\none/b.png,\none/sub/c.png,\n")
    with pytest.raises(UsageError, match=r"v\.csv, line 2"):
        take(project, tmp_path / "v.npy")


@pytest.mark.parametrize("file", ["k.csv", "metadata.tsv"])
def test_a_table_without_a_column_that_names_pictures_is_refused(project: Project, tmp_path: Path, file: str) -> None:
    path = WRITERS["projector"](tmp_path, unit(2), PATHS[:2])
    (tmp_path / file).write_text("name\tlabel\none/a.png\tx\none/b.png\ty\n")
    with pytest.raises(UsageError, match="has no column path or key, but name, label"):
        take(project, path, keys=tmp_path / file)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(st.data())
def test_damage_anywhere_is_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    path = WRITERS[data.draw(st.sampled_from(sorted(WRITERS)))](tmp_path, unit(3), PATHS)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        with open_vectors(path) as file:
            shapes = [block.rows.shape for block in file.blocks()]
    except PictoscopeError as error:
        assert error.message and error.hint
    else:
        assert {dim for _, dim in shapes} == {file.dim}
