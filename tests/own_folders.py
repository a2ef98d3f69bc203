"""The folders of one test, which go with it: a run of all would else need gigabytes."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import pytest

FAILED = pytest.StashKey[bool]()  # of a test: what it leaves may say why; of a run: whether one did
_numbers = count()


def new_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """An empty folder; no other of this process has had its path.

    Pytest's own numbers cost a look at all the folders there are, by then of thousands of tests.
    """
    return factory.mktemp(f"{name}-{next(_numbers)}", numbered=False)


def remove_unless_failed(folder: Path, item: pytest.Item) -> None:
    """What a test that passed leaves is of no use. A process that it started may still write there."""
    if not item.stash.get(FAILED, False):
        shutil.rmtree(folder, ignore_errors=True)
