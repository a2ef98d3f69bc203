"""What the tests of every backend do alike: rows of pictures, their likeness, and checks that any model must pass."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.arrays import Rows
from core.errors import ModelError
from core.images.read import read_picture, without_colour
from core.models import runtime
from core.models.backend import Model, load
from core.models.catalogue import find
from core.models.openvino_model import OpenVinoModel
from core.models.options import LoadOptions
from core.models.runtime import TrialPictures
from tests.filled_projects import draw
from tests.quick_trial import quick_trial

FLOAT32 = LoadOptions(precision="float32")


class Loaded:
    """Models in float32 that the tests of a module share."""

    def __init__(self) -> None:
        self._models: dict[str, Model] = {}

    def __call__(self, key: str) -> Model:
        if key not in self._models:
            self._models[key] = load(find(key), options=FLOAT32)
        return self._models[key]


def pictures_of_any_shape(count: int) -> list[Image.Image]:
    """So many, then a wide and a tall one."""
    wide = draw(3).convert("RGB").resize((500, 120))
    return [*(draw(number).convert("RGB") for number in range(count)), wide, wide.transpose(Image.Transpose.ROTATE_90)]


def rows_of(model: Model, pictures: Sequence[Image.Image]) -> Rows:
    """Rows of pictures as one batch."""
    return model.encode_pictures([model.prepare(picture) for picture in pictures])


def cosines(one: Rows, other: Rows) -> np.ndarray:
    """Of each row to the one in its place."""
    return (one * other).sum(axis=1)


def settled(network: torch.nn.Module, pixels: torch.Tensor, part: torch.nn.Module | None = None) -> torch.nn.Module:
    """``network`` with the means and variances that its random weights lead to on noise: as trained ones have them.

    Args:
        network: any; without batch norms nothing is done.
        pixels: shape (n, 3, height, width).
        part: of it, that takes them; all of it if left out.
    """
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    if norms:
        with torch.no_grad():
            (part or network).train()(pixels)
    return network.eval()


def check_batch_equals_batches_of_one(model: Model, pictures: list[Image.Image]) -> None:
    """A picture's row does not depend on its neighbours."""
    alone = np.concatenate([rows_of(model, [picture]) for picture in pictures])
    assert cosines(rows_of(model, pictures), alone).min() >= 0.9999


def check_openvino_gives_the_same_rows(key: str, theirs: Model, pictures: list[Image.Image]) -> Model:
    """Convert a model, however fast it is then; its rows are those of torch. Gives the converted model."""
    options = LoadOptions(device="cpu", precision="float32", runtime="openvino")
    with quick_trial():
        ours = runtime.load(find(key), print, options, TrialPictures(len(pictures), lambda number: pictures[:number]))
    assert type(ours) is OpenVinoModel
    assert ours.spec.dim == theirs.spec.dim
    assert cosines(rows_of(ours, pictures), rows_of(theirs, pictures)).min() >= 0.9999
    return ours


def check_greyscale_equals_greying_the_file(model: Model, folder: Path) -> None:
    """Colour dropped on the way in is colour dropped beforehand; and it does count."""
    for number in range(4):
        colour, grey = folder / f"{number}.png", folder / f"{number}-grey.png"
        draw(number).convert("RGB").save(colour)
        Image.open(colour).convert("L").save(grey)
        ours = rows_of(model, [without_colour(read_picture(colour)), read_picture(grey), read_picture(colour)])
        assert ours[0] @ ours[1] >= 0.9999
        assert ours[0] @ ours[2] < 0.9999


def check_harmed_weights_are_refused(weights: Path, key: str) -> None:
    """A changed byte, then a file that ends early. ``weights``: in a cache that may be harmed."""
    blob = weights.resolve()
    content = bytearray(blob.read_bytes())
    content[-5] ^= 1
    blob.write_bytes(content)
    with pytest.raises(ModelError, match="is not the file that was published"):
        load(find(key))
    blob.write_bytes(content[:-1000])
    with pytest.raises(ModelError, match="truncated"):
        load(find(key))


def own_copy(cache: Path, repository: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own with one repository, which may be harmed and is the one in use; gives its snapshot."""
    name = f"models--{repository.replace('/', '--')}"
    shutil.copytree(cache / name, folder / "cache" / name, symlinks=True)
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "cache"))
    return next((folder / "cache" / name / "snapshots").iterdir())
