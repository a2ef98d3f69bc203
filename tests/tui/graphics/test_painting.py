"""Pictures are painted in a process of their own, or where they are asked for when there is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from tui.graphics import painting
from tui.graphics.painted import Painted
from tui.graphics.painters import painter
from tui.graphics.painting import PaintingProcess
from tui.graphics.renderer import renderer_for
from tui.graphics.terminal import Glyphs, Protocol, Terminal

_LIMIT = 60.0
_SMALL = Image.linear_gradient("L").resize((97, 61)).convert("RGB")
# More than the system keeps between two processes: writing it to one that hangs waits.
_LARGE = Image.new("RGB", (1600, 1200))


@pytest.fixture
def process() -> Iterator[PaintingProcess]:
    with PaintingProcess() as started:
        yield started


def ready(process: PaintingProcess) -> int:
    """Wait until pictures are painted in the process. Returns its id."""
    until(lambda: process("palette_png", _SMALL))
    assert process.pid is not None
    return process.pid


def until(found: Callable[[], object]) -> None:
    end = time.monotonic() + _LIMIT
    while not found():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_until_the_process_is_ready_nothing_is_painted_elsewhere(process: PaintingProcess) -> None:
    assert process("palette_png", _SMALL) is None
    ready(process)


def test_what_fails_is_left_to_be_done_where_it_was_asked_for(process: PaintingProcess) -> None:
    pid = ready(process)
    assert process("no such way", _SMALL) is None
    assert process("symbols", _SMALL, {"columns": 1}) is None
    assert process("palette_png", _SMALL) == painter("palette_png")(_SMALL, {})
    assert process.pid == pid


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("picture", [_SMALL, _LARGE], ids=["small", "large"])
def test_a_process_that_died_or_hangs_is_given_up(
    process: PaintingProcess, number: signal.Signals, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painting, "_LONGEST", 0.2)
    os.kill(ready(process), number)
    until(lambda: process("palette_png", picture) is None)
    assert process.pid is None
    assert process("palette_png", picture) is None


def test_closing_ends_the_wait_for_a_process_that_hangs(process: PaintingProcess) -> None:
    os.kill(ready(process), signal.SIGSTOP)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(process, "palette_png", _LARGE) for _ in range(2)]
        process.close()
        assert [one.result(_LIMIT) for one in asked] == [None, None]


def test_it_ends_when_it_is_closed_and_leaves_nothing(process: PaintingProcess) -> None:
    pid = ready(process)
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert process("palette_png", _SMALL) is None


def test_it_ends_with_the_program_however_that_ends() -> None:
    program = (
        "import time\nfrom PIL import Image\nfrom tui.graphics.painting import PaintingProcess\n"
        "process = PaintingProcess()\n"
        "while not process('palette_png', Image.new('RGB', (2, 2))): time.sleep(0.01)\n"
        "print(process.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    until(lambda: not is_running(pid))


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
    ready(process)
    barrier = threading.Barrier(4)
    pictures = [Image.new("RGB", (7, 5), (number, 0, 0)) for number in range(4)]

    def ask(picture: Image.Image) -> list[Painted | None]:
        barrier.wait(_LIMIT)
        return [process("palette_png", picture) for _ in range(25)]

    with ThreadPoolExecutor(4) as pool:
        wanted = [[painter("palette_png")(picture, {})] * 25 for picture in pictures]
        assert list(pool.map(ask, pictures)) == wanted


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
    ready(process)
    here, there = (renderer_for(terminal, *run).draw(_SMALL, 21, 9) for run in ((), (process,)))
    assert list(here.lines) == list(there.lines)
    assert (here.overlay and here.overlay.data) == (there.overlay and there.overlay.data)


def test_a_kitty_picture_is_the_same_wherever_it_is_painted(process: PaintingProcess) -> None:
    ready(process)
    sent = [renderer_for(Terminal(Protocol.KITTY), *run).draw(_SMALL, 21, 9).transmission for run in ((), (process,))]
    here, there = (one.data.replace(f"i={one.image_id},", "") for one in sent if one is not None)
    assert here == there
