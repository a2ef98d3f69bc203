"""Functions of pixels run in a process of their own, or where they are asked for when there is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import truediv

import pytest
from PIL import Image

from tui.graphics import painting
from tui.graphics.painting import PaintingProcess
from tui.graphics.renderer import renderer_for
from tui.graphics.terminal import Glyphs, Protocol, Terminal

_LIMIT = 60.0


@pytest.fixture
def process() -> Iterator[PaintingProcess]:
    with PaintingProcess() as started:
        yield started


def runs_elsewhere(process: PaintingProcess) -> int:
    """Wait until functions run in the process. Returns its id."""
    return until(lambda: pid if (pid := process(os.getpid)) != os.getpid() else 0)


def until(found: Callable[[], int]) -> int:
    end = time.monotonic() + _LIMIT
    while not (value := found()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return value


def test_until_the_process_is_ready_functions_run_here(process: PaintingProcess) -> None:
    assert process(os.getpid) == os.getpid()
    runs_elsewhere(process)


def test_what_a_function_raises_is_raised_where_it_was_asked_for(process: PaintingProcess) -> None:
    pid = runs_elsewhere(process)
    with pytest.raises(ZeroDivisionError):
        process(truediv, 1, 0)
    assert process(os.getpid) == pid


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_without_the_process_pictures_are_painted_here(
    process: PaintingProcess, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed, or hangs."""
    monkeypatch.setattr(painting, "_LONGEST", 0.2)
    os.kill(runs_elsewhere(process), number)
    until(lambda: int(process(os.getpid) == os.getpid()))
    assert process(truediv, 6, 3) == 2


def test_a_picture_larger_than_what_the_system_keeps_does_not_wait_for_a_process_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(painting, "_LONGEST", 0.2)
    with PaintingProcess() as process, ThreadPoolExecutor(1) as pool:
        os.kill(runs_elsewhere(process), signal.SIGSTOP)
        asked = pool.submit(process, len, bytes(5_000_000))
        try:
            assert asked.result(_LIMIT) == 5_000_000
        finally:
            process.close()  # else the thread would never end


def test_closing_ends_the_wait_for_a_process_that_hangs(process: PaintingProcess) -> None:
    os.kill(runs_elsewhere(process), signal.SIGSTOP)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(process, len, bytes(5_000_000)) for _ in range(2)]
        process.close()
        assert [one.result(_LIMIT) for one in asked] == [5_000_000] * 2


def test_it_ends_when_it_is_closed_and_leaves_nothing(process: PaintingProcess) -> None:
    pid = runs_elsewhere(process)
    with ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(process, time.sleep, 0.3)
        process.close()
        sleeping.result()  # in the thread, if it had begun there
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert process(os.getpid) == os.getpid()


def test_it_ends_with_the_program_however_that_ends() -> None:
    program = (
        "import os, time\nfrom tui.graphics.painting import PaintingProcess\nprocess = PaintingProcess()\n"
        "while process(os.getpid) == os.getpid(): time.sleep(0.01)\n"
        "print(process(os.getpid), flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    until(lambda: int(not is_running(pid)))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # whoever adopts it may not have looked yet
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_threads_each_get_their_own_answer(process: PaintingProcess) -> None:
    runs_elsewhere(process)
    barrier = threading.Barrier(4)

    def ask(number: int) -> list[float]:
        barrier.wait(_LIMIT)
        return [process(truediv, number, 1) for _ in range(25)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [[float(number)] * 25 for number in range(4)]


@pytest.mark.parametrize(
    "terminal",
    [
        Terminal(Protocol.SIXEL),
        Terminal(Protocol.SYMBOLS, glyphs=Glyphs.OCTANTS),
        Terminal(Protocol.SYMBOLS, glyphs=Glyphs.QUADRANTS, colours=256),
    ],
    ids=["sixel", "symbols", "symbols of 256 colours"],
)
def test_a_picture_is_the_same_wherever_it_is_painted(process: PaintingProcess, terminal: Terminal) -> None:
    runs_elsewhere(process)
    picture = Image.linear_gradient("L").resize((97, 61)).convert("RGB")
    here, there = (renderer_for(terminal, *run).draw(picture, 21, 9) for run in ((), (process,)))
    assert list(here.lines) == list(there.lines)
    assert (here.overlay and here.overlay.data) == (there.overlay and there.overlay.data)


def test_a_kitty_picture_is_the_same_wherever_it_is_painted(process: PaintingProcess) -> None:
    runs_elsewhere(process)
    picture = Image.linear_gradient("L").resize((97, 61)).convert("RGB")
    sent = [renderer_for(Terminal(Protocol.KITTY), *run).draw(picture, 21, 9).transmission for run in ((), (process,))]
    here, there = (one.data.replace(f"i={one.image_id},", "") for one in sent if one is not None)
    assert here == there
