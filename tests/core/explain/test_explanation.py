"""Why two pictures are alike, asked of the real built-in model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import core.demo
from core.actions.definition import Context
from core.catalog.catalog import Picture
from core.errors import Cancelled, UsageError
from core.explain.drawing import as_text, light_up, save_explanation
from core.explain.explanation import explain
from core.explain.occlusion import CELLS
from core.models.backend import Model
from core.project import Project
from core.vectors.vec_type import VecType
from tests.filled_projects import fill_vectors
from tests.remembering_encoder import RememberingEncoder

EFFNET = VecType("effnet-lite0")


@pytest.fixture
def project(tmp_path: Path, quick_effnet: Model) -> Iterator[Project]:
    """The same cat in the upper left of one picture and in the lower right of the other, on two backgrounds."""
    (motif,) = Path(core.demo.__file__).parent.rglob("cat.jpg")
    folder = tmp_path / "pictures"
    folder.mkdir()
    rng = np.random.default_rng(0)
    with Image.open(motif) as picture:
        cat = picture.convert("RGB").resize((160, 160))
    for name, place, level in (("a.png", (0, 0), 60), ("b.png", (240, 240), 200)):
        noise = Image.fromarray(np.uint8(rng.normal(level, 12, (400, 400, 3)).clip(0, 255)))
        noise.paste(cat, place)
        noise.save(folder / name)
    with Project.open_or_create(folder) as opened:
        opened.scan()
        fill_vectors(opened, quick_effnet, [EFFNET])
        yield opened


def pair(project: Project) -> tuple[Picture, Picture]:
    first, second = project.catalog.pictures(project.catalog.picture_ids())
    return first, second


def test_the_common_motif_is_what_makes_them_alike(
    project: Project, quick_encoder: RememberingEncoder, tmp_path: Path
) -> None:
    found = explain(Context(project, quick_encoder), EFFNET, *pair(project))
    assert found.stored == pytest.approx(found.similarity, abs=0.02)
    first, second = found.maps
    assert max(np.unravel_index(first.argmax(), first.shape)) < CELLS // 2
    assert min(np.unravel_index(second.argmax(), second.shape)) >= CELLS // 2
    assert "the upper left of the first and the lower right of the second" in found.sentence
    assert len(as_text(found).splitlines()) == CELLS
    assert as_text(found, ascii_only=True).isascii()
    save_explanation(project, found, tmp_path / "why.png")
    with Image.open(tmp_path / "why.png") as drawn:
        assert drawn.size == (480 + 16 + 480, 480)


def test_a_picture_is_as_like_itself_as_can_be(project: Project, quick_encoder: RememberingEncoder) -> None:
    first, _ = pair(project)
    found = explain(Context(project, quick_encoder), EFFNET, first, first)
    assert found.similarity == pytest.approx(1.0, abs=1e-4)
    assert np.array_equal(found.maps[0], found.maps[1])


def test_it_can_be_cancelled(project: Project, quick_encoder: RememberingEncoder) -> None:
    context = Context(project, quick_encoder)
    context.stop.set()
    with pytest.raises(Cancelled):
        explain(context, EFFNET, *pair(project))


def test_imported_vectors_have_no_model_to_ask(project: Project, quick_encoder: RememberingEncoder) -> None:
    with pytest.raises(UsageError, match="no model to ask"):
        explain(Context(project, quick_encoder), VecType.parse("own.mine"), *pair(project))


def test_what_matters_keeps_its_colours_and_the_rest_is_dark_and_grey() -> None:
    found = np.zeros((CELLS, CELLS))
    found[0, 0] = 1
    drawn = np.asarray(light_up(Image.new("RGB", (160, 160), (200, 40, 40)), found)).astype(int)
    assert drawn[3, 3].tolist() == pytest.approx([200, 40, 40], abs=12)
    assert drawn[150, 150].max() < 60 and np.ptp(drawn[150, 150]) == 0
