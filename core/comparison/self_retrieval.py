"""Does a vec type find the same photograph again after it was altered? What needs no labels and no judgements.

It rewards finding copies, not finding what is alike: a model that is best here may be worse for everything else.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.actions.definition import Context
from core.catalog.readable import read_picture_of
from core.comparison.common_rows import CommonRows, RowsOfVecType
from core.errors import CannotDecode, ModelChanged, ModelError, UnreadablePicture, UsageError
from core.images.alterations import ALTERATIONS
from core.key_arrays import whole_keys
from core.metrics.macro import Estimate, share
from core.search.assignment import Numbers
from core.vectors.encoder import EncodingSpec

MOST = 100  # pictures: an interval of 10 points to each side at the most
_SIDE = 640  # pixels of the shorter side that are read: more than the models see
_AT_ONCE = 16  # pictures between two looks at whether to stop
_ROUNDING = 1e-6  # of a product of float32 rows


@dataclass(frozen=True)
class SelfRetrieval:
    """How often an altered picture finds its original first.

    Attributes:
        pictures: that were altered.
        alterations: names, in order.
        shares: for each vec type by name, share at rank one for each alteration.
        problems: vec types whose models cannot be used, by name, and why.
    """

    pictures: int
    alterations: tuple[str, ...]
    shares: dict[str, tuple[Estimate, ...]]
    problems: dict[str, str]


def compare_by_alterations(context: Context, common: CommonRows, *, seed: int = 0) -> SelfRetrieval:
    """Alter up to 100 pictures in each way and look for the originals among all compared pictures.

    Pictures that cannot be read are replaced by others. The altered pictures are files of a temporary folder meanwhile.

    Args:
        context: whose encoder computes the rows of altered pictures; ``stop`` is looked at every few pictures.
        common: the compared pictures.
        seed: of the draw.

    Raises:
        UsageError: none of the pictures can be read.
    """
    order = np.random.default_rng(seed).permutation(len(common.keys))
    with tempfile.TemporaryDirectory(prefix="pictoscope-") as folder:
        numbers, files = _alter(context, common, order, Path(folder))
        if not len(numbers):
            raise UsageError("none of the pictures can be read", "see why: pictoscope vectors failures")
        shares: dict[str, tuple[Estimate, ...]] = {}
        problems: dict[str, str] = {}
        for one in common.of:
            try:
                found = _found(context, one, numbers, files)
            except (ModelError, ModelChanged) as error:
                problems[one.vec_type.name] = error.message
            else:
                shares[one.vec_type.name] = tuple(share(hits) for hits in found)
    return SelfRetrieval(len(numbers), tuple(ALTERATIONS), shares, problems)


def _alter(
    context: Context, common: CommonRows, order: Numbers, folder: Path
) -> tuple[Numbers, dict[str, list[bytes]]]:
    """Indices of the pictures that could be read, and by alteration the files made of them."""
    numbers: list[int] = []
    files: dict[str, list[bytes]] = {name: [] for name in ALTERATIONS}
    catalog = context.project.catalog
    for index in order.tolist():
        if len(numbers) == MOST:
            break
        context.check_stop()
        context.say(f"altering pictures: {len(numbers)} of {min(MOST, len(order))}")
        key = common.keys[index : index + 1]
        picture = catalog.by_keys(whole_keys(key)).get(whole_keys(key)[0])
        if picture is None:  # it left the project meanwhile
            continue
        try:
            pixels = read_picture_of(catalog, picture.key, picture.path, _SIDE).convert("RGB")
        except CannotDecode:
            raise
        except UnreadablePicture:
            continue
        for name, alter in ALTERATIONS.items():
            path = folder / f"{name}-{index}.png"
            alter(pixels).save(path, compress_level=1)
            files[name].append(os.fsencode(path))
        numbers.append(index)
    return np.array(numbers, np.int64), files


def _found(context: Context, one: RowsOfVecType, numbers: Numbers, files: dict[str, list[bytes]]) -> list[np.ndarray]:
    """For each alteration whether each altered picture finds its original first, shape (pictures,), 0 or 1."""
    rows = one.rows()
    how = EncodingSpec.of(one.snapshot.manifest)
    found = []
    for name, paths in files.items():
        hits = np.zeros(len(numbers))
        for start in range(0, len(paths), _AT_ONCE):
            context.check_stop()
            context.say(f"{one.vec_type}: looking for originals of {name} pictures, {start} of {len(paths)}")
            span = slice(start, start + _AT_ONCE)
            scores = context.encoder.pictures(how, paths[span]) @ rows.T
            originals = scores[np.arange(len(scores)), numbers[span]]
            hits[span] = originals >= scores.max(axis=1) - _ROUNDING  # an equal copy counts as the original
        found.append(hits)
    return found
