"""Pictures and vectors made without a worker: what several tests begin with."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from core.models.backend import Model
from core.project import Project
from core.vectors import manifest as manifest_file
from core.vectors import store
from core.vectors.manifest import Manifest
from core.vectors.pipeline import Target, ToCompute, fill, read_at_least
from core.vectors.vec_type import VecType

EFFNET, EFFNET_GREY, CONSE = VecType("effnet-lite0"), VecType("effnet-lite0", greyscale=True), VecType("conse")


def fill_vectors(project: Project, model: Model, vec_types: Sequence[VecType]) -> None:
    """What a worker does, in this process with a model that is loaded already."""
    catalog = project.catalog
    pictures = [
        ToCompute(picture.key, picture.path, picture.size, picture.mtime_ns)
        for picture in catalog.pictures(catalog.picture_ids())
    ]
    for vec_type in vec_types:
        folder = project.vectors_folder / vec_type.name
        store.create(folder, Manifest.of(vec_type, model, read_at_least=read_at_least([model])))
        with store.Writer(folder) as writer:
            fill([Target(writer, model)], pictures, stop=threading.Event(), on_commit=lambda *_: None)


def say_other_weights(folder: Path) -> None:
    """Let a vec type's manifest say that its rows were made with other weights."""
    manifest_file.save(folder, replace(manifest_file.load(folder), revision="0"))


def draw(number: int) -> Image.Image:
    """A soft coloured ground with a few shapes, different for each number."""
    rng = np.random.default_rng(number)
    ground = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    width, height = 120 + 8 * (number % 6), 90 + 6 * (number % 4)
    picture = ground.resize((width, height), Image.Resampling.BICUBIC)
    brush = ImageDraw.Draw(picture)
    for _ in range(4):
        x, y, size = rng.integers(0, width - 30), rng.integers(0, height - 30), rng.integers(15, 40)
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        shape = brush.ellipse if number % 2 else brush.rectangle
        shape((int(x), int(y), int(x + size), int(y + size)), fill=colour)
    return picture
