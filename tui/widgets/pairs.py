"""Two pictures that are shown together: which, and how they look beside each other, in turns, and as a difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING

from core.catalog.catalog import Picture
from core.errors import PictoscopeError, UnreadablePicture
from core.project import Project
from tui.advice_by_key import in_app
from tui.widgets.decoded import Decoded

if TYPE_CHECKING:  # the first paint has no pictures yet
    from PIL import Image

    from core.explain.explanation import Explanation
    from core.images.pixel_difference import PixelDifference
    from core.vectors.encoder import EncoderProcess

_KEPT = 4  # decoded pictures: a pair and the next one


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures.

    Attributes:
        first, second: each with the path that is meant.
        notes: on each of them, shown before its name; empty for none.
    """

    first: Picture
    second: Picture
    notes: tuple[str, str] = ("", "")

    @property
    def pictures(self) -> tuple[Picture, Picture]:
        """Both pictures."""
        return self.first, self.second


@dataclass(frozen=True, slots=True)
class Pairs:
    """A list of pairs, of which only the one on show is read.

    Attributes:
        count: number of pairs.
        at: reads one; None if one of its pictures has left the project. It may raise PictoscopeError and OSError.
        moved: is told when another one is shown.
    """

    count: int
    at: Callable[[int], Pair | None]
    moved: Callable[[int], None] = lambda position: None


@dataclass(frozen=True, slots=True)
class Sight:
    """What is drawn.

    Attributes:
        images: RGB, of one size; several are shown in turns.
        sentence: what can only be said of the pixels; empty for nothing.
        remark: on how they are shown; empty for none.
    """

    images: Sequence[Image.Image]
    sentence: str = ""
    remark: str = ""


Look = Callable[[int], Sight]
"""Reads what is drawn, with so many pixels on the longest side where it has them; in a thread.

It raises UnreadablePicture with the reason in words.
"""


class PairReader:
    """Reads pairs for a screen, for several threads; what was read last is kept.

    Args:
        project: of the pictures.

    Attributes:
        decoded: the pictures that were read last.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self.decoded = Decoded(_KEPT)
        self._difference: tuple[Pair, PixelDifference] | None = None
        self._explanation: tuple[Pair, Explanation] | None = None
        self._explaining = Lock()  # both panes ask for the same
        self._stop = Event()  # of what is explained now

    def one(self, picture: Picture) -> Look:
        """A picture by itself."""
        return lambda needed: Sight([self.decoded.get(self._project, picture, needed)])

    def in_turns(self, pair: Pair) -> Look:
        """Both at the size of the larger one, corner to corner."""

        def look(needed: int) -> Sight:
            return Sight(of_one_size([self.decoded.get(self._project, picture, needed) for picture in pair.pictures]))

        return look

    def difference(self, pair: Pair) -> Look:
        """Their difference, amplified. All pixels are compared, whatever is shown of them."""

        def look(needed: int) -> Sight:
            from PIL import Image

            difference = self._compared(pair)
            shown = (
                f"black: equal; else the difference times {difference.gain}" if difference.differing else "black: equal"
            )
            return Sight([Image.fromarray(difference.amplified(needed))], difference.sentence, shown)

        return look

    def stop_explaining(self) -> None:
        """Nobody waits for it any more: 100 rows of a large model take a while."""
        self._stop.set()
        self._stop = Event()

    def why(self, pair: Pair, side: int, encoder: EncoderProcess) -> Look:
        """One of them, lit where the likeness to the other rests, as the model of the default vec type sees it.

        :meth:`stop_explaining` ends it early.
        """
        stop = self._stop

        def look(needed: int) -> Sight:
            from core.explain.drawing import light_up
            from core.explain.occlusion import place_in_words

            try:
                explanation = self._explained(pair, encoder, stop)
            except UnreadablePicture:
                raise
            except PictoscopeError as error:  # the picture is shown all the same
                plain = self.decoded.get(self._project, pair.pictures[side], needed)
                return Sight([plain], f"{error.message}. {in_app(error.hint)}")
            place = place_in_words(explanation.maps[side])
            rests = f"rests most on the {place}" if place else "rests on no single region"
            lit = light_up(explanation.pictures[side], explanation.maps[side])
            return Sight(
                [lit], f"alike by {explanation.similarity:.2f} · {rests}", f"as {explanation.vec_type} sees it"
            )

        return look

    def _explained(self, pair: Pair, encoder: EncoderProcess, stop: Event) -> Explanation:
        from core.actions.definition import Context
        from core.explain.explanation import explain
        from core.vectors import vec_types

        with self._explaining:
            project = self._project
            default = project.settings.default_vec_type
            vec_type = vec_types.choose(project.vectors_folder, "", default, needs_text=False)
            known = self._explanation
            if known is not None and (known[0], known[1].vec_type) == (pair, vec_type):
                return known[1]
            explanation = explain(Context(project, encoder, stop), vec_type, *pair.pictures)
            self._explanation = pair, explanation
            return explanation

    def _compared(self, pair: Pair) -> PixelDifference:
        from core.actions.picture_difference import difference_of

        known = self._difference
        if known is not None and known[0] == pair:
            return known[1]
        self._difference = None  # both at once may be too much
        difference = difference_of(self._project.catalog, *pair.pictures)
        self._difference = pair, difference
        return difference


def of_one_size(images: Sequence[Image.Image]) -> list[Image.Image]:
    """The pictures at the size of the one that has the most pixels."""
    from PIL import Image

    size = max((image.size for image in images), key=lambda size: size[0] * size[1])
    return [
        image if image.size == size else image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
        for image in images
    ]
