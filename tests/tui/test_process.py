"""What a command does without its streams, on a full disk, and when it is told to end."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import Run, command_line, until

from core.errors import UsageError
from core.files import atomic_writes
from core.jobs.job import Job, State, all_jobs
from tui import process


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_detached_job_runs_though_streams_are_closed(filled_template: Path, tmp_path: Path, closed: str) -> None:
    """As cron may start it, through a real shell."""
    copy = shutil.copytree(filled_template, tmp_path / "pictures")
    words = command_line("vectors", "restart", "effnet-lite0", "--detach")
    assert subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], cwd=copy).returncode == 0
    (job,) = all_jobs(copy / ".pictoscope" / "jobs")
    until(lambda: Job.read(job.folder).state is not State.RUNNING)
    assert (Job.read(job.folder).state, Job.read(job.folder).error) == (State.DONE, "")


@pytest.mark.parametrize("words", ["--help", "--version", "vectors --help", "models"])
@pytest.mark.parametrize("where", [">/dev/full", ">/dev/full 2>/dev/full"])
def test_help_that_cannot_be_written_is_an_error(words: str, where: str) -> None:
    line = command_line(*words.split())
    done = subprocess.run(["sh", "-c", f'exec "$@" {where}', "sh", *line], capture_output=True)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, int("2>" not in where))
    assert "2>" in where or b"no space left" in done.stderr


@pytest.fixture(params=[signal.SIGTERM, signal.SIGHUP])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that ends a program, as most programs are started: neither ignored nor blocked."""
    before = signal.signal(request.param, signal.SIG_DFL)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, [request.param])
    yield request.param
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(request.param, before)


@pytest.mark.parametrize("blocked", [False, True])
def test_a_command_that_is_told_to_end_clears_up_and_says_so_by_its_exit_code(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, blocked: bool
) -> None:
    """Also where the program that started it had blocked the signal: a child inherits that."""

    def half(_: Any) -> int:
        with atomic_writes([tmp_path / "table.csv"]) as (stream,):
            stream.write(b"half")
            os.kill(os.getpid(), number)
        raise AssertionError("it went on")

    if blocked:
        signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    monkeypatch.setattr("tui.commands.models.run", half)
    told = run("models")
    assert (told.code, told.out, told.err) == (128 + number, "", "")
    assert os.listdir(tmp_path) == []
    assert signal.getsignal(number) is signal.SIG_DFL
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with process.guarded():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "not enough memory (MemoryError)"),
        (RuntimeError("can't start new thread"), "not enough memory (RuntimeError: can't start new thread)"),
        (
            ImportError("x.so: failed to map segment from shared object"),
            "not enough memory (ImportError: x.so",
        ),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "not enough memory"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/a"), "/a: too many open files"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a"), "/a: no space left on device"),
        (KeyError("x\ny"), "unexpected KeyError: 'x\\ny'"),
        (ImportError("advice " * 100 + "the reason"), "the reason"),
    ],
)
def test_whatever_ends_a_command_is_one_line_that_says_what_to_do(home: Path, error: Exception, says: str) -> None:
    told = process.typed(error)
    assert says in told.message
    assert told.hint and "\n" not in told.message + told.hint
    assert len(told.message) < 250
    assert (home / "crash.log").exists() == told.message.startswith("unexpected")


def test_our_own_errors_are_left_as_they_are() -> None:
    error = UsageError("a", "b")
    assert process.typed(error) is error


def test_a_defect_is_one_line_and_its_details_are_kept(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> int:
        raise ZeroDivisionError("out of cheese")

    monkeypatch.setattr("tui.commands.models.run", broken)
    told = run("models")
    assert (told.code, told.out, told.err.count("\n")) == (1, "", 1)
    assert "unexpected ZeroDivisionError: out of cheese" in told.err
    assert "in broken" in (home / "crash.log").read_text()
    assert set(run("models", "--json").error) == {"error", "hint"}
    monkeypatch.setenv("PICTOSCOPE_HOME", "/proc/none/here")
    assert "could not be saved" in run("models").err


def test_remarks_that_nobody_can_read_are_lost_without_harm() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "full")

        def flush(self) -> None:
            raise BrokenPipeError

    remarks = process.Remarks(Full())
    assert remarks.write("a") == 1
    remarks.writelines(["b", "c"])
    remarks.flush()
    assert remarks.isatty() is False


# Ctrl+C at the moment at which a module is looked for.
INTERRUPTED = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)

wanted, ignored = sys.argv[1:]
sys.argv[1:] = ["--version"]
if ignored:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.meta_path.insert(0, Interrupting())
from tui.start import main
raise SystemExit(main())
"""


@pytest.mark.parametrize("module", ["tui.cli", "core.plugins", "core.actions.registry"])
def test_an_interrupt_while_the_program_is_loaded_ends_it_without_a_word(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, module, ""], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_an_interrupt_that_is_ignored_stays_so() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, "tui.cli", "ignored"], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", ["PICTOSCOPE_HOME", "HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"])
def test_a_folder_of_a_user_who_is_not_there_is_a_name_like_any_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("HF_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, "~nobody-of-this-name/there")
    told = run("models")
    assert (told.code, told.err) == (0, "")


def test_no_path_is_expanded_in_a_way_that_may_raise() -> None:
    """``Path.expanduser`` raises for users who are not there; ``os.path.expanduser`` leaves such a name as it is."""
    root = Path(process.__file__).parents[1]
    found = [
        str(file.relative_to(root))
        for folder in ("core", "tui")
        for file in (root / folder).rglob("*.py")
        if re.search(r"(?<!os\.path)\.expanduser\(", file.read_text("utf-8"))
    ]
    assert found == ["tui/paths.py"]  # which catches it
