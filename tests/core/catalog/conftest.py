"""A record of what a scan opens."""

from __future__ import annotations

import os

import pytest

from core.catalog import scan as scanning
from core.errors import UnreadablePicture
from core.images.identify import Identity


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The names of the files that scans have opened."""
    names: list[bytes] = []
    real = scanning.identify_all

    def identify_all(paths: list[bytes]) -> list[Identity | UnreadablePicture]:
        names.extend(os.path.basename(path) for path in paths)
        return real(paths)

    monkeypatch.setattr(scanning, "identify_all", identify_all)
    return names
