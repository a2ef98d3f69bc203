"""The base of PyTorch models: placement on a device, batches that shrink when memory runs out, normalised rows."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from core.arrays import Rows, normalise
from core.errors import ModelError
from core.models.backend import LoadOptions, Log, Prepared, Provenance
from core.models.catalogue import ModelSpec
from core.models.device import Placement, choose_device, choose_placement, is_out_of_memory
from core.models.picture_recipe import PictureRecipe
from core.models.text_tower import TextTower

# Pictures per forward pass. On few cores 8 are fastest: larger batches exceed the cache. A GPU needs larger batches.
_BATCH_CPU = 8
_BATCH_GPU = 128
_TRIAL = 4  # pictures in the trial that chooses the precision
_TEXT_BATCH = 64


class TorchModel(ABC):
    """A network on a device; see :class:`core.models.backend.Model`.

    Backends implement how a picture is preprocessed, how prepared pictures become a batch, and how the network
    encodes it. They set ``longest_text`` if the model reads text.
    """

    longest_text = 0
    pixels_name = "pixels"  # of the argument of ``forward`` that holds the pixels, where a recipe prepares them

    def __init__(
        self, spec: ModelSpec, network: torch.nn.Module, provenance: Provenance, options: LoadOptions, log: Log
    ) -> None:
        self.spec = spec
        self.provenance = provenance
        self.network = network.eval().requires_grad_(False)
        self.placement = Placement(choose_device(options.device))
        self._log = log
        self.batch_size = options.batch_size or 1
        if options.prepares_only:
            self.network.to("meta")  # frees its memory even if somebody else holds the network
            return
        try:
            self._place()
            self.placement, dim = self._tried(options.precision)
        except RuntimeError as error:
            raise self._failure(error, "the network") from error
        self.spec = dataclasses.replace(spec, dim=dim)
        on_processor = self.placement.device.type == "cpu"
        self.batch_size = options.batch_size or (_BATCH_CPU if on_processor else _BATCH_GPU)
        log(f"{spec.key} runs on {self.runs_on}")

    @property
    def precision(self) -> str:
        """Name of the computing precision."""
        return str(self.placement.dtype).removeprefix("torch.")

    @property
    def runs_on(self) -> str:
        """Device and precision in words."""
        return str(self.placement)

    @abstractmethod
    def prepare(self, picture: Image.Image) -> Prepared:
        """Preprocess an RGB picture on the CPU. Thread-safe."""

    @abstractmethod
    def collate(self, batch: Sequence[Prepared]) -> dict[str, torch.Tensor]:
        """Collate prepared pictures to the network's arguments, on the CPU."""

    @abstractmethod
    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Rows (n, dim) of a batch on the device."""

    def forward_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Rows (n, dim) of texts.

        Raises:
            ModelError: the model reads no text.
        """
        raise ModelError(f"{self.spec.key} reads no text", "choose vectors of a model that does, such as conse or clip")

    def count_tokens(self, text: str) -> int:
        return 0

    def unknown_words(self, text: str) -> tuple[str, ...]:
        return ()

    def picture_recipe(self) -> PictureRecipe | None:
        """How ``prepare`` does it, as data; None if a recipe cannot."""
        return None

    def text_tower(self) -> TextTower | None:
        """The network for texts and their tokenizer; None if there is none that works without its library."""
        return None

    def reference_rows(self, batch: Sequence[Prepared]) -> Rows:
        """Rows of prepared pictures in float32, (n, dim): what other ways to compute them are held against."""
        with torch.inference_mode():
            rows = self._rows_under(Placement(self.placement.device), self.collate(batch))
            return normalise(rows.float().cpu().numpy())

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        """Encode prepared pictures, shape (n, dim). Halves the batch size permanently when memory runs out."""
        rows: list[Rows] = []
        start = 0
        while start < len(batch):
            part = batch[start : start + self.batch_size]
            try:
                rows.append(self._encode(part))
            except RuntimeError as error:
                self._make_room(error, len(part))
                continue
            start += len(part)
        return np.concatenate(rows) if rows else np.zeros((0, self.spec.dim), np.float32)

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        rows = [self._encode_texts(texts[start : start + _TEXT_BATCH]) for start in range(0, len(texts), _TEXT_BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, self.spec.dim), np.float32)

    def _place(self) -> None:
        self.network = self.network.to(self.placement.device)
        if is_convolutional(self.network):
            self.network = self.network.to(memory_format=torch.channels_last)

    def _tried(self, precision: str) -> tuple[Placement, int]:
        """Choose the precision, and measure the length of the rows."""
        trial = [self.prepare(Image.effect_noise((320, 240), 90).convert("RGB"))] * _TRIAL
        with torch.inference_mode():
            batch = self.collate(trial)
            chosen = choose_placement(
                self.placement.device, precision, lambda placement: self._rows_under(placement, batch)
            )
            return chosen, int(self._rows_under(chosen, batch).shape[1])

    def _encode(self, part: Sequence[Prepared]) -> Rows:
        with torch.inference_mode():
            return normalise(self._rows_under(self.placement, self.collate(part)).float().cpu().numpy())

    def _encode_texts(self, texts: Sequence[str]) -> Rows:
        try:
            with torch.inference_mode(), self.placement.autocast():
                return normalise(self.forward_texts(texts).float().cpu().numpy())
        except RuntimeError as error:
            raise self._failure(error, "the texts") from error

    def _rows_under(self, placement: Placement, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        on_device = {name: tensor.to(placement.device, non_blocking=True) for name, tensor in batch.items()}
        with placement.autocast():
            return self.forward(on_device)

    def _make_room(self, error: RuntimeError, size: int) -> None:
        """Halve the batch size.

        Raises:
            ModelError: it is 1 already, or the device failed in another way.
        """
        if size <= 1 or not is_out_of_memory(error):
            raise self._failure(error, "one picture") from error
        if self.placement.device.type == "cuda":
            torch.cuda.empty_cache()
        self.batch_size = size // 2
        self._log(f"out of memory: the batch size is now {self.batch_size}")

    def _failure(self, error: RuntimeError, what: str) -> ModelError:
        device = self.placement.device
        if is_out_of_memory(error):
            return ModelError(
                f"{self.spec.key}: {device} has too little memory for {what}",
                "free its memory and Restart, or --device cpu",
            )
        return ModelError(
            f"{self.spec.key}: {device} failed ({_first_line(error)})",
            "Restart resumes from the committed rows; --device cpu does not need it",
        )


def is_convolutional(network: torch.nn.Module) -> bool:
    """Whether most weights belong to 2-D convolutions, for which channels-last memory is faster."""
    convolutions = sum(module.weight.numel() for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    return bool(2 * convolutions > sum(parameter.numel() for parameter in network.parameters()))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
