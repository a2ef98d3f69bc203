"""What every test gets: a home of its own, so that no test sees or changes the user's projects."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the user's data and state folders."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PICTOSCOPE_HOME", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder
