"""The model: how much of each of 64 colours a picture has. The cosine of two rows: their Bhattacharyya coefficient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from core.arrays import Rows, normalise
from core.errors import ModelError
from core.models.backend import Log, Provenance
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions

LEVELS = 4  # of red, of green and of blue


class Colours:
    """As ``core.models.backend.Model`` asks for."""

    batch_size = 64
    precision = "float32"
    runs_on = "the processor, float32"
    longest_text = 0

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.provenance = Provenance(revision="1", sha256={}, preprocessing=f"{LEVELS} levels of each channel")

    def prepare(self, picture: Image.Image) -> Rows:
        """An RGB picture to its histogram, shape (64,). Several threads call this at once."""
        small = picture.resize((self.spec.input_size, self.spec.input_size))
        red, green, blue = np.asarray(small, np.int64).reshape(-1, 3).T * LEVELS // 256
        return np.bincount((red * LEVELS + green) * LEVELS + blue, minlength=LEVELS**3).astype(np.float32)

    def encode_pictures(self, batch: Sequence[Rows]) -> Rows:
        """Histograms to rows of length 1, shape (len(batch), 64)."""
        return normalise(np.sqrt(np.stack(batch)))

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """This model reads no text: ``ModelSpec.text`` is False, so nobody asks."""
        raise ModelError(f"{self.spec.key} reads no text", "choose vectors of a model that does")

    def count_tokens(self, text: str) -> int:
        """None, for it reads no text."""
        return 0

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """None, for it reads no text."""
        return ()


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> Colours:
    """Called once by each job, and by the process that answers queries."""
    log(f"{spec.key}: nothing to load")
    return Colours(spec)
