"""Merging parts: every row is checked, none is taken twice or lost, and what is missing is named."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelChanged, StoreBusy, StoreDamaged, UsageError
from core.project import Project
from core.shards import merged_rows
from core.shards.merge import MergedVectors, MergeReport, merge_parts
from core.shards.shard import Shard, shard_numbers
from core.vectors import store
from core.vectors.failures import Failure, read_failures
from core.vectors.manifest import Manifest
from tests.core.jobs.worker_helpers import draw
from tests.core.shards.shard_helpers import EFFNET, OF, PICTURES, compute, rows, rows_of_one_machine, stored
from tests.core.vectors.stand_in_model import StandIn
from tests.core.vectors.vector_helpers import flip
from tests.filled_projects import fill_vectors, say_other_weights


def merged(report: MergeReport) -> MergedVectors:
    (found,) = report.merged
    return found


def store_of(part: Path) -> Path:
    return part / "vectors" / "effnet-lite0"


def filled(parts: list[Path]) -> list[Path]:
    """Those that have rows."""
    return [part for part in parts if len(store.Reader(store_of(part)).snapshot().rows)]


def sizes(project: Project) -> dict[Shard, int]:
    numbers = np.bincount(shard_numbers(project.catalog.keys(), OF), minlength=OF + 1)
    return {Shard(number, OF): int(numbers[number]) for number in np.flatnonzero(numbers).tolist()}


def test_all_parts_in_any_order_give_the_rows_of_one_machine_however_often(project: Project, parts: list[Path]) -> None:
    expected = rows_of_one_machine(project)
    random.Random(16).shuffle(parts)
    report = merge_parts(project, parts)
    assert report.refused == []
    assert merged(report) == MergedVectors(EFFNET, OF, PICTURES, 0, 0, 0, {})
    assert rows(project) == expected
    random.Random(17).shuffle(parts)
    assert merged(merge_parts(project, parts)) == MergedVectors(EFFNET, OF, 0, PICTURES, 0, 0, {})
    assert merged(merge_parts(project, parts[:3] * 2)).added == 0
    assert rows(project) == expected
    assert stored(project) == PICTURES
    assert project.settings.default_vec_type == "effnet-lite0"


def test_parts_that_are_missing_are_named_with_their_pictures(project: Project, parts: list[Path]) -> None:
    gone = [parts[2], parts[7]]
    report = merge_parts(project, [part for part in parts if part not in gone])
    assert merged(report).missing == {
        shard: size for shard, size in sizes(project).items() if shard.number in (3, 8) and size
    }
    assert merged(report).missing_pictures == PICTURES - merged(report).added > 0
    report = merge_parts(project, gone)
    assert (merged(report).missing, len(rows(project))) == ({}, PICTURES)


def test_the_parts_may_come_one_by_one(project: Project, parts: list[Path]) -> None:
    expected, missing = rows_of_one_machine(project), PICTURES
    for part in parts:
        report = merge_parts(project, [part])
        missing -= merged(report).added
        assert merged(report).missing_pictures == missing
    assert (missing, rows(project)) == (0, expected)


@pytest.mark.parametrize("file", ["rows.f32", "journal.bin", "manifest.toml"])
def test_of_a_damaged_part_nothing_is_taken_and_of_the_others_all(
    project: Project, parts: list[Path], file: str
) -> None:
    damaged = max(filled(parts), key=lambda part: (store_of(part) / "rows.f32").stat().st_size)
    flip(store_of(damaged) / file, 40 if file == "manifest.toml" else 3)
    if file == "journal.bin":  # a bad last batch is what a crash leaves
        flip(store_of(damaged) / file, 32 + 29)
    random.Random(18).shuffle(parts)
    report = merge_parts(project, parts)
    number = int(damaged.name.partition("-")[2])
    size = sizes(project)[Shard(number, OF)]
    assert merged(report).missing == {Shard(number, OF): size}
    assert merged(report).added == PICTURES - size
    if file != "journal.bin":
        ((folder, vec_type, error),) = [(one.folder, one.vec_type, one.error) for one in report.refused]
        assert (folder, vec_type) == (damaged, "effnet-lite0")
        assert isinstance(error, StoreDamaged)


def test_its_shard_computed_again_the_part_is_whole(project: Project, parts: list[Path]) -> None:
    expected = rows_of_one_machine(project)
    damaged = filled(parts)[0]
    flip(store_of(damaged) / "rows.f32", 3)
    assert [one.folder for one in merge_parts(project, parts).refused] == [damaged]
    compute(project, Shard(int(damaged.name.partition("-")[2]), OF), damaged)
    assert merge_parts(project, parts).refused == []
    assert rows(project) == expected


def test_a_part_of_another_model_is_refused_where_the_project_has_vectors(project: Project, parts: list[Path]) -> None:
    merge_parts(project, parts[:20])
    other = filled(parts[20:])[0]
    say_other_weights(store_of(other))
    report = merge_parts(project, parts)
    (refused,) = report.refused
    assert (refused.folder, type(refused.error)) == (other, ModelChanged)
    assert "they were computed with different weights" in refused.error.message
    assert merged(report).missing_pictures == PICTURES - len(rows(project)) > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"revision": "2"}, "different weights"),
        ({"sha256": {"weights": "others"}}, "different weights"),
        ({"preprocessing": "stretched"}, "preprocessed differently"),
        ({"precision": "float16"}, "computed in float16"),
        ({"read_at_least": 17}, "read at 17 pixels"),
        ({"reader": 1}, "earlier version"),
        ({"dim": 6}, "6 dimensions"),
    ],
)
def test_parts_that_disagree_are_named_and_nothing_is_merged_where_no_vectors_decide(
    project: Project, parts: list[Path], change: dict[str, object], says: str
) -> None:
    other = parts[11]
    replace(Manifest.load(store_of(other)), **change).save(store_of(other))  # type: ignore[arg-type]
    for order in (1, -1):
        with pytest.raises(
            ModelChanged, match=f"part-12 and 39 other parts disagree on effnet-lite0: .*{says}"
        ) as found:
            merge_parts(project, parts[::order])
        assert found.value.hint.startswith("nothing was merged")
    assert not project.vectors_folder.exists()
    parts.remove(other)
    assert merge_parts(project, parts).refused == []
    report = merge_parts(project, [other])
    assert [type(one.error) for one in report.refused] in ([ModelChanged], [StoreDamaged])


def test_parts_of_different_numbers_of_shards_do_not_belong_together(
    project: Project, parts: list[Path], tmp_path: Path
) -> None:
    half = compute(project, Shard(1, 2), tmp_path / "half").part.folder
    with pytest.raises(UsageError, match="half is shard 1/2 and part-1 is shard 1/40"):
        merge_parts(project, [parts[0], half])
    merge_parts(project, parts)
    assert merged(merge_parts(project, [half])).added == 0


def test_the_rows_of_pictures_that_the_project_does_not_have_are_left(project: Project, parts: list[Path]) -> None:
    for number in range(5):
        (project.folders[0] / f"{number:02d}.png").unlink()
    project.scan()
    assert merged(merge_parts(project, parts)) == MergedVectors(EFFNET, OF, PICTURES - 5, 0, 0, 5, {})


def test_pictures_added_since_are_missing_in_their_shards(project: Project, parts: list[Path]) -> None:
    draw(project.folders[0] / "added.png", 1000)
    project.scan()
    report = merge_parts(project, parts)
    (key,) = set(project.catalog.keys().tolist()) - {key.rstrip(b"\0") for key in rows(project)}
    assert merged(report).missing == {Shard(int(shard_numbers(np.array([key], "S20"), OF)[0]), OF): 1}


def test_failures_are_taken_with_their_reasons_and_the_paths_of_this_machine(project: Project, tmp_path: Path) -> None:
    torn = project.folders[0] / "torn.png"
    torn.write_bytes((project.folders[0] / "00.png").read_bytes()[:60])
    project.scan()
    project.close()
    shutil.copytree(project.folders[0], tmp_path / "elsewhere")
    with Project(tmp_path / "elsewhere" / ".pictoscope") as copy:
        compute(copy, Shard(1, 1), tmp_path / "part")
    (reason,) = [failure.reason for failure in read_failures(store_of(tmp_path / "part")).values()]
    for failed in (1, 0):
        report = merge_parts(project, [tmp_path / "part"])
        assert (merged(report).failed, merged(report).missing) == (failed, {})
        (failure,) = read_failures(project.vectors_folder / "effnet-lite0").values()
        assert (failure.path, failure.reason) == (os.fsencode(torn), reason)


def test_a_row_that_is_there_is_kept_and_one_that_had_failed_is_taken(project: Project, parts: list[Path]) -> None:
    fill_vectors(project, StandIn(), [EFFNET])
    keys = project.catalog.keys().tolist()
    own = np.full((1, 12), 12**-0.5, np.float32)
    with store.Writer(project.vectors_folder / "effnet-lite0") as writer:
        writer.append([keys[0].ljust(20, b"\0")], own)
        writer.append([], np.zeros((0, 12), np.float32), [Failure(keys[1].ljust(20, b"\0"), b"/gone", "gone")])
    report = merged(merge_parts(project, parts))
    assert (report.added, report.known) == (1, PICTURES - 1)
    assert rows(project)[keys[0].ljust(20, b"\0")] == own.tobytes()
    assert len(rows(project)) == PICTURES


def test_while_another_process_writes_the_vectors_nothing_is_merged(project: Project, parts: list[Path]) -> None:
    merge_parts(project, parts[:5])
    with store.Writer(project.vectors_folder / "effnet-lite0"), pytest.raises(StoreBusy):
        merge_parts(project, parts)


def test_a_part_that_is_still_computed_gives_what_it_has(project: Project, parts: list[Path]) -> None:
    part = filled(parts)[0]
    with store.Writer(store_of(part)):
        report = merge_parts(project, parts)
    assert (report.refused, merged(report).added) == ([], PICTURES)


# Merges parts, and is killed before the commit of this number.
KILLED = """
import os, signal, sys
from pathlib import Path
from core.project import Project
from core.shards import merged_rows
from core.shards.merge import merge_parts
from core.vectors.store import Writer
merged_rows._COMMIT_ROWS = 2
real, left = Writer.append, [int(sys.argv[2])]
def append(*values):
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return real(*values)
Writer.append = append
with Project(Path(sys.argv[1])) as project:
    merge_parts(project, [Path(part) for part in sys.argv[3:]])
"""


def test_killed_anywhere_it_goes_on_when_run_again(
    project: Project, parts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merged_rows, "_COMMIT_ROWS", 2)
    expected, before = rows_of_one_machine(project), 0
    rng = random.Random(19)
    for commits in (0, 3, 11):
        rng.shuffle(parts)
        command = [sys.executable, "-c", KILLED, str(project.path), str(commits), *map(str, parts)]
        assert subprocess.run(command, cwd=Path(__file__).parents[3]).returncode == -signal.SIGKILL
        now = rows(project)
        assert before <= len(now) <= before + 2 * commits
        assert now.items() <= expected.items()
        before = len(now)
    assert 0 < before < PICTURES
    report = merged(merge_parts(project, parts))
    assert (report.known, report.added) == (before, PICTURES - before)
    assert rows(project) == expected
    assert stored(project) == PICTURES
