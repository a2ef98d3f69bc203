"""Commands that tests run: they end, and so does what they have started."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.patience import is_at_work, run_to_end, until


def ends(process: Path) -> None:
    """Wait until the process whose number is in this file is gone, or waits for its parent."""
    number = process.read_text().strip()

    def is_gone() -> bool:
        try:
            return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    until(is_gone)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at /proc")
@pytest.mark.parametrize("waits", [False, True])
def test_what_a_command_has_started_ends_with_it_and_one_that_does_not_end_is_named(
    tmp_path: Path, waits: bool
) -> None:
    script = f"sleep 1000 & echo $! > {tmp_path}/number; echo said; {'wait' if waits else 'exit 3'}"
    if waits:
        with pytest.raises(AssertionError, match="it did not end"):
            run_to_end(["sh", "-c", script], 1.0)
    else:
        done = run_to_end(["sh", "-c", script])
        assert (done.returncode, done.stdout) == (3, "said\n")
    if (tmp_path / "number").exists():  # else it was killed before it started anything
        ends(tmp_path / "number")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at /proc")
@pytest.mark.parametrize(
    ("script", "works"), [("while :; do :; done", True), ("sh -c 'while :; do :; done'; :", True), ("read line", False)]
)
def test_whether_a_process_or_one_that_it_started_is_at_work_is_seen(script: str, works: bool) -> None:
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True) as process:
        try:
            until(lambda: is_at_work(process.pid) == works)
        finally:
            os.killpg(process.pid, 9)
