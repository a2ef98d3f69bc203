"""Models of timm: held against the library's own documented use on the same weights, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.models import get_pretrained_cfg

from core.arrays import Rows
from core.errors import ModelError, UsageError
from core.models import timm_backend
from core.models.backend import Model, fetch, load
from core.models.catalogue import find
from core.models.options import LoadOptions
from tests.core.models.backend_checks import (
    FLOAT32,
    Loaded,
    check_batch_equals_batches_of_one,
    check_greyscale_equals_greying_the_file,
    check_harmed_weights_are_refused,
    check_openvino_gives_the_same_rows,
    cosines,
    own_copy,
    pictures_of_any_shape,
    rows_of,
    settled,
)
from tests.core.models.cache_layout import lively, store
from tests.filled_projects import draw

WEIGHTS = "model.safetensors"
# Convolutions, transformers, both; pooled over tokens, by a class token, by attention; squashed and cropped.
NAMES = (
    "test_resnet.r160_in1k",
    "test_convnext.r160_in1k",
    "test_vit.r160_in1k",
    "test_efficientnet.r160_in1k",
    "resnet18.a1_in1k",
    "mobileone_s0.apple_in1k",
)
SMALL = "timm:test_vit.r160_in1k"
DINOV2 = "vit_small_patch14_dinov2.lvd142m"


def network_of(name: str, **arguments: Any) -> torch.nn.Module:
    """A network as published, with its classifier, with lively weights."""
    torch.manual_seed(0)
    network = lively(timm.create_model(name, **arguments))
    return settled(network, torch.rand(2, *network.pretrained_cfg["input_size"]))


def write(folder: Path, network: torch.nn.Module) -> Path:
    """Write a folder as timm does: weights and config."""
    folder.mkdir(parents=True)
    timm.models.save_for_hf(network, folder, safe_serialization=True)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("timm")
    for name in NAMES:
        write(folder / name, network_of(name))
        store(folder / "cache", f"timm/{name}", folder / name)
    return folder / "cache"


@pytest.fixture(autouse=True)
def environment(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return Loaded()


@pytest.fixture
def model(request: pytest.FixtureRequest, loaded: Loaded) -> Model:
    return loaded(getattr(request, "param", SMALL))


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return pictures_of_any_shape(3)


@pytest.fixture
def own_cache(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that may be harmed, with the small model: its snapshot's weights."""
    return own_copy(cache, find(SMALL).repository, tmp_path, monkeypatch) / WEIGHTS


def documented(network: torch.nn.Module, pictures: list[Image.Image]) -> Rows:
    """Rows as the hub's model cards of timm compute them, normalised."""
    data_config = timm.data.resolve_model_data_config(network)
    transforms = timm.data.create_transform(**data_config, is_training=False)
    with torch.no_grad():
        output = network.eval()(torch.stack([transforms(picture) for picture in pictures]))
    return torch.nn.functional.normalize(output).numpy()


def published(cache: Path, name: str) -> torch.nn.Module:
    """The published network without classifier, its weights put in by timm's own option."""
    path = next((cache / f"models--timm--{name}" / "snapshots").iterdir()) / WEIGHTS
    network: torch.nn.Module = timm.create_model(
        name, pretrained=True, num_classes=0, pretrained_cfg_overlay={"file": str(path)}
    )
    return network


# Rows


@pytest.mark.parametrize("name", ["test_vit.r160_in1k", "test_efficientnet.r160_in1k"])
def test_openvino_gives_the_same_rows(name: str, loaded: Loaded, pictures: list[Image.Image]) -> None:
    check_openvino_gives_the_same_rows(f"timm:{name}", loaded(f"timm:{name}"), pictures)


@pytest.mark.parametrize("model", [f"timm:{name}" for name in NAMES], indirect=True)
def test_rows_are_those_of_the_documented_use(model: Model, cache: Path, pictures: list[Image.Image]) -> None:
    theirs = documented(published(cache, model.spec.weights), pictures)
    ours = rows_of(model, pictures)
    assert ours.shape == theirs.shape == (len(pictures), model.spec.dim)
    assert ours.dtype == np.float32
    assert cosines(ours, theirs).min() >= 0.9999
    assert cosines(ours[:2], ours[1:3]).max() < 0.999
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("model", [SMALL, "timm:test_convnext.r160_in1k"], indirect=True)
def test_bfloat16_gives_nearly_the_same(model: Model, pictures: list[Image.Image]) -> None:
    half = load(model.spec, options=LoadOptions(precision="bfloat16"))
    assert "bfloat16" in half.runs_on
    assert cosines(rows_of(half, pictures), rows_of(model, pictures)).min() >= 0.999


@pytest.mark.parametrize("model", [SMALL, "timm:test_resnet.r160_in1k"], indirect=True)
def test_a_batch_of_n_equals_n_batches_of_one(model: Model, pictures: list[Image.Image]) -> None:
    check_batch_equals_batches_of_one(model, pictures)


def test_greyscale_equals_greying_the_file_beforehand(model: Model, tmp_path: Path) -> None:
    check_greyscale_equals_greying_the_file(model, tmp_path)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("center", "shorter side to 91 bicubic, centre 80 x 80"),
        ("border", "longer side to 91 bicubic, border to 80 x 80"),
        ("squash", "squashed to 91 x 91 bicubic, centre 80 x 80"),
    ],
)
def test_of_pictures_of_any_shape_each_way_to_fit_them_makes_a_square(tmp_path: Path, mode: str, words: str) -> None:
    overlay = {"crop_mode": mode, "crop_pct": 0.875, "input_size": (3, 80, 80)}
    network = network_of("test_convnext", pretrained_cfg_overlay=overlay, num_classes=7)
    folder = write(tmp_path / "model", network)
    model = load(find(str(folder)), options=FLOAT32)
    pictures = [draw(1).convert("RGB").resize(size) for size in ((300, 90), (70, 333), (1500, 100))]
    network.reset_classifier(0)
    assert cosines(rows_of(model, pictures), documented(network, pictures)).min() >= 0.9999
    for size in ((60_000, 1), (1, 60_000), (1, 1)):
        assert model.prepare(Image.new("RGB", size, "red")).shape == (3, 80, 80)
    assert words in model.provenance.preprocessing
    assert (model.spec.input_size, model.spec.dim, model.spec.text) == (80, 64, False)


# Where a model comes from


def test_a_name_without_tag_is_that_of_the_first_tag() -> None:
    assert timm_backend.repository_of("resnet18") == "timm/resnet18.a1_in1k"
    model = load(find("timm:resnet18"), options=FLOAT32)
    assert model.spec.repository == "timm/resnet18.a1_in1k"
    assert model.provenance.revision


@pytest.mark.parametrize("name", ["fastvit_mci2.apple_mclip", "cspnext_s.rsb_a1_in1k", DINOV2])
def test_the_repository_is_the_one_that_timm_names(name: str) -> None:
    config = get_pretrained_cfg(name)
    assert config is not None
    assert timm_backend.repository_of(name) == config.hf_hub_id


def test_a_folder_is_built_with_the_arguments_its_config_holds(tmp_path: Path, pictures: list[Image.Image]) -> None:
    network = network_of("test_vit", num_classes=3, img_size=96, global_pool="avg")
    folder = write(tmp_path / "model", network)
    config = json.loads((folder / "config.json").read_text())
    config["model_args"] = {"img_size": 96, "global_pool": "avg"}
    config["pretrained_cfg"]["input_size"] = [3, 96, 96]
    (folder / "config.json").write_text(json.dumps(config))
    model = load(find(str(folder)), options=FLOAT32)
    network.pretrained_cfg["input_size"] = (3, 96, 96)
    network.reset_classifier(0)
    theirs = documented(network, pictures)
    assert cosines(rows_of(model, pictures), theirs).min() >= 0.9999
    assert "pooled features (avg)" in model.provenance.preprocessing
    assert model.spec.input_size == 96
    assert model.provenance.revision == ""


def test_an_older_config_that_is_flat_is_read(tmp_path: Path, pictures: list[Image.Image]) -> None:
    network = network_of("test_resnet", num_classes=5)
    folder = write(tmp_path / "model", network)
    config = json.loads((folder / "config.json").read_text())
    flat = {"num_classes": 5, "architecture": config["architecture"]} | config["pretrained_cfg"]
    (folder / "config.json").write_text(json.dumps(flat))
    network.reset_classifier(0)
    model = load(find(str(folder)), options=FLOAT32)
    assert cosines(rows_of(model, pictures), documented(network, pictures)).min() >= 0.9999


def test_provenance_names_the_file_and_what_is_done_to_pictures(model: Model) -> None:
    about = model.provenance
    assert len(about.revision) == 40
    assert list(about.sha256) == [WEIGHTS]
    assert "\n" not in about.preprocessing
    for word in ("timm eval transform of test_vit.r160_in1k", "centre 160 x 160", "pooled features (token)"):
        assert word in about.preprocessing
    assert {"python", "torch", "timm", "pillow"} <= about.tools.keys()
    assert model.spec.input_size == 160


def test_dinov2_keeps_the_size_that_timm_gives_it_and_says_so() -> None:
    config = get_pretrained_cfg(DINOV2)
    assert config is not None
    source = timm_backend._Source(Path(), "model", DINOV2, config)
    data = timm.data.resolve_data_config(pretrained_cfg=config.to_dict())
    words = timm_backend._in_words(source, timm.create_model("test_vit"), data)
    assert "centre 518 x 518" in words


# What is refused


def test_a_timm_model_reads_no_text(model: Model) -> None:
    with pytest.raises(ModelError, match="reads no text"):
        model.encode_texts(["a cat"])
    assert (model.longest_text, model.count_tokens("a cat")) == (0, 0)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("resnet_18", "timm has no model 'resnet_18'", "timm:resnet18"),
        ("resnet18.a9_in1k", "timm has no 'a9_in1k' of resnet18", "timm:resnet18.a1_in1k"),
        ("vit_tiny_patch16_224_in21k", "timm has no model", "timm:vit_tiny_patch16_224.augreg_in21k"),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest(name: str, message: str, hint: str) -> None:
    for step in (fetch, load):
        with pytest.raises(UsageError, match=message) as caught:
            step(find(f"timm:{name}"))
        assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("naflexvit_base_patch16_gap", "NaFlex"),
        ("coatnet_0_224", "timm publishes no weights of coatnet_0_224"),
        ("selecsls42b.in1k", "is not on this machine"),
    ],
)
def test_what_cannot_be_had_is_refused_offline(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        fetch(find(f"timm:{name}"))
    assert caught.value.hint


def test_weights_that_are_a_pickle_are_refused_with_others() -> None:
    elsewhere = [name for name in timm.list_pretrained() if not getattr(get_pretrained_cfg(name), "hf_hub_id", None)]
    assert elsewhere
    with pytest.raises(ModelError, match="published as a pickle only") as caught:
        load(find(f"timm:{elsewhere[0]}"))
    assert "timm:" in caught.value.hint


def test_every_name_of_timm_has_a_repository_or_a_reason() -> None:
    refused = 0
    for name in timm.list_pretrained():
        try:
            organisation, repository = timm_backend._place(name, timm_backend._published(name))[0].split("/")
            assert organisation and repository
        except ModelError as error:
            refused += 1
            assert error.hint
    assert 0 < refused < 100


def test_a_network_that_gives_no_vector_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "model", network_of("test_convnext", num_classes=2))
    monkeypatch.setattr("timm.models.convnext.ConvNeXt.forward", lambda self, pixels: self.forward_features(pixels))
    with pytest.raises(ModelError, match="gives no vectors of pictures"):
        load(find(str(folder)))


def test_a_changed_or_truncated_file_is_refused(own_cache: Path) -> None:
    check_harmed_weights_are_refused(own_cache, SMALL)


@pytest.mark.parametrize("change", ["absent", "renamed", "shape"])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, change: str) -> None:
    folder = write(tmp_path / "model", network_of("test_vit", num_classes=4))
    tensors = load_file(folder / WEIGHTS)
    taken = tensors.pop("blocks.0.mlp.fc1.weight")
    if change != "absent":
        name = "blocks.0.other" if change == "renamed" else "blocks.0.mlp.fc1.weight"
        tensors[name] = taken if change == "renamed" else taken[:, 1:].contiguous()
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(ModelError, match="weights and architecture do not fit each other"):
        load(find(str(folder)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"architecture": "test_vit", "pretrained_cfg": 3}', "is not a config of timm"),
        ('{"architecture": "no_such_net"}', "has no architecture 'no_such_net'"),
        ('{"architecture": "naflexvit_base_patch16_gap"}', "NaFlex"),
        ('{"architecture": "test_vit", "pretrained_cfg": {"input_size": [1, 28, 28]}}', "RGB"),
        ('{"architecture": "test_vit"}', "holds no weights"),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match=message) as caught:
        load(find(str(tmp_path)))
    assert caught.value.hint


def test_a_folder_with_a_pickle_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", network_of("test_vit"))
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pickles only \(pytorch_model.bin\)"):
        load(find(str(folder)))
