"""What the attacks share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.kill_steps import ForkServer
from tests.attacks.trials import Undisturbed, run_undisturbed


@pytest.fixture(scope="module")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """In memory where there is such a place: power cuts are acted out, so no disk need be waited for."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path_factory.mktemp("quick")
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="pictoscope-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Where workers are forked from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(tmp_path_factory.mktemp("home")))
        with ForkServer() as server:
            yield server


@pytest.fixture(scope="module")
def undisturbed(server: ForkServer, quick_folder: Path) -> Undisturbed:
    """What a run over the small collection leaves that nothing disturbs."""
    return run_undisturbed(server, quick_folder)
