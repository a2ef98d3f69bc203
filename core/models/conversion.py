"""Makes OpenVINO's form of a model: its network for pictures, with the colours' mean in it, and the one for texts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.arrays import normalise
from core.errors import ModelError
from core.models import converted, network_steps
from core.models.backend import Log
from core.models.numpy_network import NumpyNetwork
from core.models.openvino_library import Network, openvino
from core.models.openvino_model import PICTURES, PIXELS, STEPS, TEXTS, TOKENIZER
from core.models.picture_recipe import PictureRecipe
from core.models.published import LIBRARY_ERRORS, first_line
from core.models.sources import Source
from core.models.text_recipe import TextReader
from core.models.text_tower import TextTower
from core.models.torch_model import TorchModel

EQUAL = 0.9999  # cosine of rows in float32
# Of several lengths, some with words that few tokenizers know.
_PHRASES = ("a dog", "two red boats on a lake at sunset", "Ünïcödé ☂ 7", "a photograph of a very old wooden door " * 12)
_EXAMPLES = 2  # pictures or texts in the batch that a network is followed with; it takes any number afterwards
_COLOURS = 3


class NotConverted(Exception):
    """A model that OpenVINO's form cannot be made of; says why."""


def convert(model: TorchModel, source: Source, log: Log) -> converted.Entry:
    """Convert a model into the cache, and read it from there.

    Raises:
        NotConverted: it prepares pictures by steps that are not known here, or its network does what OpenVINO cannot.
        PictoscopeError: OpenVINO or the disk failed, or another job removed what was written.
    """
    recipe = model.picture_recipe()
    if recipe is None:
        raise NotConverted("it prepares pictures by steps that OpenVINO is not told")
    with converted.writing(source) as (folder, facts):
        _save(
            _Pictures(model, recipe), [_example(recipe)], [PIXELS], [[-1, *recipe.shape, _COLOURS]], folder / PICTURES
        )
        facts |= {
            "dim": model.spec.dim,
            "text": model.spec.text,
            "input_size": model.spec.input_size,
            "longest_text": model.longest_text,
            "provenance": asdict(model.provenance),
            "pictures": recipe.to_json(),
            "texts": _texts(model, folder, log),
        }
    try:
        entry = converted.read(source)
    except converted.Unusable as error:
        raise ModelError(f"the converted model cannot be read: {error}") from error  # which says nothing of the model
    if entry is None:
        raise ModelError("the converted model was removed by another job")
    return entry


class _Pictures(torch.nn.Module):  # type: ignore[misc]  # mypy does not read torch
    """A model's network from the bytes of pictures on: (n, height, width, 3), uint8, to rows (n, dim)."""

    def __init__(self, model: TorchModel, recipe: PictureRecipe) -> None:
        super().__init__()
        self._network = model.network
        self._name = model.pixels_name
        self._rows = model.forward
        self.register_buffer("_mean", torch.tensor(recipe.mean).view(1, _COLOURS, 1, 1))
        self.register_buffer("_std", torch.tensor(recipe.std).view(1, _COLOURS, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Pixels to rows, shape (n, dim)."""
        shares = pixels.permute(0, 3, 1, 2).to(torch.float32) / 255
        return self._rows({self._name: (shares - self._mean) / self._std})


def _example(recipe: PictureRecipe) -> torch.Tensor:
    noise = np.random.default_rng(0).integers(0, 256, (_EXAMPLES, *recipe.shape, _COLOURS), np.uint8)
    return torch.from_numpy(noise)


def _texts(model: TorchModel, folder: Path, log: Log) -> dict[str, Any] | None:
    """Convert the network for texts, if there is one and its rows are the same; else texts are left to the library."""
    tower = model.text_tower() if model.spec.text else None
    if tower is None:
        return None
    try:
        _save_texts(tower, folder)
        reader = TextReader(tower.recipe, tower.tokenizer)
        ours = normalise(Network(folder / TEXTS)(**reader(_PHRASES)))
        worst = float((ours * model.encode_texts(_PHRASES)).sum(axis=1).min())
        if worst >= EQUAL:
            _save_steps(folder, reader, model)
            return tower.recipe.to_json()
        why = f"their rows differ (cosine {worst:.5f})"
    except (NotConverted, ModelError, *LIBRARY_ERRORS) as error:
        why = first_line(error)
    for path in folder.glob(f"{Path(TEXTS).stem}.*"):
        path.unlink()
    log(f"{model.spec.key}: texts are left to torch: {why}")
    return None


def _save_steps(folder: Path, reader: TextReader, model: TorchModel) -> None:
    """Write the network for texts for NumPy too, if it can run it and gives the same rows: each text by itself."""
    try:
        network_steps.write(folder / TEXTS, folder / STEPS)
        network = NumpyNetwork(folder / STEPS, (folder / TEXTS).with_suffix(".bin"))
        ours = np.concatenate([normalise(network(**reader([phrase]))) for phrase in _PHRASES])
        if (ours * model.encode_texts(_PHRASES)).sum(axis=1).min() >= EQUAL:
            return
    except (network_steps.NotKnown, ModelError):
        pass  # OpenVINO computes single texts as well, only later
    (folder / STEPS).unlink(missing_ok=True)


def _save_texts(tower: TextTower, folder: Path) -> None:
    read = TextReader(tower.recipe, tower.tokenizer)(_PHRASES[:_EXAMPLES])
    examples = [torch.from_numpy(read[name]) for name in tower.recipe.inputs]
    length = tower.recipe.longest if tower.recipe.full else -1
    _save(tower.network, examples, tower.recipe.inputs, [[-1, length]] * len(examples), folder / TEXTS)
    (folder / TOKENIZER).write_text(tower.tokenizer, "utf-8")


def _save(
    network: torch.nn.Module,
    examples: Sequence[torch.Tensor],
    names: Sequence[str],
    shapes: Sequence[Sequence[int]],
    path: Path,
) -> None:
    """Follow a network with examples, and save what OpenVINO makes of it, in float32.

    Raises:
        NotConverted: it cannot be followed, or does what OpenVINO cannot.
    """
    ov = openvino()
    try:
        from openvino.frontend import FrontEndManager
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

        with torch.inference_mode(), warnings.catch_warnings():
            # Of sizes that become constants: that they are the same for all pictures, the trial shows.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            network.eval()(*examples)  # what is computed at the first picture is a constant for what follows
            decoder = TorchScriptPythonDecoder(
                network,
                example_input=tuple(examples),
                trace_kwargs={"check_trace": False},  # would follow it once more; the rows are compared afterwards
            )
            frontend = FrontEndManager().load_by_framework("pytorch")
            graph = frontend.convert(frontend.load(decoder))
        for given, example, name, shape in zip(graph.inputs, examples, names, shapes, strict=True):
            given.get_tensor().set_names({name})
            given.get_node().set_partial_shape(ov.PartialShape(list(shape)))
            given.get_node().set_element_type(ov.Type(example.numpy().dtype))
        graph.validate_nodes_and_infer_types()
    except LIBRARY_ERRORS as error:
        raise NotConverted(f"OpenVINO cannot convert it ({first_line(error)})") from error
    try:
        ov.save_model(graph, path, compress_to_fp16=False)
    except RuntimeError as error:  # a full disk, for example
        raise ModelError(
            f"{path} cannot be written ({first_line(error)})", "check the free space of the cache; or --runtime torch"
        ) from error
