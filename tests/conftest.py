"""What every test gets: a home of its own, so that no test sees or changes the user's projects.

And what several share: a small collection of pictures with vectors computed once by the real models.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.models.backend import Model, load
from core.models.catalogue import find
from core.project import Project
from core.vectors import store
from core.vectors.manifest import Manifest
from core.vectors.pipeline import ToCompute, fill
from core.vectors.vec_type import VecType

EFFNET, EFFNET_GREY, CONSE = VecType("effnet-lite0"), VecType("effnet-lite0", greyscale=True), VecType("conse")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the user's data and state folders."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PICTOSCOPE_HOME", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


@pytest.fixture(scope="session")
def effnet() -> Model:
    """The real model, loaded once."""
    return load(find("effnet-lite0"))


@pytest.fixture(scope="session")
def conse() -> Model:
    """The real model, loaded once."""
    return load(find("conse"))


@pytest.fixture(scope="session")
def small_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 different small pictures in two folders, in five formats. ``copies/`` holds one of them cropped and grey."""
    folder = tmp_path_factory.mktemp("small") / "pictures"
    kinds = ("jpg", "png", "webp", "bmp", "gif")
    for number in range(24):
        target = folder / ("round" if number % 2 else "square") / f"{number:02d}.{kinds[number % len(kinds)]}"
        target.parent.mkdir(parents=True, exist_ok=True)
        _draw(number).save(target)
    (folder / "copies").mkdir()
    original = _draw(5)
    grey = original.crop((6, 5, original.width - 6, original.height - 5)).convert("L")
    grey.save(folder / "copies" / "05-grey.png")
    return folder


@pytest.fixture(scope="session")
def filled_template(small_pictures: Path, effnet: Model, conse: Model) -> Path:
    """The 25 pictures as a project with ``effnet-lite0``, ``effnet-lite0+grey`` and ``conse`` vectors.

    Shared: copy it before changing anything (``shutil.copytree``; its folder is stored relative to the project).
    """
    with Project.open_or_create(small_pictures) as project:
        project.scan()
        fill_vectors(project, effnet, [EFFNET, EFFNET_GREY])
        fill_vectors(project, conse, [CONSE])
    return small_pictures


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory, effnet: Model, conse: Model) -> Path:
    """The demo's pictures as a project with the demo's three vec types. Shared: copy it before changing anything."""
    from core import demo

    home = tmp_path_factory.mktemp("demo-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(home))
        with demo.open_demo() as project:
            fill_vectors(project, effnet, [EFFNET, EFFNET_GREY])
            fill_vectors(project, conse, [CONSE])
    return home / "demo"


def fill_vectors(project: Project, model: Model, vec_types: Sequence[VecType]) -> None:
    """What a worker does, in this process with a model that is loaded already."""
    catalog = project.catalog
    pictures = [
        ToCompute(picture.key, picture.path, picture.size, picture.mtime_ns)
        for picture in catalog.pictures(catalog.picture_ids())
    ]
    for vec_type in vec_types:
        folder = project.vectors_folder / vec_type.name
        store.create(folder, manifest_of(model, vec_type))
        with store.Writer(folder) as writer:
            fill(writer, model, pictures, stop=threading.Event(), on_commit=lambda *_: None)


def manifest_of(model: Model, vec_type: VecType) -> Manifest:
    """The manifest that a worker writes for this model."""
    return Manifest(
        vec_type=vec_type,
        weights=model.spec.weights,
        revision=model.provenance.revision,
        sha256=model.provenance.sha256,
        preprocessing=model.provenance.preprocessing,
        dim=model.spec.dim,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        tools=model.provenance.tools,
    )


def _draw(number: int) -> Image.Image:
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
