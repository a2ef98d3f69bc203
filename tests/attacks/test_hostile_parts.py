"""Parts of strangers: what is merged is what a model computed, or nothing; no link is followed."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import PictoscopeError, StoreError
from core.key_arrays import whole_keys
from core.project import Project
from core.shards.merge import merge_parts
from core.shards.part import Part
from core.shards.part_vectors import PartVectors
from core.shards.shard import Shard
from core.vectors import store
from core.vectors.failures import Failure, read_failures
from core.vectors.journal import Status, make_records
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType
from tests.core.jobs.worker_helpers import draw
from tests.core.vectors.stand_in_model import DIM, StandIn
from tests.core.vectors.vector_helpers import content
from tests.filled_projects import fill_vectors

EFFNET = VecType("effnet-lite0")
PICTURES = 12
Spoil = Callable[[Path], None]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with vectors, and a part that holds the same; copy them before changing anything."""
    folder = tmp_path_factory.mktemp("hostile-parts")
    (folder / "pictures").mkdir()
    for number in range(PICTURES):
        draw(folder / "pictures" / f"{number}.png", number)
    with Project.open_or_create(folder / "pictures") as project:
        project.scan()
        fill_vectors(project, StandIn(), [EFFNET])
        part = Part.open_or_create(folder / "part", Shard(1, 1), project.path)
        shutil.copytree(project.vectors_folder, part.vectors_folder)
        store.delete(project.vectors_folder / "effnet-lite0")
    return folder


@pytest.fixture
def here(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "here"))


def vectors(part: Path) -> Path:
    return part / "vectors" / "effnet-lite0"


def expected(template: Path) -> dict[bytes, bytes]:
    return content(vectors(template / "part"))


def taken(here: Path) -> dict[bytes, bytes]:
    """What the project has after a merge that may have been refused."""
    folder = here / "pictures" / ".pictoscope" / "vectors" / "effnet-lite0"
    return content(folder) if folder.exists() else {}


def merge(here: Path) -> list[PictoscopeError]:
    """Merge the part; why it was refused."""
    with Project(here / "pictures" / ".pictoscope") as project:
        return [refused.error for refused in merge_parts(project, [here / "part"]).refused]


def row_of(value: float) -> np.ndarray:
    row = np.full((1, DIM), DIM**-0.5, np.float32)
    row[0, 3] = value
    return row


def with_rows(rows: np.ndarray) -> Spoil:
    """The first picture gets another row, with the right checksum."""

    def spoil(part: Path) -> None:
        with store.Writer(vectors(part)) as writer:
            key = writer.snapshot().done[0]
            writer.append([bytes(key).ljust(20, b"\0")], rows)

    return spoil


def with_manifest(**change: object) -> Spoil:
    def spoil(part: Path) -> None:
        replace(Manifest.load(vectors(part)), **change).save(vectors(part))  # type: ignore[arg-type]

    return spoil


def cut(name: str, length: int) -> Spoil:
    return lambda part: os.truncate(vectors(part) / name, length)


def linked(name: str) -> Spoil:
    """A file or folder of the part becomes a link to what was there."""

    def spoil(part: Path) -> None:
        (part / name).rename(part.parent / "aside")
        (part / name).symlink_to(part.parent / "aside")

    return spoil


def second_name(name: str) -> Spoil:
    return lambda part: os.link(vectors(part) / name, part.parent / "second")


def pipe(name: str) -> Spoil:
    def spoil(part: Path) -> None:
        (vectors(part) / name).unlink(missing_ok=True)
        os.mkfifo(vectors(part) / name)

    return spoil


def of_another_shard(part: Path) -> None:
    (part / "part.toml").write_text("format = 1\nshard = 1\nof = 2\n")


def other_folder(part: Path) -> None:
    vectors(part).rename(vectors(part).with_name("conse"))


def failure_with_a_link_for_reasons(part: Path) -> None:
    with store.Writer(vectors(part)) as writer:
        key = bytes(writer.snapshot().done[0]).ljust(20, b"\0")
        writer.append([], np.zeros((0, DIM), np.float32), [Failure(key, b"/x", "torn")])
    (vectors(part) / "failures.jsonl").unlink()
    (vectors(part) / "failures.jsonl").symlink_to("/etc/passwd")


REFUSED: dict[str, Spoil] = {
    "NaN": with_rows(row_of(np.nan)),
    "infinite": with_rows(row_of(np.inf)),
    "too long": with_rows(row_of(5)),
    "huge": with_rows(row_of(3e38)),
    "tiny": with_rows(np.full((1, DIM), 1e-30, np.float32)),
    "more dimensions": with_manifest(dim=DIM * 2),
    "fewer dimensions": with_manifest(dim=DIM - 1),
    "the most dimensions": with_manifest(dim=65_536),
    "another vec type in the folder": with_manifest(vec_type=VecType("conse")),
    "greyscale in a folder of colour": with_manifest(vec_type=VecType("effnet-lite0", greyscale=True)),
    "the folder of another vec type": other_folder,
    "no rows": cut("rows.f32", 0),
    "half a row less": cut("rows.f32", (PICTURES - 1) * DIM * 4 + 6),
    "no manifest's end": cut("manifest.toml", 100),
    "a generation that is not there": with_manifest(generation=7),
    "another shard": of_another_shard,
    "the part file a link": linked("part.toml"),
    "the vectors a link": linked("vectors"),
    "the vec type a link": linked("vectors/effnet-lite0"),
    "the manifest a link": linked("vectors/effnet-lite0/manifest.toml"),
    "the rows a link": linked("vectors/effnet-lite0/rows.f32"),
    "the journal a link": linked("vectors/effnet-lite0/journal.bin"),
    "the reasons a link": failure_with_a_link_for_reasons,
    "rows with two names": second_name("rows.f32"),
    "a journal with two names": second_name("journal.bin"),
    "the rows a pipe": pipe("rows.f32"),
    "the journal a pipe": pipe("journal.bin"),
    "the manifest a pipe": pipe("manifest.toml"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_taken_of_a_hostile_part(here: Path, name: str) -> None:
    REFUSED[name](here / "part")
    (error,) = merge(here)
    assert isinstance(error, StoreError)
    assert error.hint
    assert taken(here) == {}


@pytest.mark.parametrize("name", REFUSED)
def test_nor_where_the_project_has_the_vectors(here: Path, template: Path, name: str) -> None:
    shutil.copytree(here / "part" / "vectors", here / "pictures" / ".pictoscope" / "vectors", dirs_exist_ok=True)
    folder = here / "pictures" / ".pictoscope" / "vectors" / "effnet-lite0"
    with store.Writer(folder) as writer:
        writer.void([bytes(key).ljust(20, b"\0") for key in writer.snapshot().done[3:].tolist()])
    before = taken(here)
    REFUSED[name](here / "part")
    assert merge(here)
    assert taken(here) == before
    assert len(before) == 3


def test_imported_vectors_are_not_taken_from_a_part(here: Path) -> None:
    vectors(here / "part").rename(here / "part" / "vectors" / "own.mine")
    folder = here / "part" / "vectors" / "own.mine"
    replace(Manifest.load(folder), vec_type=VecType("own:mine")).save(folder)
    (error,) = merge(here)
    assert "imported" in error.message
    assert not (here / "pictures" / ".pictoscope" / "vectors" / "own.mine").exists()


def test_a_journal_without_sense_ends_soon_and_takes_nothing_wrong(here: Path, template: Path) -> None:
    keys = [bytes([number]) * 20 for number in range(200)]
    with open(vectors(here / "part") / "journal.bin", "ab") as journal:
        journal.write(make_records(keys, Status.FAILED).tobytes())
        journal.write(make_records(keys, Status.VOID).tobytes())
        journal.write(b"\0" * 31)
    assert merge(here) == []
    assert taken(here) == expected(template)


def test_what_is_flipped_anywhere_gives_no_wrong_row(here: Path, template: Path) -> None:
    """200 flipped bits: of each part either the right rows are taken or none."""
    right, rng = expected(template), random.Random(20)
    names = ["part.toml", *(f"vectors/effnet-lite0/{name}" for name in ("manifest.toml", "journal.bin", "rows.f32"))]
    outcomes = set()
    for number in range(200):
        path = here / "part" / names[number % len(names)]
        whole = path.read_bytes()
        flipped = bytearray(whole)
        place = rng.randrange(len(flipped))
        flipped[place] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        refused = merge_or_refusal(here)
        found = taken(here)
        assert found.items() <= right.items()
        outcomes.add((path.name, refused))
        path.write_bytes(whole)
        shutil.rmtree(here / "pictures" / ".pictoscope" / "vectors", ignore_errors=True)
    assert {("rows.f32", True), ("manifest.toml", True), ("part.toml", True)} <= outcomes
    assert ("rows.f32", False) not in outcomes
    assert merge(here) == []
    assert taken(here) == right


def merge_or_refusal(here: Path) -> bool:
    """Whether something was refused."""
    try:
        return bool(merge(here))
    except PictoscopeError:
        return True


def test_rows_that_change_after_they_were_checked_are_not_taken(
    here: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PartVectors.check

    def check_then_change(self: PartVectors, progress: Callable[[int], None]) -> None:
        real(self, progress)
        path = vectors(here / "part") / "rows.f32"
        path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")

    monkeypatch.setattr(PartVectors, "check", check_then_change)
    (error,) = merge(here)
    assert "changed while it was read" in error.message
    assert taken(here) == {}


def test_reasons_of_a_part_are_cut_and_its_paths_are_not_used(here: Path) -> None:
    (here / "pictures" / "torn.png").write_bytes(b"\x89PNG torn")
    with Project(here / "pictures" / ".pictoscope") as project:
        project.scan()
        (key,) = set(whole_keys(project.catalog.keys())) - set(content(vectors(here / "part")))
    with store.Writer(vectors(here / "part")) as writer:
        writer.append([], np.zeros((0, DIM), np.float32), [Failure(key, b"/etc/shadow", "\x1b[2J\n" * 10_000)])
    assert merge(here) == []
    failures = read_failures(here / "pictures" / ".pictoscope" / "vectors" / "effnet-lite0")
    assert os.path.basename(failures[key].path) == b"torn.png"
    assert len(failures[key].reason) <= 1_000
