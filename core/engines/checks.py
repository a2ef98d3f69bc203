"""Whether the answer of a worker may be believed: nothing is committed that was not looked at here."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from core import __version__
from core.engines.messages import Answer, StageAnswer
from core.errors import PictoscopeError
from core.images.appearance import Appearance
from core.images.formats import READER
from core.text import count, printable
from core.vectors.engine import Batch, Computed, Result
from core.vectors.failures import Failure
from core.vectors.manifest import Manifest
from core.vectors.row_checks import finite_and_unit

_LONGEST_REASON = 500  # characters
_WHITE = 0xFFFFFF


class WrongAnswer(PictoscopeError):
    """A worker answered what a sound one of this version would not: nothing of it is used, nor the worker again."""


def read(content: bytes) -> Answer:
    """The answer in these bytes, of a worker that runs this version.

    Raises:
        WrongAnswer: it cannot be read, or the worker has another version.
    """
    try:
        answer = Answer.from_bytes(content)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WrongAnswer("its answer cannot be read", "install the same version of Pictoscope everywhere") from error
    if (answer.version, answer.reader) != (__version__, READER):
        raise WrongAnswer(
            f"it runs Pictoscope {printable(str(answer.version)[:40])}, this is {__version__}",
            "install the same version on all machines: pip install -U 'pictoscope[dask]'",
        )
    return answer


def manifests(answer: Answer, number: int) -> list[Manifest]:
    """What a worker says its rows are, for each of so many vec types.

    Raises:
        WrongAnswer: it does not say so.
    """
    try:
        found = [Manifest.parse(content) for content in answer.manifests]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongAnswer("it does not say what its rows are") from error
    if len(found) != number:
        raise WrongAnswer("it does not say what its rows are")
    return found


def checked(answer: Answer, batch: Batch, expected: Sequence[Manifest]) -> Result:
    """The result in an answer.

    Args:
        answer: without trouble.
        batch: that was asked for.
        expected: what the rows must be, for each vec type.

    Raises:
        WrongAnswer: it is not the answer of such a model to this batch, with the reason in words.
    """
    for own, wanted in zip(manifests(answer, len(expected)), expected, strict=True):
        if why := wanted.refuses(own):
            raise WrongAnswer(f"{wanted.vec_type}: {why}", "use the same models on all machines")
    if len(answer.computed) != len(expected):
        raise WrongAnswer("it did not compute all vec types")
    computed, start = {}, 0
    try:
        for number, (stage, wanted) in enumerate(zip(answer.computed, expected, strict=True)):
            places = [place for place, picture in enumerate(batch.pictures) if number in picture.targets]
            end = start + len(stage.pictures) * wanted.row_bytes
            found = _computed(stage, answer.rows[start:end], batch, places, wanted)
            start = end
            if places:
                computed[number] = found
        looks = [_look(batch, *look) for look in answer.looks]
    except (TypeError, ValueError, IndexError) as error:
        raise WrongAnswer("its answer cannot be read") from error
    if start != len(answer.rows):
        raise WrongAnswer("there are more rows than it says")
    return Result(batch.number, computed, looks)


def _computed(stage: StageAnswer, content: bytes, batch: Batch, places: list[int], wanted: Manifest) -> Computed:
    """The rows and failures of one vec type.

    Raises:
        WrongAnswer: not one for each picture, or not rows that a model computes.
    """
    if len(content) != len(stage.pictures) * wanted.row_bytes:
        raise WrongAnswer("there are fewer rows than it says")
    if sorted([*stage.pictures, *(place for place, _ in stage.failures)]) != places:
        raise WrongAnswer(f"there is not one answer for each of {count(len(places), 'picture')}")
    if zlib.crc32(content) != stage.crc:
        raise WrongAnswer("its rows do not match their checksum")
    rows = np.frombuffer(content, wanted.dtype).reshape(-1, wanted.dim)
    finite, is_unit = finite_and_unit(rows)
    if not finite.all():
        raise WrongAnswer("its rows have numbers that are not finite")
    if not is_unit.all():
        raise WrongAnswer("its rows are not of length 1")
    failures = []
    for place, reason in stage.failures:
        file = batch.pictures[place].files[0]
        failures.append(Failure(file.key, file.path, printable(str(reason))[:_LONGEST_REASON]))
    return Computed([batch.pictures[place].key for place in stage.pictures], rows, failures)


def _look(batch: Batch, place: int, colour: int, sharpness: float) -> tuple[bytes, Appearance]:
    """The measurement of a picture.

    Raises:
        WrongAnswer: none that can be.
    """
    sound = isinstance(colour, int) and 0 <= colour <= _WHITE and math.isfinite(sharpness) and sharpness >= 0
    if not (sound and 0 <= place < len(batch.pictures) and batch.pictures[place].measure):
        raise WrongAnswer("its measurements of colour and sharpness cannot be")
    return batch.pictures[place].key, Appearance(colour, float(sharpness))
