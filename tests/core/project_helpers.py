"""Picture folders for tests of projects, and what a project knows of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from core.project import Project


def make_pictures(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 6), (number * 20, len(folder.name), 7)).save(folder / name)
    return folder


def known(project: Project) -> dict[bytes, bytes]:
    """Every picture's first path and key."""
    catalog = project.catalog
    return {picture.path: picture.key for picture in catalog.pictures(catalog.picture_ids())}
