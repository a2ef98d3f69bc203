"""The base of networks that take a picture as one tensor from a torchvision transform."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from PIL import Image

from core.models.backend import Log, Prepared, Provenance
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions
from core.models.picture_recipe import LONGEST, PictureRecipe, without_ends
from core.models.torch_model import TorchModel

# Steps that change nothing of an RGB picture but its type.
_NEUTRAL = {"MaybeToTensor", "ToTensor", "MaybeConvertMode"}
_RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
Transform = Callable[[Image.Image], torch.Tensor]


class PixelModel(TorchModel):
    """A network with input tensors (n, 3, height, width); backends implement ``forward``."""

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
            spec: its catalogue entry with ``input_size``.
            network: with its weights, on the CPU.
            provenance: of the weights.
            options: device, precision, batch size.
            log: receives the device and precision.
            transform: picture to tensor (3, height, width), float32. Thread-safe.
            fitted: which side of a picture the transform resizes to the network's size: ``shortest`` (the longer one
                is cropped), ``longest`` (with a border), ``both`` (squashed).
        """
        self._transform = transform
        # When the longer side is resized, the shorter one must not vanish.
        self._longest = {"shortest": LONGEST, "longest": spec.input_size // 2}.get(fitted, 0)
        super().__init__(spec, network, provenance, options, log)

    def prepare(self, picture: Image.Image) -> Prepared:
        """RGB picture to a float32 tensor (3, height, width)."""
        return self._transform(without_ends(picture, self._longest) if self._longest else picture)

    def picture_recipe(self) -> PictureRecipe | None:
        """The steps of the transform, if it is made of those that a recipe has."""
        return of_transform(self._transform, self._longest)

    def collate(self, batch: Sequence[Prepared]) -> dict[str, torch.Tensor]:
        """Stack tensors (3, height, width) to (n, 3, height, width), named ``pixels``."""
        return {"pixels": torch.stack(list(batch))}


def of_transform(transform: Transform, longest: int) -> PictureRecipe | None:
    """The recipe of a torchvision transform: resize, centre crop, to a tensor, normalise; None if it does more."""
    steps = list(getattr(transform, "transforms", ()))
    names = [type(step).__name__ for step in steps]
    known = [name for name in names if name not in _NEUTRAL]
    by_name = dict(zip(names, steps, strict=True))
    if known not in (["Resize", "CenterCrop", "Normalize"], ["Resize", "Normalize"]):
        return None
    resize, normalise = by_name["Resize"], by_name["Normalize"]
    size = resize.size if isinstance(resize.size, int) else tuple(resize.size)
    if isinstance(size, tuple) and len(size) == 1:
        size = size[0]
    resample = _RESAMPLING.get(getattr(resize.interpolation, "value", ""))
    if resample is None or getattr(resize, "max_size", None) is not None:
        return None
    crop = tuple(by_name["CenterCrop"].size) if "CenterCrop" in by_name else None
    mean, std = ([float(value) for value in given] for given in (normalise.mean, normalise.std))
    return PictureRecipe.checked(
        size=size, resample=resample, crop=crop, mean=mean, std=std, longest=longest, rounded=True
    )
