"""Folders that take long to make: one process of a run makes each, the others copy it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder as ``make`` fills it. Every process has its own copy: whoever opens a project writes to it.

    Args:
        factory: of this process; all processes of a run have their folders side by side.
        name: of the folder.
        make: is given an empty folder. Nothing that it writes may say where that is.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make(folder := factory.mktemp(name))
        return folder
    common = factory.getbasetemp().parent
    made = common / f"{name}-made"
    with open(common / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = common / f"{name}-unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)  # of a process that failed in it
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(made)
    return shutil.copytree(made, factory.mktemp(name) / name, symlinks=True)
