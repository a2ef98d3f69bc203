"""The pipeline: pictures become rows in order, and no picture stops another."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from stand_in_model import DIM, StandIn
from vector_helpers import manifest

from core.arrays import Rows
from core.catalog.copies import File
from core.errors import StoreError
from core.images.appearance import Appearance
from core.images.identify import identify
from core.images.read import read_picture
from core.models.backend import Prepared
from core.vectors import local_engine, pipeline, store
from core.vectors.engine import Files
from core.vectors.failures import Failure, read_failures
from core.vectors.local_engine import encode, prepare
from core.vectors.manifest import Manifest
from core.vectors.pipeline import MeasuringCallbacks, Progress, Target, fill
from core.vectors.snapshot import Snapshot
from core.vectors.vec_type import VecType

AT_LEAST = 16  # pixels: twice what the stand-in looks at


@pytest.fixture
def pictures(tmp_path: Path) -> list[Files]:
    """Ten pictures of different colours."""
    found = []
    for number in range(10):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (20, 10), (25 * number, 255 - 25 * number, 7 * number)).save(path)
        found.append(to_compute(path))
    return found


def to_compute(path: Path) -> Files:
    identity = identify(path)
    return (File(identity.key, os.fsencode(path), identity.size, identity.mtime_ns),)


class Run:
    """A store and one filling of it."""

    def __init__(self, folder: Path, wanted: Manifest | None = None) -> None:
        self.folder = folder
        self.stop = threading.Event()
        self.commits: list[tuple[int, int]] = []
        self.failures: list[Failure] = []
        store.create(folder, wanted or manifest(DIM))

    def fill(self, model: StandIn, pictures: Sequence[Files] | Iterator[Files], threads: int = 3) -> Progress:
        with store.Writer(self.folder) as writer:
            return fill([Target(writer, model)], pictures, stop=self.stop, on_commit=self._committed, threads=threads)

    def _committed(self, progress: Progress, target: Target, failures: list[Failure]) -> None:
        self.commits.append((progress.done.total(), progress.failed.total()))
        self.failures += failures

    @property
    def keys(self) -> list[bytes]:
        return [bytes(key).ljust(20, b"\0") for key in self.snapshot.keys]

    @property
    def snapshot(self) -> Snapshot:
        return store.Reader(self.folder).snapshot()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "store")


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
def test_rows_stand_in_the_order_of_the_pictures_and_are_the_models(
    run: Run, pictures: list[Files], batch_size: int
) -> None:
    model = StandIn(batch_size)
    progress = run.fill(model, pictures)
    assert (progress.done.total(), progress.failed.total()) == (10, 0)
    assert progress.rate > 0
    assert run.keys == [picture[0].key for picture in pictures]
    alone = [encode(model, [prepare(model, picture[0].path, False, AT_LEAST)])[0] for picture in pictures]
    np.testing.assert_array_equal(run.snapshot.rows, np.stack(alone))


def test_the_model_gets_batches_of_its_size(run: Run, pictures: list[Files]) -> None:
    sizes: list[int] = []

    class Counting(StandIn):
        def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
            sizes.append(len(batch))
            return super().encode_pictures(batch)

    run.fill(Counting(4), pictures)
    assert sizes == [4, 4, 2]


def test_a_picture_that_fails_is_recorded_with_its_reason_and_the_others_go_on(
    run: Run, pictures: list[Files], tmp_path: Path
) -> None:
    for name, text in (
        ("text.png", b"no picture"),
        ("cut.png", Path(os.fsdecode(pictures[0][0].path)).read_bytes()[:48]),
    ):
        (tmp_path / name).write_bytes(text)
    gone = (File(b"g" * 20, os.fsencode(tmp_path / "gone\n.png"), 1, 1),)
    bad = [to_compute(tmp_path / "text.png"), to_compute(tmp_path / "cut.png"), gone]
    progress = run.fill(StandIn(), [bad[0], *pictures[:5], bad[1], *pictures[5:], bad[2]])
    assert (progress.done.total(), progress.failed.total()) == (10, 3)
    assert run.keys == [picture[0].key for picture in pictures]
    reasons = {failure.path: failure.reason for failure in read_failures(run.folder).values()}
    assert reasons == {
        bad[0][0].path: "not a picture in a known format",
        bad[1][0].path: "truncated: the file ends before the picture does",
        bad[2][0].path: "the file is not there any more",
    }
    assert {failure.key for failure in run.failures} == {picture[0].key for picture in bad}


def test_a_file_rewritten_since_the_scan_is_not_stored_under_its_old_key(run: Run, pictures: list[Files]) -> None:
    path = Path(os.fsdecode(pictures[3][0].path))
    before = path.stat()
    Image.new("RGB", (20, 10), "white").save(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert run.fill(StandIn(), pictures).failed.total() == 1
    assert pictures[3][0].key not in run.keys
    assert "changed while the job ran" in run.failures[0].reason


def test_rows_that_are_not_finite_are_failures(run: Run, pictures: list[Files]) -> None:
    class Broken(StandIn):
        def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
            rows = super().encode_pictures(batch)
            rows[0, 0], rows[-1, -1] = np.nan, np.inf
            return rows

    progress = run.fill(Broken(5), pictures)
    assert (progress.done.total(), progress.failed.total()) == (6, 4)
    assert {failure.reason for failure in run.failures} == {"the model returned numbers that are not finite"}
    assert np.isfinite(run.snapshot.rows).all()


def test_a_picture_that_takes_too_much_memory_costs_only_itself(run: Run, pictures: list[Files]) -> None:
    class Greedy(StandIn):
        def prepare(self, picture: Image.Image) -> Prepared:
            if picture.getpixel((0, 0)) == (25, 230, 7):
                raise MemoryError
            return super().prepare(picture)

    progress = run.fill(Greedy(), pictures)
    assert (progress.done.total(), progress.failed.total()) == (9, 1)
    assert run.failures[0].reason == "not enough memory to prepare it"


def test_commits_come_as_often_as_told(run: Run, pictures: list[Files], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_COMMIT_ROWS", 4)
    run.fill(StandIn(2), pictures)
    assert run.commits == [(2, 0), (6, 0), (10, 0)], "the first batch at once, then every four rows"


def test_commits_come_after_a_while_however_few_the_rows(
    run: Run, pictures: list[Files], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_COMMIT_SECONDS", 0.0)
    run.fill(StandIn(5), pictures)
    assert run.commits == [(5, 0), (10, 0)]


def test_nothing_to_compute_commits_nothing(run: Run) -> None:
    assert (run.fill(StandIn(), []).done.total(), run.commits) == (0, [])


def test_when_told_to_stop_what_the_model_has_done_is_committed(run: Run, pictures: list[Files]) -> None:
    class Stopping(StandIn):
        def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
            run.stop.set()
            return super().encode_pictures(batch)

    progress = run.fill(Stopping(4), pictures)
    assert progress.done.total() == 4
    assert run.keys == [picture[0].key for picture in pictures[:4]]


def test_told_to_stop_before_the_start_nothing_is_computed(run: Run, pictures: list[Files]) -> None:
    run.stop.set()
    assert run.fill(StandIn(4), pictures).done.total() == 0


def test_a_commit_that_fails_ends_the_run(run: Run, pictures: list[Files], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_COMMIT_ROWS", 4)
    real, calls = os.fdatasync, []

    def fdatasync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 2:
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    with pytest.raises(StoreError, match="input/output error"):
        run.fill(StandIn(4), pictures)
    assert run.keys == [picture[0].key for picture in pictures[:4]]
    assert not store.is_being_written(run.folder)


def test_only_a_few_batches_are_decoded_ahead(run: Run, pictures: list[Files]) -> None:
    """Memory is flat: of a thousand pictures, never more than four batches are taken and not yet in the model."""
    taken = encoded = most = 0

    def source() -> Iterator[Files]:
        nonlocal taken, most
        for _ in range(100):
            for picture in pictures:
                taken += 1
                most = max(most, taken - encoded)
                yield picture

    class Counting(StandIn):
        def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
            nonlocal encoded
            encoded += len(batch)
            return super().encode_pictures(batch)

    run.fill(Counting(4), source())
    assert taken == encoded == 1000
    assert most <= local_engine._BATCHES_AHEAD * 4 + 4


@pytest.mark.parametrize("greyscale", [False, True])
def test_greyscale_drops_colour_before_the_model_looks(tmp_path: Path, pictures: list[Files], greyscale: bool) -> None:
    colourful = []

    class Looking(StandIn):
        def prepare(self, picture: Image.Image) -> Prepared:
            red, green, blue = picture.getpixel((0, 0))
            colourful.append(not red == green == blue)
            return super().prepare(picture)

    vec_type = VecType("effnet-lite0", greyscale)
    Run(tmp_path / vec_type.name, replace(manifest(DIM), vec_type=vec_type)).fill(Looking(), pictures)
    assert any(colourful) != greyscale


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
@pytest.mark.parametrize("greyscale", [False, True])
def test_a_stored_picture_and_one_of_a_question_reach_the_model_with_the_same_pixels(
    tmp_path: Path, kind: str, greyscale: bool
) -> None:
    seen = []

    class Looking(StandIn):
        def prepare(self, picture: Image.Image) -> Prepared:
            seen.append((picture.mode, picture.size, picture.tobytes()))
            return super().prepare(picture)

    path = tmp_path / "picture"
    noise = np.random.default_rng(5).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, kind)
    vec_type = VecType("effnet-lite0", greyscale)
    Run(tmp_path / vec_type.name, replace(manifest(DIM), vec_type=vec_type, read_at_least=AT_LEAST)).fill(
        Looking(), [to_compute(path)]
    )
    prepare(Looking(), path, greyscale, AT_LEAST)
    picture = read_picture(path, at_least=AT_LEAST)
    expected = picture.convert("L").convert("RGB") if greyscale else picture
    assert seen == [("RGB", expected.size, expected.tobytes())] * 2


def test_jpegs_are_decoded_small_but_never_below_twice_what_the_model_looks_at(tmp_path: Path) -> None:
    sizes = []

    class Looking(StandIn):
        def prepare(self, picture: Image.Image) -> Prepared:
            sizes.append(picture.size)
            return super().prepare(picture)

    for width, height in ((640, 480), (17, 16), (8, 8)):
        path = tmp_path / f"{width}.jpg"
        Image.new("RGB", (width, height), "red").save(path)
        prepare(Looking(), path, False, AT_LEAST)
    assert sizes == [(80, 60), (17, 16), (8, 8)]


def test_pictures_are_measured_on_the_way_in_colour_and_each_that_lacks_it_once(
    tmp_path: Path, pictures: list[Files]
) -> None:
    measured: list[tuple[bytes, Appearance]] = []
    (tmp_path / "text.png").write_bytes(b"no picture")
    bad, known = to_compute(tmp_path / "text.png"), pictures[3][0].key
    measuring = MeasuringCallbacks(lambda key: key != known, measured.extend)
    stores = [tmp_path / "grey", tmp_path / "wider"]
    store.create(stores[0], replace(manifest(DIM), vec_type=VecType("effnet-lite0", True)))
    store.create(stores[1], replace(manifest(DIM), read_at_least=2 * AT_LEAST))
    with store.Writer(stores[0]) as grey, store.Writer(stores[1]) as wider:
        targets = [Target(grey, StandIn(4)), Target(wider, StandIn(4))]
        fill(
            targets,
            [bad, *pictures],
            stop=threading.Event(),
            on_commit=lambda *_: None,
            measuring=measuring,
            threads=2,
        )
    assert [key for key, _ in measured] == [picture[0].key for picture in pictures if picture[0].key != known]
    assert measured[0][1] == Appearance(0x00FF00, 0.0)
    assert measured[-1][1].colour == (225 << 16 | 30 << 8 | 63)
