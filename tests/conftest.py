"""What every test gets: a home of its own, so that no test sees or changes the user's projects.

And what several share: a small collection of pictures with vectors computed once by the real models.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # one process a processor: threads of their own would only be in the way
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from core.models.backend import Model, load
from core.models.catalogue import find
from core.project import Project
from tests.filled_projects import CONSE, EFFNET, EFFNET_GREY, draw, fill_vectors

pytest_plugins = ["tests.attacks.tally"]


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
        draw(number).save(target)
    (folder / "copies").mkdir()
    original = draw(5)
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
