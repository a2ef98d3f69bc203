"""A project of its own for each test, with vectors of the real models, and these models to ask."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions.definition import Context
from core.project import Project
from tests.remembering_encoder import RememberingEncoder


@pytest.fixture
def context(filled_template: Path, quick_encoder: RememberingEncoder, tmp_path: Path) -> Iterator[Context]:
    """25 pictures in ``pictures/``, complete in ``effnet-lite0``, ``effnet-lite0+grey`` and ``conse``."""
    shutil.copytree(filled_template, tmp_path / "pictures")
    with Project.open_or_create(tmp_path / "pictures") as project:
        yield Context(project, quick_encoder)
