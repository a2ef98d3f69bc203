"""The catalogue in full size with seeded random weights, in the hub's cache under the real ids."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import open_clip
import torch
import transformers
from safetensors.torch import save_file

from core.models.catalogue import find
from core.models.open_clip_backend import repository_of
from tests.core.models.cache_layout import BUILDERS, store

_BASE = {"hidden_size": 768, "num_attention_heads": 12, "num_hidden_layers": 12, "intermediate_size": 3072}
_SO400M = {"hidden_size": 1152, "num_attention_heads": 16, "num_hidden_layers": 27, "intermediate_size": 4304}
_SMALL = {"hidden_size": 512, "num_attention_heads": 8, "num_hidden_layers": 12, "intermediate_size": 2048}
# What the tests make smaller than it is. Of the vocabularies only the rows are there, not the words: they are memory.
SIZES: dict[str, dict[str, Any]] = {
    "mobilenet": {},
    "clip": {"vision_config": _BASE, "text_config": _SMALL | {"vocab_size": 49_408}},
    "siglip-base": {"vision_config": _BASE, "text_config": _BASE | {"vocab_size": 256_000}},
    "siglip": {"vision_config": _SO400M, "text_config": _SO400M | {"projection_size": 1152, "vocab_size": 256_000}},
    "dinov2": {"num_hidden_layers": 12, "mlp_ratio": 4},
    "dinov3": {"num_hidden_layers": 12, "intermediate_size": 3072},
}
OPEN_CLIP = ("mobileclip2-s2", "mobileclip2-l14")


def build(key: str, cache: Path, work: Path) -> None:
    """Write the files of a model of the catalogue, or of ``open_clip:ARCH/TAG``, into ``cache``."""
    folder = work / key
    repository = find(key).repository
    if key in OPEN_CLIP or key.startswith("open_clip:"):
        _open_clip(key, folder)
        repository = repository or repository_of(*find(key).weights.split("/"))
    else:
        _transformers(key, folder)
    store(cache, repository, folder, move=True)
    shutil.rmtree(folder)


def _transformers(key: str, folder: Path) -> None:
    BUILDERS[key](folder)
    if not SIZES[key]:
        return
    content = json.loads((folder / "config.json").read_text())
    for name, value in SIZES[key].items():
        content[name] = content[name] | value if isinstance(value, dict) else value
    (folder / "config.json").write_text(json.dumps(content))
    config = transformers.AutoConfig.from_pretrained(folder)
    torch.manual_seed(0)
    transformers.AutoModel.from_config(config).save_pretrained(folder)


def _open_clip(key: str, folder: Path) -> None:
    arch, tag = find(key).weights.split("/")
    torch.manual_seed(0)
    network = open_clip.create_model(arch, pretrained=None)
    published = open_clip.get_pretrained_cfg(arch, tag)
    kept = ("mean", "std", "interpolation", "resize_mode")
    config = {
        "model_cfg": open_clip.get_model_config(arch),
        "preprocess_cfg": {name: published[name] for name in kept if name in published},
    }
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
