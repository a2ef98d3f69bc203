"""The picture processor of a transformers model: preprocesses single pictures to tensors of one shape."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from PIL import Image

from core.models.picture_recipe import LONGEST, PictureRecipe, without_ends

_PROBES = ((48, 36), (36, 48))


class Processor:
    """Preprocesses pictures. Thread-safe: immutable.

    Attributes:
        words: description of the preprocessing, one line.
        input_size: side in pixels of the square input; with patches, of a square with the same number of patches.
    """

    def __init__(self, processor: Any, arguments: frozenset[str]) -> None:
        """
        Args:
            processor: of transformers.
            arguments: of the network; other outputs of the processor are dropped.

        Raises:
            ValueError: it returns no pixels, or tensors of different shapes.
        """
        self._processor = processor
        self._arguments = arguments
        self._says = processor.to_dict()
        self._options: dict[str, Any] = {}
        size = _mapping(self._says.get("size"))
        self._by_shorter_side = "shortest_edge" in size and "longest_edge" not in size
        if not self._makes_one_shape() and self._by_shorter_side:
            side = int(size["shortest_edge"])
            self._options = {"do_center_crop": True, "crop_size": {"height": side, "width": side}}
            self._says |= self._options
        if not self._makes_one_shape():
            raise ValueError("it gives each picture a different shape")
        self.input_size = self._input_size()
        self.words = self._words()

    def __call__(self, picture: Image.Image) -> dict[str, torch.Tensor]:
        """RGB picture of any size to the network's arguments, by name, without a batch axis."""
        if self._by_shorter_side:
            picture = without_ends(picture)
        given = self._processor(images=picture, return_tensors="pt", **self._options)
        return {name: value[0] for name, value in given.items() if name in self._arguments}

    def picture_recipe(self) -> PictureRecipe | None:
        """The same steps as data; None if there are others, as with patches."""
        says = self._says
        if says.get("max_num_patches") or not (says.get("do_resize") and says.get("do_normalize")):
            return None
        if says.get("do_pad") or says.get("crop_pct") or says.get("do_flip_channel_order"):
            return None
        if not math.isclose(float(says.get("rescale_factor") or 1 / 255), 1 / 255, rel_tol=1e-6):
            return None
        size = _mapping(says.get("size"))
        shorter = size.get("shortest_edge") if self._by_shorter_side else None
        given = int(shorter) if shorter else (size.get("height"), size.get("width"))
        if isinstance(given, tuple) and None in given:
            return None
        crop = _mapping(says.get("crop_size")) if says.get("do_center_crop") else {}
        return PictureRecipe.checked(
            size=given,
            resample=int(says.get("resample", Image.Resampling.BILINEAR)),
            crop=(int(crop["height"]), int(crop["width"])) if {"height", "width"} <= crop.keys() else None,
            mean=_three(says.get("image_mean")),
            std=_three(says.get("image_std")),
            longest=LONGEST if self._by_shorter_side else 0,
            rounded=False,
        )

    def _makes_one_shape(self) -> bool:
        """Whether pictures of different shapes become tensors of one shape."""
        one, other = (self(Image.new("RGB", size)) for size in _PROBES)
        if "pixel_values" not in one:
            raise ValueError("it gives no pixel_values")
        return all(value.shape == other[name].shape for name, value in one.items())

    def _input_size(self) -> int:
        if "spatial_shapes" in self._arguments and self._says.get("max_num_patches"):
            return math.isqrt(int(self._says["max_num_patches"])) * int(self._says["patch_size"])
        return int(self(Image.new("RGB", _PROBES[0]))["pixel_values"].shape[-1])

    def _words(self) -> str:
        says = self._says
        steps = []
        if says.get("max_num_patches"):
            steps.append(f"at most {says['max_num_patches']} patches of {says['patch_size']} pixels, aspect ratio kept")
        elif says.get("do_resize"):
            steps.append(_size_in_words(_mapping(says.get("size"))))
        if steps and says.get("resample") is not None:
            steps[0] += f" {Image.Resampling(int(says['resample'])).name.lower()}"
        if says.get("crop_pct"):
            steps.append(f"share kept {says['crop_pct']:g}")
        if says.get("do_center_crop"):
            steps.append(f"centre {_size_in_words(_mapping(says.get('crop_size')))}")
        if says.get("do_normalize"):
            steps.append(f"mean {_numbers(says.get('image_mean'))}, std {_numbers(says.get('image_std'))}")
        return f"{type(self._processor).__name__}: {', '.join(steps)}"


def _size_in_words(size: Mapping[str, Any]) -> str:
    if "shortest_edge" in size:
        return f"shorter side to {size['shortest_edge']}"
    return f"{size.get('height')} x {size.get('width')}"


def _mapping(value: Any) -> dict[str, Any]:
    """A processor's size setting without unset values."""
    return {name: number for name, number in value.items() if number is not None} if isinstance(value, Mapping) else {}


def _numbers(values: Any) -> str:
    several = [values] if isinstance(values, int | float) else list(values or ())
    texts = [f"{value:g}" for value in several]
    return texts[0] if texts and len(set(texts)) == 1 else f"({', '.join(texts)})"


def _three(values: Any) -> list[float]:
    """Three colours, also of one number for all."""
    return [float(values)] * 3 if isinstance(values, int | float) else [float(value) for value in values or ()]
