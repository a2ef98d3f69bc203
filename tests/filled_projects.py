"""Pictures and vectors made without a worker: what several tests begin with."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from core.catalog.copies import File
from core.models.backend import Model
from core.project import Project
from core.vectors import store
from core.vectors.local_engine import read_at_least
from core.vectors.manifest import Manifest
from core.vectors.pipeline import Target, fill
from core.vectors.vec_type import VecType

EFFNET, EFFNET_GREY, CONSE = VecType("effnet-lite0"), VecType("effnet-lite0", greyscale=True), VecType("conse")


def fill_vectors(project: Project, model: Model, vec_types: Sequence[VecType]) -> None:
    """What a worker does, in this process with a model that is loaded already."""
    catalog = project.catalog
    pictures = [
        (File(picture.key, picture.path, picture.size, picture.mtime_ns),)
        for picture in catalog.pictures(catalog.picture_ids())
    ]
    with ExitStack() as writers:
        targets = []
        for vec_type in vec_types:
            folder = project.vectors_folder / vec_type.name
            store.create(folder, Manifest.of(vec_type, model, read_at_least=read_at_least([model])))
            targets.append(Target(writers.enter_context(store.Writer(folder)), model))
        fill(targets, pictures, stop=threading.Event(), on_commit=lambda *_: None)


def say_other_weights(folder: Path) -> None:
    """Let a vec type's manifest say that its rows were made with other weights."""
    replace(Manifest.load(folder), revision="0").save(folder)


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


def draw_small_pictures(folder: Path) -> None:
    """24 different small pictures in two folders, in five formats. ``copies/`` holds one of them cropped and grey."""
    kinds = ("jpg", "png", "webp", "bmp", "gif")
    for number in range(24):
        target = folder / ("round" if number % 2 else "square") / f"{number:02d}.{kinds[number % len(kinds)]}"
        target.parent.mkdir(parents=True, exist_ok=True)
        draw(number).save(target)
    (folder / "copies").mkdir()
    original = draw(5)
    grey = original.crop((6, 5, original.width - 6, original.height - 5)).convert("L")
    grey.save(folder / "copies" / "05-grey.png")
