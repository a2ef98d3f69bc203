"""A decoder that crashes, runs for ever or eats memory costs its picture, and nothing else."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image, PngImagePlugin

from core.catalog import scan as scanning
from core.catalog.copies import File
from core.errors import CannotDecode, UnreadablePicture
from core.images import read
from core.images.decoder_process import DecoderLimits
from core.images.decoders import Decoders
from core.images.identify import Identity, identify
from core.images.thumbnails import Thumbnails
from core.project import Project
from core.vectors import local_engine, store
from core.vectors.failures import read_failures
from core.vectors.pipeline import Target, fill
from tests.attacks.seeds import encoded, grain, pictures
from tests.attacks.tally import count
from tests.patience import PATIENCE, until

sys.path.append(str(Path(__file__).parents[1] / "core" / "vectors"))
from stand_in_model import DIM, StandIn
from vector_helpers import manifest

# That long a picture may take. Good ones take some milliseconds, but so long may a loaded machine look elsewhere.
SECONDS = 3.0
FRAGILE = [str(Path(__file__).with_name("fragile_decoder.py"))]
# What each does to its decoder, and what is then said of the picture.
DEEDS = {
    "crash": "the decoder crashed on it (signal 11)",
    "abort": "the decoder crashed on it (signal 6)",
    "late": f"it took longer than {SECONDS:g} s to decode",
    "memory": "it needs more memory than a picture may take",
    "exit": "the decoder ended on it (code 3)",
    "term": "the decoder crashed on it (signal 15)",
}


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(DecoderLimits(seconds=SECONDS, memory=1 << 30, idle=10.0), FRAGILE)
    yield made
    made.end()


def trap(path: Path, when: str, deed: str) -> Path:
    """A good picture that has this done to its decoder."""
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", f"{when} {deed}")
    path.write_bytes(encoded(grain(), "PNG", pnginfo=about))
    return path


def good(path: Path) -> Path:
    path.write_bytes(encoded(grain(), "PNG"))
    return path


def processes(decoders: Decoders) -> set[int]:
    return {decoder._process.pid for decoder in decoders._living}


def gone(pid: int, within: float = PATIENCE) -> bool:
    """Whether a process has ended, or does so in time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("at_least", [None, 8, 16, 200])
def test_what_comes_out_is_what_is_read_in_this_process(
    decoders: Decoders, tmp_path: Path, at_least: int | None
) -> None:
    for kind, content in pictures().items():
        (tmp_path / kind).write_bytes(content)
        here = read.read_picture(tmp_path / kind, at_least=at_least)
        there = decoders.read_picture(tmp_path / kind, at_least=at_least)
        assert (there.mode, there.size, there.tobytes()) == (here.mode, here.size, here.tobytes()), kind
    assert decoders.identify([tmp_path / kind for kind in pictures()]) == [
        identify(tmp_path / kind) for kind in pictures()
    ]
    assert len(processes(decoders)) == 1


def test_decoders_that_were_started_ahead_are_taken_and_no_more_are_started(decoders: Decoders, tmp_path: Path) -> None:
    fine = good(tmp_path / "fine.png")
    decoders.start_ahead(2)
    ahead = {future.result()._process.pid for future in decoders._begun}
    assert len(ahead) == 2
    decoders.start_ahead(2)
    assert {future.result()._process.pid for future in decoders._begun} == ahead
    decoders.read_picture(fine)
    assert len(processes(decoders)) == 1 and processes(decoders) < ahead
    decoders.start_ahead(2)
    assert len(decoders._begun) == 1, "an idle one counts"
    decoders.end()
    assert all(gone(pid) for pid in ahead)


def test_one_that_was_started_ahead_and_has_ended_is_replaced(decoders: Decoders, tmp_path: Path) -> None:
    decoders.start_ahead(1)
    ahead = decoders._begun[0].result()
    ahead._process.kill()
    ahead._process.wait()
    assert decoders.read_picture(good(tmp_path / "fine.png")).size == grain().size
    assert ahead._process.pid not in processes(decoders)


def test_one_that_cannot_be_started_ahead_is_said_to_who_needs_it(tmp_path: Path) -> None:
    broken = Decoders(program=["-c", "raise SystemExit(1)"])
    broken.start_ahead(1)
    with pytest.raises(CannotDecode, match="exits before it has started"):
        broken.read_picture(good(tmp_path / "fine.png"))
    broken.start_ahead(1)
    broken.end()


def test_one_that_could_not_be_started_ahead_does_not_keep_another_from_being_started(tmp_path: Path) -> None:
    decoders = Decoders(program=["-c", "raise SystemExit(1)"])
    decoders.start_ahead(2)
    assert all(future.exception() for future in decoders._begun)
    decoders._program = ("-m", "core.images.decoder")  # there is memory again, for example
    for _ in range(3):
        assert decoders.read_picture(good(tmp_path / "fine.png")).size == grain().size
    decoders.end()


@pytest.mark.parametrize("possible", [0, 1, 3])
def test_where_no_more_threads_can_be_started_fewer_decoders_are(
    decoders: Decoders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, possible: int
) -> None:
    real, left = threading.Thread.start, [possible]

    def start(self: threading.Thread) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("can't start new thread")
        real(self)

    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", start)
        decoders.start_ahead(5)
    assert decoders.read_picture(good(tmp_path / "fine.png")).size == grain().size
    begun = [future.result()._process.pid for future in decoders._begun if not future.cancelled()]
    decoders.end()
    assert all(gone(pid) for pid in begun)


@pytest.mark.parametrize("deed", DEEDS)
def test_a_decoder_that_dies_costs_its_picture_and_is_replaced(decoders: Decoders, tmp_path: Path, deed: str) -> None:
    fine = good(tmp_path / "fine.png")
    for _ in range(2):
        with pytest.raises(UnreadablePicture) as caught:
            decoders.read_picture(trap(tmp_path / "trap.png", "load", deed))
        assert caught.value.message == DEEDS[deed]
        assert decoders.read_picture(fine).size == (48, 32)
        count("decoders crashed")
    assert len(processes(decoders)) == 1


@pytest.mark.parametrize("deed", DEEDS)
def test_files_identified_with_one_that_no_decoder_survives_keep_their_names(
    decoders: Decoders, tmp_path: Path, deed: str
) -> None:
    paths = [good(tmp_path / f"{number}.png") for number in range(5)]
    paths.insert(2, trap(tmp_path / "trap.png", "open", deed))
    found = decoders.identify(paths)
    assert [identity.key for identity in found if isinstance(identity, Identity)] == [
        hashlib.sha1(path.read_bytes()).digest() for path in paths
    ]
    assert [identity.problem for identity in found if isinstance(identity, Identity)] == [
        DEEDS[deed] if path.name == "trap.png" else "" for path in paths
    ]
    count("decoders crashed")


def test_a_picture_that_takes_for_ever_is_given_up_after_the_time_that_one_may_take(tmp_path: Path) -> None:
    decoders = Decoders(DecoderLimits(seconds=0.5), FRAGILE)
    with pytest.raises(UnreadablePicture, match=re.escape("it took longer than 0.5 s to decode")):
        decoders.read_picture(trap(tmp_path / "trap.png", "load", "loop"))
    decoders.end()


def test_what_no_decoder_should_raise_costs_its_picture_only(decoders: Decoders, tmp_path: Path) -> None:
    before = None
    for _ in range(2):
        with pytest.raises(UnreadablePicture, match=r"the decoder failed on it: AssertionError ours\\n$"):
            decoders.read_picture(trap(tmp_path / "trap.png", "load", "defect"))
        assert before in (None, processes(decoders))
        before = processes(decoders)


def test_a_decoder_that_says_another_size_than_it_gives_is_not_believed(decoders: Decoders, tmp_path: Path) -> None:
    decoders.read_picture(trap(tmp_path / "trap.png", "load", "garbage"))
    with pytest.raises(UnreadablePicture, match="another number of pixels than it announced"):
        decoders.read_picture(good(tmp_path / "fine.png"))


def test_a_job_goes_on_over_pictures_that_kill_its_decoders(
    decoders: Decoders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan and the filling: every picture but these has its row."""
    monkeypatch.setattr(local_engine, "read_picture", decoders.read_picture)
    monkeypatch.setattr(scanning, "identify_all", decoders.identify)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (40, 30), (40 * number, 9, 9)).save(folder / f"good-{number}.png")
    traps = {
        f"{number}-{when}-{deed}.png": deed for number, (deed, when) in enumerate(product(DEEDS, ("open", "load")))
    }
    for name, deed in traps.items():
        trap(folder / name, name.split("-")[1], deed)
    with Project.open_or_create(folder) as project:
        assert (project.scan().pictures, project.scan().new) == (6 + len(traps), 0)
        catalog = project.catalog
        wanted = [(File(p.key, p.path, p.size, p.mtime_ns),) for p in catalog.pictures(catalog.picture_ids())]
    vectors = tmp_path / "vectors"
    store.create(vectors, manifest(DIM))
    with store.Writer(vectors) as writer:
        fill([Target(writer, StandIn())], wanted, stop=threading.Event(), on_commit=lambda *_: None)
    assert len(store.Reader(vectors).snapshot().done) == 6
    reasons = {os.path.basename(failure.path).decode(): failure.reason for failure in read_failures(vectors).values()}
    assert reasons == {name: DEEDS[deed] for name, deed in traps.items()}
    count("hostile files tried", len(traps))


def test_a_decoder_killed_from_outside_between_two_pictures_is_not_the_next_ones_fault(
    decoders: Decoders, tmp_path: Path
) -> None:
    fine = good(tmp_path / "fine.png")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        decoders.read_picture(fine)
        (pid,) = processes(decoders)
        os.kill(pid, number)
        assert gone(pid)
        assert decoders.read_picture(fine).size == (48, 32)
        assert processes(decoders) != {pid}


def test_a_decoder_that_nobody_needs_ends_and_the_next_picture_gets_another(tmp_path: Path) -> None:
    decoders = Decoders(DecoderLimits(idle=0.2))
    decoders.read_picture(good(tmp_path / "fine.png"))
    (pid,) = processes(decoders)
    assert gone(pid)
    assert decoders.read_picture(tmp_path / "fine.png").size == (48, 32)
    decoders.end()
    assert processes(decoders) == set()


def test_decoders_end_with_their_parent_however_it_ends(tmp_path: Path) -> None:
    """One idle, one in the midst of an endless loop, which ends when its time is over."""
    good(tmp_path / "fine.png")
    trap(tmp_path / "trap.png", "load", "loop")
    code = f"""
import threading, time
from core.images.decoder_process import DecoderLimits as Limits
from core.images.decoders import Decoders
idle, busy = (Decoders(Limits(seconds=seconds), {FRAGILE!r}) for seconds in ({SECONDS}, 0.5))
idle.read_picture("fine.png")
threading.Thread(target=busy.read_picture, args=["trap.png"]).start()
while not busy._living: time.sleep(0.01)
print(*(decoder._process.pid for decoder in idle._living | busy._living), flush=True)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=tmp_path, env=environment)
    assert parent.stdout
    pids = [int(word) for word in parent.stdout.readline().split()]
    parent.kill()
    parent.communicate()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)


def test_whoever_waits_for_a_decoder_is_told_when_it_is_ended(decoders: Decoders, tmp_path: Path) -> None:
    trap(tmp_path / "trap.png", "load", "loop")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(decoders.read_picture, tmp_path / "trap.png")
        until(lambda: decoders._living)
        decoders.stop_working()
        with pytest.raises(CannotDecode, match="were stopped"):
            waiting.result(PATIENCE)


def test_threads_have_a_decoder_each_and_never_each_others_picture(decoders: Decoders, tmp_path: Path) -> None:
    for number in range(12):
        Image.new("RGB", (30 + number, 20), (20 * number, 3, 9)).save(tmp_path / f"{number}.png")

    def right(turn: int) -> bool:
        picture = decoders.read_picture(tmp_path / f"{turn % 12}.png")
        return picture.width == 30 + turn % 12 and picture.getpixel((9, 9)) == (20 * (turn % 12), 3, 9)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(right, range(200)))
    assert 1 <= len(processes(decoders)) <= 4


def test_a_large_picture_leaves_no_large_decoder_behind(
    decoders: Decoders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.images.decoders._LARGE", 600 * 400 * 3)
    for width, kept in ((600, 1), (601, 0)):
        Image.new("RGB", (width, 400)).save(tmp_path / "picture.png")
        assert decoders.read_picture(tmp_path / "picture.png").size == (width, 400)
        assert len(processes(decoders)) == kept


def test_where_no_decoder_can_be_started_it_is_not_the_pictures_fault(tmp_path: Path) -> None:
    with pytest.raises(CannotDecode, match="exits before it has started"):
        Decoders(program=["-c", "raise SystemExit(1)"]).read_picture(good(tmp_path / "fine.png"))


def test_a_decoder_that_is_killed_while_it_starts_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two of them are."""
    pauses: list[float] = []
    monkeypatch.setattr("core.images.decoders.time", SimpleNamespace(sleep=pauses.append))
    mark = tmp_path / "started"
    program = (
        "import os, sys, pathlib\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "mark.open('a').write('.')\n"
        "if mark.stat().st_size < 3: os.kill(os.getpid(), 9)\n"
        "from core.images import decoder\n"
        "decoder.main(sys.argv[1:])\n"
    )
    decoders = Decoders(program=["-c", program])
    assert decoders.read_picture(good(tmp_path / "fine.png")).size == (48, 32)
    assert (mark.read_text(), pauses) == ("...", [0.1, 0.5])
    decoders.end()
    with pytest.raises(CannotDecode, match="killed as soon as they start"):
        Decoders(program=["-c", "import os; os.kill(os.getpid(), 9)"]).read_picture(tmp_path / "fine.png")
    assert pauses[2:] == [0.1, 0.5, 2.0, 0.0]


def test_where_no_file_can_be_opened_it_is_not_the_pictures_fault(
    decoders: Decoders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(24, "Too many open files")

    good(tmp_path / "fine.png")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        for ask in (decoders.read_picture, lambda path: decoders.identify([path])):
            with pytest.raises(CannotDecode, match="too many open files"):
                ask(tmp_path / "fine.png")


def test_no_descriptor_is_left_behind(decoders: Decoders, tmp_path: Path) -> None:
    fine, crash = good(tmp_path / "fine.png"), trap(tmp_path / "trap.png", "load", "crash")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        decoders.read_picture(fine)
        with pytest.raises(UnreadablePicture):
            decoders.read_picture(crash)
        decoders.identify([fine, crash])
    decoders.end()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("content", [b"BM" + bytes(60), "text", 7, encoded(Image.new("RGB", (900, 900)), "JPEG")])
def test_a_thumbnail_that_this_program_did_not_write_is_not_decoded_here(tmp_path: Path, content: object) -> None:
    good(tmp_path / "fine.png")
    thumbnails = Thumbnails(tmp_path / "thumbnails.sqlite")
    thumbnails._database.execute("INSERT INTO thumbnails VALUES (?, ?)", (b"k" * 20, content))
    assert thumbnails.get(b"k" * 20, tmp_path / "fine.png").size == (48, 32)
    thumbnails.close()
