"""What the attacks share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """In memory where there is such a place: power cuts are acted out, so no disk need be waited for."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path_factory.mktemp("quick")
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="pictoscope-") as folder:
        yield Path(folder)
