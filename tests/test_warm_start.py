"""A fork that stands for a program in tests is as the program would be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.warm_start import also_warm, cold

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux only")

RUN = [sys.executable, "-P", "-m", "timeit", "-n", "1", "-r", "1"]  # runs the code that follows
TOLD = """
import json, os, signal, sys
found = {number: os.fstat(int(number)).st_ino for number in os.listdir("/proc/self/fd") if int(number) < 100
         and os.path.exists(f"/proc/self/fd/{number}")}
print(json.dumps({
    "argv": sys.argv[1:3], "main": sys.modules["__main__"].__name__, "environment": dict(os.environ),
    "folder": os.getcwd(), "umask": os.umask(0), "niceness": os.getpriority(os.PRIO_PROCESS, 0),
    "leads": os.getsid(0) == os.getpid(), "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "handled": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)],
    "files": found, "inherited": [os.get_inheritable(int(number)) for number in found],
    "stand-in": "stand_in_model" in sys.modules}))
"""


@pytest.fixture(scope="module", autouse=True)
def served() -> Iterator[None]:
    with also_warm("timeit", "json.tool"):
        yield


def told(folder: Path, *, new: bool, **options: Any) -> dict[str, Any]:
    """What a program says of its surroundings."""
    with (folder / "said").open("w+") as said, cold() if new else nullcontext():
        program = subprocess.Popen([*RUN, TOLD], stdout=said, stderr=said, **options)
        assert program.wait(60) == 0
        assert (program._answers is None) == new  # type: ignore[attr-defined]
        said.seek(0)
        return dict(json.loads(said.readline()))


def test_its_surroundings_are_those_of_a_new_interpreter(tmp_path: Path) -> None:
    stand_in = Path(__file__).parent / "core" / "jobs" / "stand_in"
    with (tmp_path / "passed").open("w") as passed:
        options = {"cwd": "/", "stdin": subprocess.DEVNULL, "pass_fds": [passed.fileno()], "start_new_session": True}
        options["env"] = os.environ | {"OWN": "ü\udcff", "PYTHONPATH": os.fspath(stand_in)}
        before = os.umask(0o027), signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGHUP])
        try:
            warm, new = (told(tmp_path, new=new, **options) for new in (False, True))
        finally:
            os.umask(before[0])
            signal.pthread_sigmask(signal.SIG_SETMASK, before[1])
    assert warm == new
    assert warm["stand-in"] and len(warm["files"]) == 4


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("pass", 0),
        ("import os; os._exit(3)", 3),
        ("raise ValueError", 1),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), print('last'))).start()", 0),
        ("import atexit; atexit.register(print, 'last')", 0),
    ],
)
def test_it_ends_as_a_new_interpreter(code: str, ended: int) -> None:
    def run() -> tuple[int, bool, bytes]:
        done = subprocess.run([*RUN, code], capture_output=True)
        return done.returncode, b"last" in done.stdout, done.stderr[-20:]

    warm = run()
    with cold():
        assert run() == warm
    assert warm[0] == ended


def test_it_can_be_waited_for_and_killed() -> None:
    with subprocess.Popen([sys.executable, "-m", "json.tool"], stdin=subprocess.PIPE) as program:
        assert program.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.01)
        program.kill()
        assert program.wait() == program.poll() == -signal.SIGKILL


def test_its_pipes_are_those_of_who_started_it(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "json.tool"], input=b'{"a":1}', capture_output=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b'{\n    "a": 1\n}\n', b"")


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHASHSEED", "LD_PRELOAD", "DASK_CONFIG", "LC_ALL", "LANG"])
def test_what_means_more_to_an_interpreter_makes_it_a_new_one(name: str, tmp_path: Path) -> None:
    changed = os.environ | {name: "0" if name == "PYTHONHASHSEED" else os.fspath(tmp_path)}
    with subprocess.Popen([*RUN, "pass"], env=changed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        program.wait(60)
    assert program._answers is None  # type: ignore[attr-defined]


def test_a_program_on_fewer_processors_is_a_new_interpreter() -> None:
    before = os.sched_getaffinity(0)
    if len(before) == 1:
        pytest.skip("there is one processor")
    os.sched_setaffinity(0, {min(before)})
    try:
        with subprocess.Popen([*RUN, "pass"], stdout=subprocess.DEVNULL) as program:
            assert program.wait(60) == 0
    finally:
        os.sched_setaffinity(0, before)
    assert program._answers is None  # type: ignore[attr-defined]


def test_other_programs_are_new_interpreters() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as program:
        assert program.wait(60) == 0
    assert program._answers is None  # type: ignore[attr-defined]
