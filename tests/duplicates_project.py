"""A project in which some pictures are copies of each other, by bytes and by vectors that need no model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from core.arrays import Rows
from core.project import Project
from core.vectors import store
from tests.core.vectors.vector_helpers import manifest
from tests.filled_projects import draw

DIM = 1280
A_DAY = 1_760_000_000  # 2025-10-09, in UTC

# Name: colour, size in pixels, subject (pictures of one subject are near), cosine to the subject.
PICTURES = {
    "masters/lion.png": (1, (80, 60), 0, 1.0),
    "web/lion.png": (2, (40, 30), 0, 0.98),
    "web/lion-small.png": (3, (20, 15), 0, 0.97),
    "owl.png": (4, (40, 30), 1, 1.0),
    "backup/owl.png": (4, (40, 30), 1, 1.0),
    "crab.png": (5, (40, 30), 2, 1.0),
    "web/crab.jpg": (6, (40, 30), 2, 0.99),
    "fox.png": (7, (40, 30), 3, 1.0),
}


def paint(path: Path, subject: int, size: tuple[int, int]) -> None:
    """The picture of a subject at this size: of other sizes, or as JPEG, it is a copy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(subject).resize(size, Image.Resampling.LANCZOS).save(path, quality=95, subsampling=0)
    os.utime(path, (A_DAY, A_DAY))


def make(folder: Path, *, vectors: bool = True) -> Project:
    """The pictures above, scanned, with vectors ``effnet-lite0``."""
    for name, (_, size, subject, _) in PICTURES.items():
        paint(folder / name, 100 + subject, size)
    project = Project.open_or_create(folder)
    project.scan()
    if vectors:
        fill(
            project, {name: row(subject, cosine, number) for number, (name, subject, cosine) in enumerate(_subjects())}
        )
    return project


def fill(project: Project, rows: Mapping[str, Rows]) -> None:
    """Vectors for the pictures of these names."""
    by_key = {_key(project, name): vector for name, vector in rows.items()}
    folder = project.vectors_folder / "effnet-lite0"
    store.create(folder, manifest(DIM))
    with store.Writer(folder) as writer:
        writer.append(list(by_key), np.stack(list(by_key.values())))


def row(subject: int, cosine: float, own: int) -> Rows:
    """A vector at this cosine to its subject's, away from it in a direction of its own."""
    vector = np.zeros(DIM, np.float32)
    vector[subject] = cosine
    vector[100 + own] = np.sqrt(1 - cosine**2)
    return vector


def _subjects() -> list[tuple[str, int, float]]:
    return [(name, subject, cosine) for name, (_, _, subject, cosine) in PICTURES.items()]


def _key(project: Project, name: str) -> bytes:
    return hashlib.sha1((project.folders[0] / name).read_bytes()).digest()
