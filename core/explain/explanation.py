"""Why two pictures were found alike: the regions of each that the similarity to the other rests on."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.actions.definition import Context
from core.catalog.catalog import Picture
from core.catalog.readable import read_picture_of
from core.errors import CannotDecode, UnreadablePicture, UsageError
from core.explain.occlusion import CELLS, COVERS, Map, covered, importance, place_in_words
from core.text import display_path
from core.vectors.encoder import EncodingSpec
from core.vectors.vec_type import VecType

_SIDE = 640  # pixels of the shorter side that are read: more than the models see
_AT_ONCE = 7  # pictures between two looks at whether to stop
_LEAST = 2 * CELLS  # pixels of the shorter side
_SAME = 0.02  # of a similarity: what reading a picture in another size may change


@dataclass(frozen=True)
class Explanation:
    """What the similarity of two pictures rests on.

    Attributes:
        vec_type: whose model was asked.
        similarity: cosine of the two pictures as they are read here.
        stored: cosine of their stored rows; None where one has no row.
        pictures: the two, as the model was given them but for its own preprocessing.
        maps: how much each cell of each matters.
    """

    vec_type: VecType
    similarity: float
    stored: float | None
    pictures: tuple[Image.Image, Image.Image]
    maps: tuple[Map, Map]

    @property
    def sentence(self) -> str:
        """What was found, in one or two sentences."""
        first, second = (place_in_words(one) for one in self.maps)
        by = f"{self.vec_type} finds them alike by {self.similarity:.2f}"
        if not first and not second:
            return f"{by}; covering any region of either does not lower that."
        parts = [f"the {place} of the {name}" for name, place in (("first", first), ("second", second)) if place]
        text = f"{by}; most of that rests on {' and '.join(parts)}."
        if self.stored is not None and abs(self.stored - self.similarity) > _SAME:
            text += f" The stored rows say {self.stored:.2f}: a file has changed since, or was read in another size."
        return text


def explain(context: Context, vec_type: VecType, first: Picture, second: Picture) -> Explanation:
    """Cover each region of each picture, and see how far the similarity to the other one falls.

    The covered pictures are files of a temporary folder meanwhile. 100 rows are computed.

    Args:
        context: whose encoder computes the rows; ``stop`` is looked at every few pictures.
        vec_type: one with rows, of a model.
        first: a picture of the project.
        second: another, or the same.

    Raises:
        UsageError: the vectors were imported: no model computes them; or a picture is too small. VectorsMissing: there
            are no rows. UnreadablePicture: a picture cannot be read. Cancelled: ``stop`` was set.
        ModelError, ModelChanged: the model cannot be used, or is another than the one of the rows.
    """
    if vec_type.is_imported:
        raise UsageError(
            f"{vec_type} were imported: there is no model to ask which regions it looks at",
            "name a vec type of a model: --vec-type NAME",
        )
    snapshot = context.project.rows_of(vec_type).snapshot
    how = EncodingSpec.of(snapshot.manifest)
    pictures = [_pixels(context, one) for one in (first, second)]
    with tempfile.TemporaryDirectory(prefix="pictoscope-") as folder:
        rows = _rows(context, how, pictures, Path(folder), "whole")
        maps = []
        for number, pixels in enumerate(pictures):
            without = _rows(context, how, list(covered(pixels)), Path(folder), ("first", "second")[number])
            maps.append(importance(float(rows[0] @ rows[1]), without @ rows[1 - number]))
    numbers = [snapshot.row_of(one.key) for one in (first, second)]
    stored = None
    if numbers[0] is not None and numbers[1] is not None:
        stored = float(np.asarray(snapshot.rows[numbers[0]]) @ np.asarray(snapshot.rows[numbers[1]]))
    return Explanation(vec_type, float(rows[0] @ rows[1]), stored, (pictures[0], pictures[1]), (maps[0], maps[1]))


def _pixels(context: Context, picture: Picture) -> Image.Image:
    """The picture, RGB. An error names the file, as there are two."""
    name = display_path(picture.path)
    try:
        pixels = read_picture_of(context.project.catalog, picture.key, picture.path, _SIDE).convert("RGB")
    except CannotDecode:
        raise
    except UnreadablePicture as error:
        raise UnreadablePicture(f"{name}: {error.message}") from error
    if min(pixels.size) < _LEAST:
        raise UsageError(f"{name} is too small to cover parts of it", f"it needs {_LEAST} pixels in both directions")
    return pixels


def _rows(
    context: Context, how: EncodingSpec, pictures: list[Image.Image], folder: Path, name: str
) -> npt.NDArray[np.float32]:
    """Rows of pictures, shape (pictures, dim)."""
    rows = []
    for start in range(0, len(pictures), _AT_ONCE):
        context.check_stop()
        context.say(f"covering regions of the {name} picture: {start} of {COVERS}")
        paths = []
        for number, pixels in enumerate(pictures[start : start + _AT_ONCE], start):
            paths.append(os.fsencode(folder / f"{name}-{number}.png"))
            pixels.save(paths[-1].decode(), "PNG", compress_level=1)
        rows.append(context.encoder.pictures(how, paths))
    return np.concatenate(rows)
