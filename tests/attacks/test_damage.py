"""Damaged files, one kind after the other: each is found, named, and healed with nothing lost or refused with a hint.

Of the store every kind runs the whole way: open, verify, repair, compute again, compare with what was there.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from core.errors import CatalogError, JobError, ProjectError, StoreDamaged, StoreError
from core.images.thumbnails import Thumbnails
from core.jobs import events
from core.jobs.job import Job, State, all_jobs
from core.project import Project
from core.rebuild import rebuild_catalog, rebuild_settings
from core.vectors import store
from core.vectors.manifest import Manifest
from core.vectors.verification import Verification, repair, verify
from tests.attacks.tally import count
from tests.job_folders import create_job

sys.path.append(str(Path(__file__).parents[1] / "core" / "vectors"))
from vector_helpers import (
    RECORD_BYTES,
    ROW_BYTES,
    append,
    content,
    expected,
    failed,
    failure,
    key,
    make,
    manifest,
    rows,
)

NUMBERS = tuple(range(1, 31))
WANTED = expected(*NUMBERS)
NOISE = random.Random(0).randbytes(3000)
HEALED, REFUSED = "damage healed: ", "damage refused, with what to do: "
Harm = Callable[[Path], None]


@pytest.fixture
def folder(quick_folder: Path) -> Path:
    return fresh(quick_folder / "vectors" / "effnet-lite0")


def fresh(folder: Path) -> Path:
    """30 rows in three commits, and a failure, whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    make(folder, NUMBERS[:10], NUMBERS[10:20], NUMBERS[20:])
    with store.Writer(folder) as writer:
        writer.append([], rows(), [failure(99)])
    return folder


def flip(path: Path, bit: int) -> None:
    changed = bytearray(path.read_bytes())
    changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(changed)


def bits(length: int, some: int) -> list[int]:
    """Bits of a file of this many bytes: every one, or some of them by lot."""
    return sorted(random.Random(length).sample(range(length * 8), min(some, length * 8)))


def heal(folder: Path, what: str) -> None:
    """Repair, compute again what is not there, and compare: only what the damage touched may have been computed."""
    found = repair(folder)
    kept = content(folder)
    wrong = [name for name, row in kept.items() if row != WANTED.get(name)]
    missing = [number for number in NUMBERS if key(number) not in kept]
    assert not wrong, what
    assert len(missing) <= len(found.bad) + found.lost_records, f"{what}: rows went and nobody said so"
    with store.Writer(folder) as writer:
        append(writer, *missing)
    lost = WANTED.items() - content(folder).items()
    count(HEALED + what, rows_lost=len(lost) + len(wrong))
    assert not lost, what
    assert verify(folder) == Verification(len(NUMBERS), [])
    assert failed(folder) in ({key(99)}, set())  # a failure is tried again in any case


def test_any_bit_flipped_in_the_rows_costs_that_row_alone(folder: Path) -> None:
    whole = (folder / "rows.f32").read_bytes()
    for bit in bits(len(whole), 100):
        flip(folder / "rows.f32", bit)
        assert verify(folder).bad == [key(NUMBERS[bit // 8 // ROW_BYTES])]
        heal(folder, "a bit of the rows")
        fresh(folder)


def test_any_bit_flipped_in_the_journal_costs_at_most_that_record(folder: Path) -> None:
    for bit in bits(31 * RECORD_BYTES, 100):
        flip(folder / "journal.bin", bit)
        if bit // 8 < 30 * RECORD_BYTES:  # the last record is a tail, which a crash may have left
            with pytest.raises(StoreDamaged, match=r"journal\.bin: record \d+ of 31 is damaged"):
                verify(folder)
        heal(folder, "a bit of the journal")
        fresh(folder)


def test_any_bit_flipped_in_the_manifest_is_refused_or_changes_nothing(folder: Path) -> None:
    path = folder / "manifest.toml"
    whole, about = path.read_bytes(), Manifest.load(folder)
    for bit in range(8 * len(whole)):
        flip(path, bit)
        try:
            changed = Manifest.load(folder)
        except StoreError as error:
            assert error.hint and "manifest.toml" in error.message
            count(REFUSED + "a bit of the manifest")
        else:  # in the name of the checksum itself
            assert changed == about
            count(HEALED + "a bit of the manifest")
        path.write_bytes(whole)
    heal(folder, "a bit of the manifest, put back")


def test_a_journal_cut_at_any_byte_gives_back_what_lies_before(folder: Path) -> None:
    whole, stored = (folder / "journal.bin").read_bytes(), (folder / "rows.f32").read_bytes()
    for length in range(0, len(whole) + 1, 7):
        (folder / "journal.bin").write_bytes(whole[:length])
        (folder / "rows.f32").write_bytes(stored)
        kept = NUMBERS[: length // RECORD_BYTES]
        assert content(folder) == expected(*kept)
        with store.Writer(folder) as writer:
            assert writer.healed or length == len(whole)
            append(writer, *NUMBERS[len(kept) :])
        gone = WANTED.items() - content(folder).items()
        count(HEALED + "the journal cut short", rows_lost=len(gone))
        assert not gone


@pytest.mark.parametrize("extra", [-1, -ROW_BYTES, -5 * ROW_BYTES - 3, -30 * ROW_BYTES, 1, ROW_BYTES, 1000])
def test_rows_that_are_shorter_or_longer_than_their_journal_are_healed(folder: Path, extra: int) -> None:
    path = folder / "rows.f32"
    content_before = path.read_bytes()
    path.write_bytes(content_before[:extra] if extra < 0 else content_before + b"\x07" * extra)
    heal(folder, "rows too short" if extra < 0 else "rows too long")


def cut_middle(folder: Path) -> None:
    path = folder / "journal.bin"
    whole = path.read_bytes()
    path.write_bytes(whole[: 10 * RECORD_BYTES] + whole[10 * RECORD_BYTES + 13 :])


def zero_sector(folder: Path) -> None:
    with (folder / "rows.f32").open("r+b") as stream:
        stream.write(b"\0" * 100)


def overwrite_middle(folder: Path) -> None:
    with (folder / "journal.bin").open("r+b") as stream:
        stream.seek(7 * RECORD_BYTES)
        stream.write(NOISE[: 6 * RECORD_BYTES])


@pytest.mark.parametrize("harm", [zero_sector, overwrite_middle], ids=lambda harm: harm.__name__)
def test_larger_damage_is_healed(folder: Path, harm: Harm) -> None:
    harm(folder)
    heal(folder, harm.__name__.replace("_", " "))


def test_a_journal_out_of_step_keeps_what_lies_before_it(folder: Path) -> None:
    """13 bytes taken out of the middle: no later record begins where one should."""
    cut_middle(folder)
    with store.Writer(folder) as writer:
        kept = content(folder)
        assert kept == expected(*NUMBERS[:10])
        append(writer, *NUMBERS[10:])
    count(HEALED + "bytes taken out of the journal", rows_lost=len(WANTED.items() - content(folder).items()))
    assert content(folder) == expected(*NUMBERS)


def missing(name: str) -> Harm:
    def harm(folder: Path) -> None:
        (folder / name).unlink()

    harm.__name__ = f"{name} missing"
    return harm


def holding(name: str, what: bytes) -> Harm:
    def harm(folder: Path) -> None:
        (folder / name).write_bytes(what)

    harm.__name__ = f"{name} holding {what!r}"
    return harm


@pytest.mark.parametrize(
    "harm",
    [
        *(missing(name) for name in ("manifest.toml", "rows.f32", "journal.bin")),
        *(
            holding("manifest.toml", what)
            for what in (b"", b"\0" * 500, b"format = 1\n", b"\xff\xfe", b"format = 99\n")
        ),
    ],
    ids=lambda harm: harm.__name__,
)
def test_what_cannot_be_known_is_refused_and_nothing_is_changed(folder: Path, harm: Harm) -> None:
    harm(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}
    for attempt in (
        verify,
        repair,
        store.compact,
        store.Writer,
        lambda place: store.Reader(place).snapshot(),
        lambda place: store.create(place, manifest()),
    ):
        with pytest.raises(StoreError) as caught:
            attempt(folder)
        assert caught.value.hint
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"} == before
    assert not store.is_being_written(folder)
    count(REFUSED + "files of the store missing or empty")


# The project's other files


@pytest.fixture
def project(tmp_path: Path) -> Project:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(60):
        Image.new("RGB", (40, 30), (4 * number, 9, 200)).save(pictures / f"a rather long name, number {number:03d}.png")
    project = Project.open_or_create(pictures)
    project.scan()
    project.close()
    return project


@pytest.mark.parametrize("seed", range(25))
def test_a_catalog_with_damaged_pages_is_named_and_made_anew(project: Project, seed: int) -> None:
    """What can be read is right or refused; after the rebuilding every picture is there under its old key."""
    with Project(project.path) as sound:
        keys = sound.catalog.keys().tolist()
    file, dice = project.path / "catalog.sqlite", random.Random(seed)
    damaged = bytearray(file.read_bytes())
    for _ in range(6):
        start = dice.randrange(len(damaged) - 64)
        damaged[start : start + 64] = dice.randbytes(64)
    file.write_bytes(damaged)
    try:
        with Project(project.path) as again:
            again.catalog.check()
            again.scan()
    except CatalogError as error:
        assert "catalog.sqlite" in error.message and error.hint
    with Project(project.path) as again:
        assert rebuild_catalog(again) is not None
        again.scan()
        gone = set(keys) - set(again.catalog.keys().tolist())
        count(HEALED + "pages of the catalog", rows_lost=len(gone))
        assert not gone
        again.catalog.check()


@pytest.mark.parametrize(
    "what", [b"", b"SQLite format 3\0", b"\xff" * 5000, None], ids=["empty", "cut", "noise", "gone"]
)
def test_thumbnails_are_a_cache_that_is_made_again(project: Project, what: bytes | None) -> None:
    picture = next(project.folders[0].glob("*.png"))
    with Project(project.path) as opened:
        before = opened.thumbnails.get(b"k" * 20, picture).tobytes()
    file = project.path / "thumbnails.sqlite"
    file.unlink() if what is None else file.write_bytes(what)
    for _ in range(2):
        thumbnails = Thumbnails(file)
        assert thumbnails.get(b"k" * 20, picture).size == (40, 30)
        thumbnails.close()
    assert len(before) == 40 * 30 * 3
    count(HEALED + "thumbnails")


def test_thumbnails_with_damaged_pages_never_show_an_error(project: Project) -> None:
    pictures = sorted(project.folders[0].glob("*.png"))
    file, dice = project.path / "thumbnails.sqlite", random.Random(3)
    for _ in range(10):
        thumbnails = Thumbnails(file)
        for number, picture in enumerate(pictures):
            assert thumbnails.get(bytes([number]) * 20, picture).size == (40, 30)
        thumbnails.close()
        damaged = bytearray(file.read_bytes())
        for _ in range(20):
            start = dice.randrange(len(damaged) - 64)
            damaged[start : start + 64] = dice.randbytes(64)
        file.write_bytes(damaged)
        count(HEALED + "thumbnails")


@pytest.mark.parametrize("what", [b"", b"= =", b"\xff\xfe", b"format = 99\n", b"format = 1\nfolders = 3\n"])
def test_settings_that_cannot_be_read_are_named_and_made_anew(project: Project, what: bytes) -> None:
    (project.path / "project.toml").write_bytes(what)
    with pytest.raises(ProjectError) as caught:
        Project(project.path)
    assert "project.toml" in caught.value.message and caught.value.hint
    with rebuild_settings(project.path, project.folders) as again:
        assert again.catalog.count() == 60
    assert (project.path / "project.toml.damaged").read_bytes() == what
    count(HEALED + "project.toml")


@pytest.mark.parametrize("name", ["job.toml", "events.jsonl", "lock"])
@pytest.mark.parametrize(
    "what", [b"", b"\xff\xfe\0", b'{"time": 1', b"= =\n", b"[]\n3\nnull\n", NOISE, None], ids=range(7)
)
def test_a_damaged_job_hides_no_other_and_stops_nothing(tmp_path: Path, name: str, what: bytes | None) -> None:
    sound, harmed = (create_job(tmp_path, ["conse"]) for _ in range(2))
    log = events.EventLog(harmed)
    log.write("progress", done=3, failed=0, total=9, rate=1.0)
    log.close()
    (harmed / name).unlink(missing_ok=True) if what is None else (harmed / name).write_bytes(what)
    listed = [job.folder for job in all_jobs(tmp_path)]
    assert sound in listed
    try:
        job = Job.read(harmed)
        assert job.state is State.INTERRUPTED
        with pytest.raises(JobError, match="is not running"):
            job.cancel()
    except JobError as error:
        assert harmed.name in error.message and error.hint
    assert Job.read(sound).options() == {}
    count(HEALED + "files of a job")
