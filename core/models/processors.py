"""A model's own picture processor of transformers: one picture at a time, to tensors of one shape, told in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from PIL import Image

from core.models.pixel_model import without_ends

_PROBES = ((48, 36), (36, 48))


class Processor:
    """Prepares pictures. May be called by several threads at once: nothing in it changes.

    Attributes:
        words: what it does to a picture, one line.
        input_size: pixels of the square that the network sees; with patches, of the square that holds as many.
    """

    def __init__(self, processor: Any, arguments: frozenset[str]) -> None:
        """
        Args:
            processor: of transformers.
            arguments: of the network; what else the processor gives is dropped.

        Raises:
            ValueError: it gives no pixels, or pictures of different shapes whatever is asked of it.
        """
        self._processor = processor
        self._arguments = arguments
        self._says = processor.to_dict()
        self._options: dict[str, Any] = {}
        size = _mapping(self._says.get("size"))
        self._by_shorter_side = "shortest_edge" in size and "longest_edge" not in size
        if not self._is_even() and self._by_shorter_side:
            side = int(size["shortest_edge"])
            self._options = {"do_center_crop": True, "crop_size": {"height": side, "width": side}}
            self._says |= self._options
        if not self._is_even():
            raise ValueError("it gives each picture another shape")
        self.input_size = self._input_size()
        self.words = self._words()

    def __call__(self, picture: Image.Image) -> dict[str, torch.Tensor]:
        """RGB picture of any size to the network's arguments, by name, without an axis for the batch."""
        if self._by_shorter_side:
            picture = without_ends(picture)
        given = self._processor(images=picture, return_tensors="pt", **self._options)
        return {name: value[0] for name, value in given.items() if name in self._arguments}

    def _is_even(self) -> bool:
        """Whether pictures of different shapes become tensors of one."""
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
    """A size as the processors keep it, without what is not set."""
    return {name: number for name, number in value.items() if number is not None} if isinstance(value, Mapping) else {}


def _numbers(values: Any) -> str:
    several = [values] if isinstance(values, int | float) else list(values or ())
    texts = [f"{value:g}" for value in several]
    return texts[0] if texts and len(set(texts)) == 1 else f"({', '.join(texts)})"
