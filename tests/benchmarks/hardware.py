"""The line that every benchmark prints first: on what it ran."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def hardware() -> str:
    """Processor, cores, memory, system, Python."""
    return " · ".join(
        [
            _processor(),
            f"{os.cpu_count()} cores",
            f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
            platform.system(),
            f"Python {platform.python_version()}",
        ]
    )


def graphics_card() -> str:
    """The names of the GPUs, as their driver says them; empty without one."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return ", ".join(done.stdout.split("\n")).strip(", ")


def peak_gigabytes() -> float:
    """Memory of this program alone. `getrusage` would count what the process was before it became this program."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
