"""A project of its own for each test, with vectors of the real models, and these models to ask."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions.definition import Context
from core.models.backend import Model
from core.project import Project
from core.vectors.encoder import LocalEncoder


@pytest.fixture
def encoder(quick_effnet: Model, quick_conse: Model) -> LocalEncoder:
    """As the command line has it, with the models loaded already."""
    encoder = LocalEncoder()
    encoder._models.update({("effnet-lite0", "float32"): quick_effnet, ("conse", "float32"): quick_conse})
    return encoder


@pytest.fixture
def context(filled_template: Path, encoder: LocalEncoder, tmp_path: Path) -> Iterator[Context]:
    """25 pictures in ``pictures/``, complete in ``effnet-lite0``, ``effnet-lite0+grey`` and ``conse``."""
    shutil.copytree(filled_template, tmp_path / "pictures")
    with Project.open_or_create(tmp_path / "pictures") as project:
        yield Context(project, encoder)
