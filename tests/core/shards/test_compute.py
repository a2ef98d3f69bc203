"""Computing a shard: its rows are those of a run over all pictures, and it goes on where it was interrupted."""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.catalog import appearances
from core.errors import JobError, ModelChanged, ModelError, StoreDamaged, UsageError
from core.jobs import vectors_run
from core.models.backend import Provenance
from core.models.options import LoadOptions
from core.project import Project
from core.shards.shard import Shard
from core.vectors import local_engine, store
from core.vectors.failures import read_failures
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.core.jobs.worker_helpers import draw
from tests.core.shards.shard_helpers import EFFNET, PICTURES, Reported, compute, rows_of_one_machine
from tests.core.vectors.stand_in_model import StandIn
from tests.core.vectors.vector_helpers import content, flip
from tests.filled_projects import fill_vectors, say_other_weights

HALF = Shard(1, 2)


def in_part(part: Path, name: str = "effnet-lite0") -> dict[bytes, bytes]:
    return content(part / "vectors" / name)


def test_the_shards_together_have_the_rows_of_one_run(project: Project, tmp_path: Path) -> None:
    expected = rows_of_one_machine(project)
    parts = [compute(project, Shard(number, 3), tmp_path / f"{number}") for number in (1, 2, 3)]
    assert [(part.done, part.failed) for part in parts] == [(part.total, 0) for part in parts]
    assert sum(part.total for part in parts) == PICTURES
    found = [in_part(part.part.folder) for part in parts]
    assert {key: row for one in found for key, row in one.items()} == expected
    assert sum(map(len, found)) == PICTURES
    for one, part in zip(found, parts, strict=True):
        assert len(part.part.shard.among(np.array(list(one), "S20"))) == len(one)


def test_nothing_of_the_project_is_written(project: Project, tmp_path: Path) -> None:
    project.close()
    for folder, _, names in os.walk(project.path):
        for name in names:
            os.chmod(os.path.join(folder, name), 0o444)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in project.path.rglob("*")}
    compute(project, HALF, tmp_path / "part")
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in project.path.rglob("*")} == before
    assert sorted(os.listdir(tmp_path / "part")) == ["lock", "part.toml", "vectors"]
    assert len(appearances.unmeasured(project.catalog)) == PICTURES


def test_the_lock_of_the_vectors_is_not_needed(project: Project, tmp_path: Path) -> None:
    fill_vectors(project, StandIn(), [EFFNET])
    with store.Writer(project.vectors_folder / "effnet-lite0"):
        assert compute(project, HALF, tmp_path / "part").done


def test_run_again_it_computes_only_what_was_added(project: Project, tmp_path: Path) -> None:
    first = compute(project, HALF, tmp_path / "part")
    before = in_part(first.part.folder)
    reported = Reported()
    assert compute(project, HALF, tmp_path / "part", reported=reported).done == first.done
    assert reported.lines[-1] == f"nothing to compute: all {first.done} are done"
    for number in range(100, 110):
        draw(project.folders[0] / f"{number}.png", number)
    project.scan()
    reported = Reported()
    second = compute(project, HALF, tmp_path / "part", reported=reported)
    assert second.done == second.total > first.done
    assert f"resumed at {first.done} of {second.total}" in reported.lines
    assert before.items() < in_part(second.part.folder).items()


def test_stopped_it_keeps_what_was_done_and_goes_on_from_there(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    class Stopping(StandIn):
        def encode_pictures(self, batch: list[object]) -> np.ndarray:
            stop.set()
            return super().encode_pictures(batch)

    monkeypatch.setattr(vectors_run, "load", lambda *_: Stopping())
    with pytest.raises(JobError, match=r"shard 1/2: stopped at 4 of \d+") as stopped:
        compute(project, HALF, tmp_path / "part", stop=stop)
    assert "run the same command again" in stopped.value.hint
    kept = in_part(tmp_path / "part")
    assert len(kept) == 4
    monkeypatch.setattr(vectors_run, "load", lambda *_: StandIn())
    again = compute(project, HALF, tmp_path / "part")
    assert again.done == again.total
    assert kept.items() < in_part(tmp_path / "part").items()


def test_damaged_rows_are_computed_again_wherever_they_are(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_CHECKED_ON_OPEN", 0)
    part = compute(project, HALF, tmp_path / "part").part
    expected = in_part(part.folder)
    flip(part.vectors_folder / "effnet-lite0" / "rows.f32", 5)
    assert in_part(part.folder) != expected
    reported = Reported()
    again = compute(project, HALF, tmp_path / "part", reported=reported)
    assert again.done == again.total
    assert in_part(part.folder) == expected
    assert f"effnet-lite0: 1 of {again.total} rows were damaged: computed again" in reported.lines


def test_a_part_whose_manifest_is_damaged_says_what_to_delete(project: Project, tmp_path: Path) -> None:
    part = compute(project, HALF, tmp_path / "part").part
    (part.vectors_folder / "effnet-lite0" / "manifest.toml").write_bytes(b"checksum")
    with pytest.raises(StoreDamaged) as refused:
        compute(project, HALF, tmp_path / "part")
    assert refused.value.hint.startswith(f"delete {part.vectors_folder / 'effnet-lite0'}")


def test_what_cannot_be_read_is_a_failure_of_the_part(project: Project, tmp_path: Path) -> None:
    (project.folders[0] / "torn.png").write_bytes((project.folders[0] / "00.png").read_bytes()[:60])
    project.scan()
    reported = Reported()
    result = compute(project, Shard(1, 1), tmp_path / "part", reported=reported)
    assert (result.done, result.failed, result.total) == (PICTURES, 1, PICTURES + 1)
    (failure,) = read_failures(tmp_path / "part" / "vectors" / "effnet-lite0").values()
    assert os.path.basename(failure.path) == b"torn.png"
    assert any("torn.png" in line for line in reported.lines)


def test_several_models_are_computed_in_one_pass(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    real = local_engine.read_picture

    def counting(source: bytes, **values: object) -> object:
        read.append(source)
        return real(source, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(local_engine, "read_picture", counting)
    grey = VecType("effnet-lite0", greyscale=True)
    result = compute(project, HALF, tmp_path / "part", EFFNET, grey)
    assert result.done == len(read) == len(in_part(tmp_path / "part")) == len(in_part(tmp_path / "part", grey.name))


def test_rows_are_such_that_they_can_be_added_to_those_of_the_project(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_vectors(project, StandIn(), [EFFNET])
    folder = project.vectors_folder / "effnet-lite0"
    replace(Manifest.load(folder), precision="bfloat16", read_at_least=99).save(folder)
    given: list[LoadOptions] = []

    def load(spec: object, log: object, options: LoadOptions, pictures: object) -> StandIn:
        given.append(options)
        model = StandIn()
        model.precision = options.precision
        return model

    monkeypatch.setattr(vectors_run, "load", load)
    compute(project, HALF, tmp_path / "part")
    assert [options.precision for options in given] == ["bfloat16"]
    made = Manifest.load(tmp_path / "part" / "vectors" / "effnet-lite0")
    assert (made.precision, made.read_at_least) == ("bfloat16", 99)


@pytest.mark.parametrize("of_the_part", [False, True])
def test_another_model_than_that_of_the_rows_is_refused(project: Project, tmp_path: Path, of_the_part: bool) -> None:
    if of_the_part:
        folder = compute(project, HALF, tmp_path / "part").part.vectors_folder / "effnet-lite0"
        draw(project.folders[0] / "added.png", 1001)
        draw(project.folders[0] / "added-too.png", 1003)
        project.scan()
    else:
        fill_vectors(project, StandIn(), [EFFNET])
        folder = project.vectors_folder / "effnet-lite0"
    say_other_weights(folder)
    before = in_part(tmp_path / "part") if of_the_part else {}
    with pytest.raises(ModelChanged, match="different weights") as refused:
        compute(project, HALF, tmp_path / "part")
    assert "same version of the model" in refused.value.hint
    if of_the_part:
        assert in_part(tmp_path / "part") == before


def test_a_model_that_cannot_be_had_is_left_out_and_said_at_the_end(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(spec: object, log: object, options: object, pictures: object) -> StandIn:
        if spec.key == "conse":  # type: ignore[attr-defined]
            raise ModelError("its weights are torn", "fetch them again")
        return StandIn()

    monkeypatch.setattr(vectors_run, "load", load)
    with pytest.raises(ModelError, match="its weights are torn"):
        compute(project, HALF, tmp_path / "part", EFFNET, VecType("conse"))
    assert in_part(tmp_path / "part")


def test_what_no_shard_can_compute_is_refused_before_a_folder_is_made(project: Project, tmp_path: Path) -> None:
    for vec_type, says in ((VecType("own:mine"), "vectors of your own"), (VecType("nosuchmodel"), "nosuchmodel")):
        with pytest.raises(UsageError, match=says):
            compute(project, HALF, tmp_path / "part", vec_type)
    assert not (tmp_path / "part").exists()


def test_a_project_without_pictures_says_where_they_are_added(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "empty", [])
    assert len(project.catalog.keys()) == 0
    with project, pytest.raises(UsageError, match="has no pictures"):
        compute(project, HALF, tmp_path / "part")


def test_a_copy_of_the_project_gives_the_same_part(project: Project, tmp_path: Path) -> None:
    """On another machine, where pictures and project have another path."""
    compute(project, HALF, tmp_path / "part")
    project.close()
    shutil.copytree(tmp_path / "pictures", tmp_path / "elsewhere" / "there")
    with Project(tmp_path / "elsewhere" / "there" / ".pictoscope") as copy:
        compute(copy, HALF, tmp_path / "other")
    assert in_part(tmp_path / "part") == in_part(tmp_path / "other")


def test_the_provenance_of_the_rows_is_in_the_part(project: Project, tmp_path: Path) -> None:
    made = Manifest.load(compute(project, HALF, tmp_path / "part").part.vectors_folder / "effnet-lite0")
    provenance: Provenance = StandIn().provenance
    assert (made.revision, made.sha256, made.preprocessing) == (
        provenance.revision,
        provenance.sha256,
        provenance.preprocessing,
    )
