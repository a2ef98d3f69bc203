"""How soon the program answers: ``pictoscope --help``, and the first paint of the app in a terminal.

    python -m tests.benchmarks.startup_benchmark [--project PATH] [--runs 9]

The first paint is measured from outside: the app is started in a pseudo-terminal of 120 x 32 and the clock runs from
before the process is made until its header (or Home's title) has been written to the terminal.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.hardware import hardware

COMMAND = [str(Path(sys.executable).with_name("pictoscope"))]
LIMIT = 20.0  # seconds after which a start counts as failed


def help_seconds() -> float:
    """From exec to exit of ``pictoscope --help``."""
    begin = time.perf_counter()
    subprocess.run([*COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def paint_seconds(arguments: list[str], wanted: bytes, cwd: str) -> float:
    """From fork to the moment ``wanted`` is on the terminal."""
    begin = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", COLUMNS="120", LINES="32")
        os.execv(COMMAND[0], [*COMMAND, *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 32, 120, 0, 0))
    seen = b""
    try:
        while wanted not in seen:
            if time.perf_counter() - begin > LIMIT or not select.select([terminal], [], [], LIMIT)[0]:
                raise TimeoutError(f"not painted within {LIMIT:.0f} s: {seen[-500:]!r}")
            seen += os.read(terminal, 65_536)
        return time.perf_counter() - begin
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def main() -> None:
    """Print a table and CSV."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, help="also measure on this project")
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    measured: list[tuple[str, float, Callable[[], float]]] = [
        ("--help", 0.2, help_seconds),
        ("first paint, Home", 0.5, lambda: paint_seconds([], b"P I C T O", "/")),
    ]
    if options.project:
        project = str(options.project.absolute())
        measured.append(
            ("first paint, project", 0.5, lambda: paint_seconds(["--project", project], b"Pictoscope ", "/"))
        )
    print(hardware())
    table = csv.writer(sys.stdout)
    table.writerow(["what", "bar_s", "median_s", "best_s", "worst_s"])
    for name, bar, measure in measured:
        measure()  # the first run pays for files that are not in memory yet
        times = [measure() for _ in range(options.runs)]
        table.writerow([name, bar, f"{statistics.median(times):.3f}", f"{min(times):.3f}", f"{max(times):.3f}"])


if __name__ == "__main__":
    main()
