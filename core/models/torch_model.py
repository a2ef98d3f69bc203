"""What every network of PyTorch shares: its place, batches that halve when memory runs out, rows of length one."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from core.errors import ModelError
from core.models.backend import LoadOptions, Log, Prepared, Provenance, Rows, normalise
from core.models.catalogue import ModelSpec
from core.models.device import Placement, choose_device, choose_placement, is_out_of_memory

# Pictures a forward pass. On few cores 8 are fastest: larger ones leave the cache. A GPU wants to be filled.
_BATCH_CPU = 8
_BATCH_GPU = 128
_TRIAL = 4  # pictures by which precision is chosen
_TEXT_BATCH = 64


class TorchModel(ABC):
    """A network on a device; see :class:`core.models.backend.Model`.

    A backend's class says how a picture is prepared, how prepared ones become a batch, and what the network
    makes of it. It sets ``longest_text`` where the model reads text.
    """

    longest_text = 0

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
            self.network.to("meta")  # its memory is free, whoever else holds the network
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
        """Name of the type it computes in."""
        return str(self.placement.dtype).removeprefix("torch.")

    @property
    def runs_on(self) -> str:
        """Device and precision in words."""
        return str(self.placement)

    @abstractmethod
    def prepare(self, picture: Image.Image) -> Prepared:
        """See :meth:`core.models.backend.Model.prepare`. On the processor."""

    @abstractmethod
    def collate(self, batch: Sequence[Prepared]) -> dict[str, torch.Tensor]:
        """Prepared pictures as the network's arguments, on the processor."""

    @abstractmethod
    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Rows (n, dim) of a batch that is on the device."""

    def forward_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Rows (n, dim) of texts.

        Raises:
            ModelError: the model reads no text.
        """
        raise ModelError(f"{self.spec.key} reads no text", "choose vectors of a model that does, such as conse or clip")

    def count_tokens(self, text: str) -> int:
        """See :meth:`core.models.backend.Model.count_tokens`."""
        return 0

    def encode_pictures(self, batch: Sequence[Prepared]) -> Rows:
        """See :meth:`core.models.backend.Model.encode_pictures`. Halves the batch, for good, when memory runs out."""
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
        """See :meth:`core.models.backend.Model.encode_texts`."""
        rows = [self._encode_texts(texts[start : start + _TEXT_BATCH]) for start in range(0, len(texts), _TEXT_BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, self.spec.dim), np.float32)

    def _place(self) -> None:
        self.network = self.network.to(self.placement.device)
        if is_convolutional(self.network):
            self.network = self.network.to(memory_format=torch.channels_last)

    def _tried(self, precision: str) -> tuple[Placement, int]:
        """The precision that suits, and how long the rows are."""
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
        self._log(f"memory ran out: {self.batch_size} pictures at a time from here on")

    def _failure(self, error: RuntimeError, what: str) -> ModelError:
        device = self.placement.device
        if is_out_of_memory(error):
            return ModelError(
                f"{self.spec.key}: {device} has no room for {what}", "free its memory and Restart, or --device cpu"
            )
        return ModelError(
            f"{self.spec.key}: {device} failed ({_first_line(error)})",
            "Restart goes on from what is committed; --device cpu does without it",
        )


def is_convolutional(network: torch.nn.Module) -> bool:
    """Whether most of the network's weights are those of 2-D convolutions: then channels last is faster."""
    convolutions = sum(module.weight.numel() for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    return bool(2 * convolutions > sum(parameter.numel() for parameter in network.parameters()))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
