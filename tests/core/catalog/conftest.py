"""An empty folder with its catalog, and a record of what a scan opens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from catalog_helpers import Collection
from label_helpers import open_filled

from core.catalog import scan as scanning
from core.catalog.catalog import Catalog
from core.errors import UnreadablePicture
from core.images.identify import Identity


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    made = Collection(tmp_path)
    yield made
    made.catalog.close()


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Twelve pictures, see ``open_filled``."""
    with open_filled(tmp_path) as filled:
        yield filled


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
