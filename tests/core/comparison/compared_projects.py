"""Projects whose rows are drawn, so that it is known which vec type is better."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from core.arrays import Rows, normalise
from core.labels.tags import Tags
from core.project import Project
from core.vectors import store
from core.vectors.manifest import Manifest
from core.vectors.vec_type import VecType

DIM = 24


def make_project(folder: Path, count: int) -> Project:
    """``count`` small pictures that all look different, and no vectors."""
    folder.mkdir()
    random = np.random.default_rng(5)
    for number in range(count):
        pixels = random.integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST).save(folder / f"{number:04d}.png")
    project = Project.open_or_create(folder)
    project.scan()
    return project


def keys_in_order(project: Project) -> list[bytes]:
    """Keys of the pictures in the order of their paths."""
    catalog = project.catalog
    return [picture.key for picture in sorted(catalog.pictures(catalog.picture_ids()), key=lambda one: one.path)]


def store_rows(project: Project, name: str, keys: Sequence[bytes], rows: Rows) -> None:
    """As if a job had computed them."""
    vec_type = VecType.parse(name)
    folder = project.vectors_folder / name
    store.create(
        folder,
        Manifest(
            vec_type=vec_type,
            weights="drawn",
            revision="1",
            sha256={},
            preprocessing="none",
            dim=rows.shape[1],
            created=datetime(2026, 1, 2, tzinfo=UTC).isoformat(),
            text=vec_type.spec.text,
        ),
    )
    with store.Writer(folder) as writer:
        writer.append(list(keys), rows)


def rows_by_label(labels: Sequence[int], noise: float, seed: int = 1) -> Rows:
    """Rows near one direction for each label; the more noise, the worse."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(labels) + 1, DIM))
    return normalise(centres[np.array(labels)] + noise * random.normal(size=(len(labels), DIM)))


def tag_by_label(project: Project, keys: Sequence[bytes], labels: Sequence[int]) -> None:
    """A tag for each label."""
    for label in sorted(set(labels)):
        Tags(project.catalog).add(
            f"label {label}", [key for key, own in zip(keys, labels, strict=True) if own == label]
        )
