"""What networks share that take a picture as one square of numbers, made by a transform of torchvision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from PIL import Image

from core.models.backend import Log, Prepared, Provenance
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.models.torch_model import TorchModel

Transform = Callable[[Image.Image], torch.Tensor]
# A picture's longer side, in shorter ones: what is enlarged to the shorter side costs too much beyond that.
_LONGEST = 16


class PixelModel(TorchModel):
    """A network of tensors (n, 3, height, width); a backend's class says what it makes of them."""

    def __init__(
        self,
        spec: ModelSpec,
        network: torch.nn.Module,
        provenance: Provenance,
        options: LoadOptions,
        log: Log,
        transform: Transform,
        fitted: str = "shortest",
    ) -> None:
        """Place the network; for the first six see :class:`core.models.torch_model.TorchModel`.

        Args:
            spec: its line of the catalogue, ``input_size`` filled in.
            network: with its weights, on the processor.
            provenance: of the weights.
            options: device, precision, batch size.
            log: is told where it runs.
            transform: picture to tensor (3, height, width), float32. Called by several threads at once.
            fitted: which side of a picture the transform brings to the network's size: ``shortest`` (the rest of the
                longer one is dropped), ``longest`` (with a border), ``both`` (squashed).
        """
        self._transform = transform
        # Brought to the longer side, the shorter one must not vanish.
        self._longest = {"shortest": _LONGEST, "longest": spec.input_size // 2}.get(fitted, 0)
        super().__init__(spec, network, provenance, options, log)

    def prepare(self, picture: Image.Image) -> Prepared:
        """RGB picture to a float32 tensor (3, height, width)."""
        return self._transform(without_ends(picture, self._longest) if self._longest else picture)

    def collate(self, batch: Sequence[Prepared]) -> dict[str, torch.Tensor]:
        """Tensors (3, height, width) to one, (n, 3, height, width), named ``pixels``."""
        return {"pixels": torch.stack(list(batch))}


def without_ends(picture: Image.Image, longest: int = _LONGEST) -> Image.Image:
    """``picture`` without the ends of its longer side, where that is more than ``longest`` times its shorter one.

    A transform drops them too, but only after it enlarged them: a line of 1 x 60,000 pixels, its shorter side brought
    to 256, would take 12 GB.
    """
    width, height = picture.size
    most = longest * min(width, height)
    if max(width, height) <= most:
        return picture
    left, top = max(0, (width - most) // 2), max(0, (height - most) // 2)
    return picture.crop((left, top, left + min(width, most), top + min(height, most)))
