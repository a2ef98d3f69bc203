"""Folders that transformers models cannot be loaded from: each is refused in words, with what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

from core.errors import ModelError
from core.models import backend, hub_cache
from core.models.catalogue import find
from tests.core.models import cache_layout
from tests.core.models.cache_layout import change

pytestmark = pytest.mark.usefixtures("filled_cache")


def refused(folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        backend.load(find(str(folder)))
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


def test_missing_files_are_named(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("clip")
    for name, words in [
        ("tokenizer.json", "holds no tokenizer"),
        ("preprocessor_config.json", "does not say how pictures are preprocessed"),
        ("model.safetensors", "holds no complete model.safetensors"),
        ("config.json", "holds no config.json"),
    ]:
        (folder / name).unlink()
        assert words in refused(folder).message


def test_pickles_are_refused(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("hf:some/vit")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    error = refused(folder)
    assert "pickles only (pytorch_model.bin)" in error.message
    assert "safetensors" in error.hint


def test_a_config_of_nonsense_is_refused(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("hf:some/vit")
    change(folder / "config.json", model_type="no_such_thing")
    error = refused(folder)
    assert "does not know this architecture" in error.message
    assert error.hint == "pip install -U transformers"
    change(folder / "config.json", model_type=None)
    assert "does not know this architecture" in refused(folder).message
    change(folder / "config.json", model_type="vit", hidden_size="many")
    assert "does not know this architecture" in refused(folder).message
    (folder / "config.json").write_text("{")
    assert "none that can be read" in refused(folder).message


@pytest.mark.parametrize(
    ("model_type", "words"),
    [
        ("bert", "(bert) takes no pictures"),
        ("llava", "(llava) writes text about pictures and gives no vectors of them"),
        ("videomae", "VideoMAEModel gives no vectors of pictures"),
    ],
)
def test_models_of_other_kinds_are_refused(tmp_path: Path, model_type: str, words: str) -> None:
    small = {"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": 16}
    if model_type == "videomae":
        network = transformers.VideoMAEModel(transformers.VideoMAEConfig(image_size=32, **small))
        cache_layout.save(tmp_path, network, cache_layout.squashed("VideoMAEImageProcessor", 32))
    else:
        (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type, "vision_config": None}))
        cache_layout.save_file({"weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    if model_type == "llava":
        transformers.LlavaConfig().save_pretrained(tmp_path)
    assert words in refused(tmp_path).message


def test_weights_of_another_architecture_are_refused(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("hf:some/vit")
    cache_layout.save_file({"weight": torch.zeros(1)}, folder / "model.safetensors")
    assert "its weights lack" in refused(folder).message
    shutil.copyfile(hub_cache.cached("some/swin") / "model.safetensors", folder / "model.safetensors")  # type: ignore[operator]
    assert "tensors of ViTModel" in refused(folder).message


def test_weights_of_another_width_are_refused(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("hf:some/vit")
    change(folder / "config.json", hidden_size=64)
    assert "its weights lack" in refused(folder).message


def test_truncated_weights_are_refused(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("hf:some/vit")
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-100])
    assert f"is truncated: {len(content) - 100:,} of {len(content):,} bytes" in refused(folder).message


def test_a_folder_that_is_gone_is_said(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("hf:some/vit")
    spec = find(str(folder))
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match="there is no folder"):
        backend.load(spec)


def test_a_processor_of_another_kind_is_refused(own_folder_of: Callable[[str], Path]) -> None:
    folder = own_folder_of("hf:some/vit")
    change(folder / "preprocessor_config.json", image_processor_type="NoSuchProcessor")
    assert "its picture processor cannot be used" in refused(folder).message
