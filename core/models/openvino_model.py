"""A converted model, run by OpenVINO on the processor: it needs none of the libraries that it was made with.

A few texts are computed by NumPy, if it can: OpenVINO takes longer to compile a network than NumPy to run it once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from core.arrays import Rows, normalise
from core.errors import ModelError
from core.models.backend import Model, Provenance
from core.models.catalogue import ModelSpec
from core.models.converted import Entry
from core.models.numpy_network import NumpyNetwork
from core.models.openvino_library import Network, in_words, threads
from core.models.picture_recipe import PictureRecipe
from core.models.text_recipe import TextReader, TextRecipe
from core.models.weights import version
from core.text import count

PICTURES, TEXTS, TOKENIZER = "pictures.xml", "texts.xml", "tokenizer.json"
STEPS = "texts.json"  # the network for texts as NumPy runs it
PIXELS = "pixels"  # the input of the network for pictures
_BATCH = 8  # pictures; 4 to 32 were as fast, on two cores
_TEXT_BATCH = 64
_FEW = 4  # texts that NumPy has computed before OpenVINO is ready


class OpenVinoModel:
    """See :class:`core.models.backend.Model`. Prepared pictures are uint8, shape (height, width, 3)."""

    def __init__(
        self, spec: ModelSpec, entry: Entry, precision: str, batch_size: int, original: Callable[[], Model]
    ) -> None:
        """
        Args:
            spec: its catalogue entry.
            entry: the converted model.
            precision: in which pictures are computed. Texts always are in float32.
            batch_size: pictures per forward pass; 0 for the usual number.
            original: loads the model with its library: for texts, where their network was not converted.

        Raises:
            ModelError: OpenVINO does not run it.
            KeyError, TypeError, ValueError: the entry lacks something.
        """
        facts = entry.facts
        self.spec = dataclasses.replace(
            spec, dim=int(facts["dim"]), text=bool(facts["text"]), input_size=int(facts["input_size"])
        )
        given = facts["provenance"]
        self.provenance = Provenance(
            str(given["revision"]),
            dict(given["sha256"]),
            str(given["preprocessing"]),
            dict(given["tools"]) | {"openvino": version("openvino")},
        )
        self.longest_text = int(facts["longest_text"])
        self.precision = precision
        self.batch_size = batch_size or _BATCH
        self._entry = entry
        self._original = original
        self._one_at_a_time = threading.Lock()
        self._begun: Future[Network] | None = None
        self._recipe = PictureRecipe.from_json(facts["pictures"])

    @property
    def runs_on(self) -> str:
        """Device, precision and runtime in words."""
        return f"cpu, {self.precision}, {in_words()}, {count(threads(), 'thread')}"

    def prepare(self, picture: Image.Image) -> Any:
        """An RGB picture to uint8, shape (height, width, 3)."""
        return self._recipe(picture)

    def encode_pictures(self, batch: Sequence[Any]) -> Rows:
        """Rows of prepared pictures, shape (n, dim)."""
        parts = [batch[start : start + self.batch_size] for start in range(0, len(batch), self.batch_size)]
        with self._one_at_a_time:
            rows = [normalise(self._pictures(**{PIXELS: np.stack(list(part))})) for part in parts]
        return np.concatenate(rows) if rows else np.zeros((0, self.spec.dim), np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Rows of texts, shape (n, dim)."""
        if self._reader is None or not all(map(self._reader.can_read, texts)):
            return self._original_model.encode_texts(texts)
        if len(texts) <= _FEW and self._steps is not None and "_texts" not in self.__dict__:
            try:
                return self._encode_few(self._reader, self._steps, texts)
            except ModelError:  # OpenVINO has the network as it was converted
                self._steps = None
        # Texts of similar length are batched together: a batch is padded to its longest text.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        rows = np.zeros((len(texts), self.spec.dim), np.float32)
        with self._one_at_a_time:
            for start in range(0, len(order), _TEXT_BATCH):
                chosen = order[start : start + _TEXT_BATCH]
                rows[chosen] = normalise(self._texts(**self._reader([texts[number] for number in chosen])))
        return rows

    def _encode_few(self, reader: TextReader, steps: NumpyNetwork, texts: Sequence[str]) -> Rows:
        """Rows of texts, shape (n, dim), one by one: none is padded to another.

        Raises:
            ModelError: NumPy cannot compute them.
        """
        rows = np.zeros((len(texts), self.spec.dim), np.float32)
        # A text has little work for two threads: they would wait for each other at every step.
        with self._one_at_a_time, threadpool_limits(1, "blas"):
            for number, text in enumerate(texts):
                rows[number] = normalise(steps(**reader([text])))[0]
        return rows

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text before truncation; 0 if the model reads no text."""
        if not self.longest_text:
            return 0
        return self._reads(text).count_tokens(text)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Parts of a text without a token."""
        if not self.longest_text:
            return ()
        return self._reads(text).unknown_words(text)

    def _reads(self, text: str) -> TextReader | Model:
        return self._reader if self._reader and self._reader.can_read(text) else self._original_model

    def begin(self) -> None:
        """Begin to compile the network for pictures, in a thread: a job starts its decoders meanwhile."""
        if "_pictures" in self.__dict__:  # by the trial
            return
        compiler = ThreadPoolExecutor(1, thread_name_prefix="compile")
        with contextlib.suppress(RuntimeError):  # no more threads: it is compiled at the first picture
            self._begun = compiler.submit(self._compile)
        compiler.shutdown(wait=False, cancel_futures=self._begun is None)

    @cached_property
    def _pictures(self) -> Network:
        """Compiled at the first picture, unless it was begun before: a question in words needs none."""
        return self._begun.result() if self._begun else self._compile()

    def _compile(self) -> Network:
        return Network(self._entry.folder / PICTURES, self.precision)

    @cached_property
    def _texts(self) -> Network:
        return Network(self._entry.folder / TEXTS)

    @cached_property
    def _steps(self) -> NumpyNetwork | None:
        """None if NumPy cannot run the network for texts."""
        path = self._entry.folder / STEPS
        try:
            return NumpyNetwork(path, (self._entry.folder / TEXTS).with_suffix(".bin")) if path.is_file() else None
        except ModelError:
            return None

    @cached_property
    def _reader(self) -> TextReader | None:
        """None if the network for texts was not converted, or there is none."""
        recipe = self._entry.facts["texts"]
        if recipe is None:
            return None
        path = self._entry.folder / TOKENIZER
        try:
            return TextReader(TextRecipe.from_json(recipe), path.read_text("utf-8"))
        except OSError as error:
            raise ModelError(f"{path} cannot be read ({error.strerror})", "--runtime torch does not need it") from error

    @cached_property
    def _original_model(self) -> Model:
        return self._original()
