"""The hub's cache with models of random weights, for several tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.models import hub_cache
from core.models.catalogue import find
from tests.core.models import cache_layout
from tests.shared_folders import made_once


@pytest.fixture(scope="session")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds each model. Shared: copy what is to be harmed."""

    def make(folder: Path) -> None:
        for key, build in cache_layout.BUILDERS.items():
            files = build(folder / key.replace("/", "-"))
            cache_layout.store(folder / "cache", find(key).repository, files)
            shutil.rmtree(files)

    return made_once(tmp_path_factory, "hub", make) / "cache"


@pytest.fixture
def filled_cache(repositories: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache that is used: that one."""
    monkeypatch.setenv("HF_HUB_CACHE", str(repositories))
    return repositories


@pytest.fixture
def own_folder_of(filled_cache: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a model's files as a plain folder."""
    return lambda key: Path(shutil.copytree(hub_cache.cached(find(key).repository), tmp_path / "my model"))  # type: ignore[arg-type]
