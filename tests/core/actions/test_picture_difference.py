"""The difference of two pictures of a project: all pixels of their files, as they are displayed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.actions.picture_difference import difference_of
from core.catalog.catalog import Picture
from core.errors import UnreadablePicture
from core.images.pixel_difference import Scaling
from core.project import Project

SIZE = (60, 40)


def gradient() -> Image.Image:
    across = np.linspace(0, 250, SIZE[0])[None, :, None] + np.zeros((SIZE[1], 1, 3))
    return Image.fromarray(across.astype(np.uint8))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture = gradient()
    picture.save(folder / "a.png")
    picture.save(folder / "lossless.webp", lossless=True)
    picture.resize((30, 20)).save(folder / "small.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right when it is shown
    picture.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.tif", exif=exif)
    clear = picture.convert("RGBA")
    clear.putpixel((0, 0), (7, 7, 7, 0))
    clear.save(folder / "clear.png")
    (folder / "copy.png").write_bytes((folder / "a.png").read_bytes())
    (folder / "torn.png").write_bytes((folder / "a.png").read_bytes()[:60])
    with Project.open_or_create(folder) as opened:
        opened.scan()
        yield opened


def named(project: Project, name: str) -> Picture:
    found = project.catalog.by_path(project.folders[0] / name)
    assert found is not None
    return found


@pytest.mark.parametrize("other", ["lossless.webp", "turned.tif", "copy.png"])
def test_format_turn_and_path_make_no_difference(project: Project, other: str) -> None:
    found = difference_of(project.catalog, named(project, "a.png"), named(project, other))
    assert found.sentence == "identical pixels"


def test_transparency_is_compared_on_white(project: Project) -> None:
    found = difference_of(project.catalog, named(project, "a.png"), named(project, "clear.png"))
    assert found.sentence == "1 of 2,400 pixels differs, most by 255 of 255"
    assert found.levels[0, 0].tolist() == [255, 255, 255]


def test_another_size_is_said(project: Project) -> None:
    found = difference_of(project.catalog, named(project, "a.png"), named(project, "small.png"))
    assert found.levels.shape == (20, 30, 3)
    assert found.scaling is Scaling.LARGER


def test_what_is_too_large_is_made_smaller_and_it_is_said(project: Project) -> None:
    found = difference_of(project.catalog, named(project, "a.png"), named(project, "lossless.webp"), most=600)
    assert found.levels.shape == (20, 30, 3)
    assert found.sentence == "identical pixels, at 30 x 20 (both scaled)"


def test_half_a_picture_is_not_compared(project: Project) -> None:
    with pytest.raises(UnreadablePicture):
        difference_of(project.catalog, named(project, "a.png"), named(project, "torn.png"))
