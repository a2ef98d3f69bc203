"""What is written comes back bit by bit, whoever wrote it and in whatever format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.export import listing
from core.export.export import export
from core.export.forms import Form
from core.importing.vectors import block
from core.importing.vectors.unit_rows import bad_rows, unit_rows
from core.project import Project
from core.vectors.store import delete
from tests.core.importing.conftest import NAMES
from tests.core.importing.vectors.vector_files import WRITERS, expected, look, stored, take, unit

PER_FORMAT = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.mark.parametrize("form", WRITERS)
@PER_FORMAT
@given(st.data())
def test_rows_of_length_1_come_in_unchanged(
    form: str, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    names = data.draw(st.permutations(NAMES))[: data.draw(st.integers(1, len(NAMES)))]
    dim, per_block = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 4))
    rows = unit(len(names), dim, data.draw(st.integers(0, 1000)))
    monkeypatch.setattr(block, "_BLOCK_ROWS", per_block)
    path = WRITERS[form](tmp_path, rows, names)
    written = take(project, path)
    assert (written.added, written.replaced) == (len(names), 0)
    assert stored(project) == expected(rows, names)
    delete(project.vectors_folder / "own.x")


@pytest.mark.parametrize(("form", "name"), [("vectors", "e.npy"), ("vectors", "e.parquet"), ("projector", "e.tsv")])
def test_what_pictoscope_exported_is_read_back(
    project: Project, tmp_path: Path, form: Form, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = unit(len(NAMES), 130)
    take(project, WRITERS["npy"](tmp_path, rows, NAMES), "first")
    export(project, listing.of_filter(project, ""), form, tmp_path / name, vec_type="own.first")
    assert look(project, tmp_path / name, "first").same == len(NAMES)
    take(project, tmp_path / name, "again")
    assert stored(project, "own.again") == stored(project, "own.first") == expected(rows, NAMES)


def test_names_that_text_files_cannot_hold_are_found_by_their_keys(project: Project, tmp_path: Path) -> None:
    odd = tmp_path / "one" / "a\tb\n\udcff.png"
    (tmp_path / "one" / "a.png").rename(odd)
    project.scan()
    rows = unit(1, 5)
    (tmp_path / "k.jsonl").write_text('{"path": "one/a\\tb\\n\\udcff.png"}\n')
    np.save(tmp_path / "v.npy", rows)
    take(project, tmp_path / "v.npy", keys=tmp_path / "k.jsonl")
    for form, name in (("vectors", "e.npy"), ("vectors", "e.parquet"), ("projector", "e.tsv")):
        export(project, listing.of_filter(project, ""), form, tmp_path / name, vec_type="own.x")  # type: ignore[arg-type]
        assert look(project, tmp_path / name).same == 1


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        st.tuples(st.integers(1, 4), st.integers(1, 5)),
        elements=st.floats(allow_nan=False, allow_infinity=False, width=16),
    )
)
def test_other_rows_keep_their_direction_and_get_length_1(numbers: np.ndarray) -> None:
    usable = numbers[[row for row in range(len(numbers)) if row not in dict(bad_rows(numbers))]]
    if not len(usable):
        assert not numbers.any(axis=1).any()
        return
    rows, scaled = unit_rows(usable)
    assert rows.dtype == np.float32 and rows.shape == usable.shape
    np.testing.assert_allclose(np.linalg.norm(rows.astype(np.float64), axis=1), 1, atol=2e-5)
    wide = usable.astype(np.float64)
    cosines = (rows * wide).sum(axis=1) / np.linalg.norm(wide, axis=1)
    np.testing.assert_allclose(cosines, 1, atol=2e-5)
    again, changed = unit_rows(rows)
    assert changed == 0 and again.tobytes() == rows.tobytes()
    assert 0 <= scaled <= len(rows)


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e-30, 1e30, 1e200, 1.7e308])
def test_very_large_and_very_small_numbers_have_a_direction_too(size: float) -> None:
    rows, scaled = unit_rows(np.array([[size, 0.0], [size, size]]))
    np.testing.assert_allclose(rows, [[1, 0], [0.70710678, 0.70710678]], rtol=1e-3)
    assert scaled == 2


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8", ">f4", ">f8", "<i4", "u1", ">i2", "<u8"])
def test_numbers_of_any_type_are_read(project: Project, tmp_path: Path, kind: str) -> None:
    take(project, WRITERS["npy"](tmp_path, np.array([[3, 4], [0, 2]], kind), NAMES[:2]))
    assert stored(project) == expected(np.array([[0.6, 0.8], [0, 1]], np.float32), NAMES[:2])


def test_bfloat16_is_read(project: Project, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"v": torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.bfloat16)}, tmp_path / "v.safetensors")
    (tmp_path / "k.txt").write_text("\n".join(NAMES[:2]))
    take(project, tmp_path / "v.safetensors", keys=tmp_path / "k.txt")
    assert stored(project) == expected(np.array([[0, 1], [-1, 0]], np.float32), NAMES[:2])
