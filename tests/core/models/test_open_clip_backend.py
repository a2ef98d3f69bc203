"""Models of open_clip: held against the library's own documented use on the same weights, and what is refused."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import numpy as np
import open_clip
import pytest
import timm
import torch
from PIL import Image

from core.arrays import Rows
from core.errors import ModelError, UsageError
from core.models import converted, hub_cache, named_weights, open_clip_backend, runtime
from core.models.backend import Model, fetch, load
from core.models.catalogue import KNOWN, find
from core.models.openvino_model import OpenVinoModel
from core.models.options import LoadOptions
from core.models.runtime import TrialPictures
from tests.core.models import open_clip_models
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
)
from tests.core.models.open_clip_models import LAION, OPENAI, SMALL_VIT, TINY_VIT, WEIGHTS, write
from tests.filled_projects import draw

TEXTS = ["a black cat", "TWO dogs, on 1 leash!", "Ein Bild; über zwei Zeilen", "x"]
LONG = "word " * 200
# Our key, the library's architecture and tag, and what its documented use must be told for weights of this kind.
NAMED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "mobileclip2-s2": ("MobileCLIP2-S2", "dfndr2b", {}),
    "mobileclip2-l14": ("MobileCLIP2-L-14", "dfndr2b", {}),
    "open_clip:ViT-B-32/laion2b_s34b_b79k": ("ViT-B-32", "laion2b_s34b_b79k", {}),
    "open_clip:ViT-B-32/openai": ("ViT-B-32", "openai", {"force_quick_gelu": True}),
}
SMALL = "open_clip:ViT-B-32/laion2b_s34b_b79k"
CONVERTED = (SMALL, "open_clip:ViT-B-32/openai")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("open-clip")
    with open_clip_models.registered(folder / "configs"):
        open_clip_models.fill(folder / "cache", folder / "work")
        yield folder / "cache"


@pytest.fixture(autouse=True)
def environment(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return Loaded()


@pytest.fixture
def model(request: pytest.FixtureRequest, loaded: Loaded) -> Model:
    return loaded(getattr(request, "param", SMALL))


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return pictures_of_any_shape(5)


@pytest.fixture(scope="module")
def both_converted(
    cache: Path, loaded: Loaded, pictures: list[Image.Image], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A home with both models of ``CONVERTED``, converted once. Shared: copy it."""
    folder = tmp_path_factory.mktemp("converted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(folder))
        patch.setenv("HF_HUB_CACHE", str(cache))
        patch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        for key in CONVERTED:
            check_openvino_gives_the_same_rows(key, loaded(key), pictures)
    return folder


@pytest.fixture
def warm(both_converted: Path, home: Path) -> None:
    """The user's home is such a one."""
    shutil.copytree(both_converted, home, dirs_exist_ok=True)


@pytest.fixture
def own_cache(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that may be harmed, with the small model: its snapshot's weights."""
    return own_copy(cache, LAION, tmp_path, monkeypatch) / WEIGHTS


def documented(name: str, pictures: list[Image.Image], **arguments: Any) -> tuple[Rows, Rows]:
    """Rows of pictures and of ``TEXTS`` as open_clip's README computes them."""
    network, _, preprocess = open_clip.create_model_and_transforms(name, **arguments)
    network.eval()
    tokenizer = open_clip.get_tokenizer(name)
    with torch.no_grad():
        image_features = network.encode_image(torch.stack([preprocess(picture) for picture in pictures]))
        text_features = network.encode_text(tokenizer(TEXTS))
        image_features /= image_features.norm(dim=-1, keepdim=True)
        text_features /= text_features.norm(dim=-1, keepdim=True)
    return image_features.numpy(), text_features.numpy()


# Rows


@pytest.mark.parametrize("key", ["mobileclip2-s2", "mobileclip2-l14", *CONVERTED])
def test_openvino_gives_the_same_rows(key: str, warm: None, loaded: Loaded, pictures: list[Image.Image]) -> None:
    theirs = loaded(key)
    ours = check_openvino_gives_the_same_rows(key, theirs, pictures)
    check_texts_are_read_alike(ours, theirs)


def test_texts_with_tokens_of_the_tokenizers_own_are_left_to_open_clip(
    loaded: Loaded, pictures: list[Image.Image]
) -> None:
    theirs = loaded(SMALL)
    ours = check_openvino_gives_the_same_rows(SMALL, theirs, pictures)
    for text in ("dogs...<end_of_text>cats", "a <end_of_text> b"):
        assert cosines(ours.encode_texts([text]), theirs.encode_texts([text])).min() >= 0.9999
        assert ours.count_tokens(text) == theirs.count_tokens(text)
        assert ours.unknown_words(text) == theirs.unknown_words(text)


def check_texts_are_read_alike(ours: Model, theirs: Model) -> None:
    """By OpenVINO as by open_clip, which is not loaded for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_clip_backend, "load", None)
        given = [*TEXTS, LONG, "", "☂ &amp; it's", "\x00"]
        assert cosines(ours.encode_texts(given[:3]), theirs.encode_texts(given[:3])).min() >= 0.9999
        assert cosines(ours.encode_texts(given), theirs.encode_texts(given)).min() >= 0.9999
        for text in given:
            assert ours.count_tokens(text) == theirs.count_tokens(text)
            assert ours.unknown_words(text) == theirs.unknown_words(text)


@pytest.mark.parametrize("model", NAMED, indirect=True)
def test_rows_are_those_of_the_documented_use(model: Model, cache: Path, pictures: list[Image.Image]) -> None:
    arch, tag, arguments = NAMED[model.spec.key]
    pictures = pictures[-3:]
    theirs, their_texts = documented(arch, pictures, pretrained=tag, cache_dir=str(cache), **arguments)
    ours, our_texts = rows_of(model, pictures), model.encode_texts(TEXTS)
    assert ours.shape == (len(pictures), model.spec.dim)
    assert our_texts.shape == (len(TEXTS), model.spec.dim)
    assert ours.dtype == our_texts.dtype == np.float32
    assert cosines(ours, theirs).min() >= 0.9999
    assert cosines(our_texts, their_texts).min() >= 0.9999
    assert cosines(ours[:-1], ours[1:]).max() < 0.99
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("model", [SMALL, "mobileclip2-l14"], indirect=True)
def test_bfloat16_gives_nearly_the_same(model: Model, pictures: list[Image.Image]) -> None:
    half = load(model.spec, options=LoadOptions(precision="bfloat16"))
    assert "bfloat16" in half.runs_on
    assert cosines(rows_of(half, pictures), rows_of(model, pictures)).min() >= 0.999
    assert cosines(half.encode_texts(TEXTS), model.encode_texts(TEXTS)).min() >= 0.999
    assert rows_of(half, pictures).dtype == np.float32


@pytest.mark.parametrize("model", [SMALL, "mobileclip2-s2"], indirect=True)
def test_a_batch_of_n_equals_n_batches_of_one(model: Model, pictures: list[Image.Image]) -> None:
    pictures = pictures[-2:]
    check_batch_equals_batches_of_one(model, pictures)
    texts = np.concatenate([model.encode_texts([text]) for text in TEXTS])
    assert cosines(model.encode_texts(TEXTS), texts).min() >= 0.9999


def test_pictures_may_be_prepared_by_several_threads(model: Model, pictures: list[Image.Image]) -> None:
    many = pictures * 6
    with ThreadPoolExecutor(8) as pool:
        prepared = list(pool.map(model.prepare, many))
    assert all(torch.equal(one, model.prepare(picture)) for one, picture in zip(prepared, many, strict=True))


@pytest.mark.parametrize("model", ["mobileclip2-s2"], indirect=True)
def test_branches_for_training_are_merged_and_computed_as_before(model: Model, pictures: list[Image.Image]) -> None:
    visual = model.network.visual
    unmerged = open_clip_models.network_of(open_clip.get_model_config("MobileCLIP2-S2")).visual
    assert len(list(visual.modules())) < len(list(unmerged.modules()))
    weights = [part.weight for part in visual.modules() if isinstance(part, torch.nn.Conv2d)]
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)
    open_clip_models.settled(unmerged)
    merged = timm.utils.reparameterize_model(unmerged)
    with torch.inference_mode():
        pixels = torch.stack([model.prepare(picture) for picture in pictures[:2]])
        assert torch.nn.functional.cosine_similarity(merged(pixels), unmerged(pixels)).min() >= 0.9999


def test_the_activation_is_the_tags_and_not_the_architectures(
    cache: Path, model: Model, pictures: list[Image.Image]
) -> None:
    openai = load(find("open_clip:ViT-B-32/openai"), options=FLOAT32)
    quick, _ = documented("ViT-B-32", pictures, pretrained="openai", cache_dir=str(cache), force_quick_gelu=True)
    with pytest.warns(UserWarning, match="QuickGELU mismatch"):
        other, _ = documented("ViT-B-32", pictures, pretrained="openai", cache_dir=str(cache))
    ours = rows_of(openai, pictures)
    np.testing.assert_allclose(ours, quick, atol=1e-5)
    assert np.abs(ours - other).max() > 1e-3
    assert "QuickGELU" in openai.provenance.preprocessing
    assert "QuickGELU" not in model.provenance.preprocessing


def test_greyscale_equals_greying_the_file_beforehand(model: Model, tmp_path: Path) -> None:
    check_greyscale_equals_greying_the_file(model, tmp_path)


@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
def test_of_pictures_of_any_shape_each_way_to_fit_them_makes_a_square(tmp_path: Path, mode: str) -> None:
    preprocessing = {"resize_mode": mode, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "interpolation": "bilinear"}
    folder = write(tmp_path / "model", TINY_VIT, preprocessing=preprocessing)
    model = load(find(str(folder)), options=FLOAT32)
    pictures = [draw(1).convert("RGB").resize(size) for size in ((300, 90), (70, 333), (1500, 100))]
    theirs, _ = documented(f"local-dir:{folder}", pictures)
    assert cosines(rows_of(model, pictures), theirs).min() >= 0.9999
    for size in ((60_000, 1), (1, 60_000), (1, 1)):
        assert model.prepare(Image.new("RGB", size, "red")).shape == (3, 64, 64)
    words = {"shortest": "shorter side to 64 bilinear", "longest": "longer side to 64", "squash": "squashed to 64 x 64"}
    assert words[mode] in model.provenance.preprocessing


# Texts


def test_a_long_text_is_cut_and_its_tokens_are_counted(model: Model) -> None:
    assert model.longest_text == 77
    assert model.count_tokens("a black cat") == 5
    assert model.count_tokens(LONG) == 202
    cat, dog = model.encode_texts([LONG + "cat", LONG + "dog"])
    np.testing.assert_allclose(cat, dog, atol=1e-6)
    assert model.encode_texts([]).shape == (0, model.spec.dim)
    assert model.encode_texts([""]).shape == (1, model.spec.dim)


def test_a_tokenizer_of_transformers_lies_with_the_weights(tmp_path: Path, pictures: list[Image.Image]) -> None:
    config = copy.deepcopy(TINY_VIT)
    config["text_cfg"] |= {"hf_tokenizer_name": "no/such", "tokenizer_kwargs": {"clean": "canonicalize"}}
    folder = write(tmp_path / "model", config)
    with pytest.raises(ModelError, match="has no tokenizer, and no/such, which it comes from"):
        load(find(str(folder)))
    open_clip_models.bert_tokenizer(folder)
    model = load(find(str(folder)), options=FLOAT32)
    theirs, their_texts = documented(f"local-dir:{folder}", pictures)
    assert cosines(rows_of(model, pictures), theirs).min() >= 0.9999
    assert cosines(model.encode_texts(TEXTS), their_texts).min() >= 0.9999
    assert (model.longest_text, model.count_tokens("a cat"), model.count_tokens(LONG)) == (16, 4, 202)
    assert (model.unknown_words("!?"), model.unknown_words(" ")) == (("!?",), ())
    check_texts_are_read_alike(check_openvino_gives_the_same_rows(str(folder), model, pictures), model)


def test_a_config_cannot_ask_for_code_to_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = copy.deepcopy(TINY_VIT)
    config["text_cfg"] |= {"hf_tokenizer_name": "x/y", "tokenizer_kwargs": {"trust_remote_code": True}}
    folder = write(tmp_path / "model", config)
    (folder / "tokenizer.py").write_text("from pathlib import Path\nPath(__file__).with_name('ran').touch()\n")
    says = {"auto_map": {"AutoTokenizer": ["tokenizer.Mine", None]}, "tokenizer_class": "Mine"}
    (folder / "tokenizer_config.json").write_text(json.dumps(says))
    with pytest.raises(ModelError, match=r"the tokenizer in .* cannot be loaded"):
        load(find(str(folder)))
    assert not list(tmp_path.rglob("ran"))


def test_the_config_of_a_text_network_must_be_here(tmp_path: Path, own_cache: Path) -> None:
    from transformers import BertConfig

    config = copy.deepcopy(TINY_VIT)
    config["text_cfg"] = {
        "hf_model_name": "some/bert",
        "hf_tokenizer_name": "some/bert",
        "hf_pooler_type": "mean_pooler",
    }
    config["text_cfg"] |= {"context_length": 12}
    config["custom_text"] = True
    bert = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    bert.save_pretrained(tmp_path / "bert")
    here = copy.deepcopy(config)
    here["text_cfg"] |= {"hf_model_name": str(tmp_path / "bert"), "hf_model_pretrained": False}
    folder = write(tmp_path / "model", here)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    open_clip_models.bert_tokenizer(folder)
    with pytest.raises(ModelError, match=r"config\.json of the text network some/bert is not on this machine"):
        load(find(str(folder)))
    open_clip_models.store(hub_cache.cache_folder(), "some/bert", tmp_path / "bert")
    model = load(find(str(folder)), options=FLOAT32)
    assert model.encode_texts(TEXTS).shape == (4, 32)
    assert model.longest_text == 12


@pytest.mark.parametrize(
    "arguments", [{"tokenizer_kwargs": {"reduction_mask": "random"}}, {"tokenizer_mode": "clips"}, {"elsewhere": True}]
)
def test_texts_are_left_to_the_library_where_the_files_do_not_say_all_of_them(
    tmp_path: Path, own_cache: Path, arguments: dict[str, Any]
) -> None:
    config = copy.deepcopy(TINY_VIT)
    if "reduction_mask" not in arguments.get("tokenizer_kwargs", {}):
        config["text_cfg"] |= {"hf_tokenizer_name": "some/bert"}
    elsewhere = arguments.pop("elsewhere", False)
    config["text_cfg"] |= arguments
    folder = write(tmp_path / "model", config)
    open_clip_models.bert_tokenizer(tmp_path if elsewhere else folder)
    if elsewhere:
        (tmp_path / "tokenizer").mkdir()
        open_clip_models.bert_tokenizer(tmp_path / "tokenizer")
        open_clip_models.store(hub_cache.cache_folder(), "some/bert", tmp_path / "tokenizer")
    model = load(find(str(folder)), options=FLOAT32)
    assert isinstance(model, open_clip_backend.OpenClipModel)
    assert model.text_tower() is None


# What is said of a model


def test_dimensions_and_provenance_are_filled_in(model: Model) -> None:
    assert (model.spec.dim, model.spec.input_size, model.spec.text) == (48, 224, True)
    assert model.spec.repository == LAION
    about = model.provenance
    assert len(about.revision) == 40
    assert list(about.sha256) == [WEIGHTS]
    assert "\n" not in about.preprocessing
    for word in ("open_clip", "shorter side to 224 bicubic", "centre 224 x 224", "pooling tok", "77 tokens"):
        assert word in about.preprocessing
    assert {"python", "torch", "open_clip_torch", "timm", "pillow"} <= about.tools.keys()
    assert all(about.tools.values())


@pytest.mark.parametrize("model", ["mobileclip2-s2"], indirect=True)
def test_mobileclip_is_what_the_catalogue_says(model: Model) -> None:
    said = find("mobileclip2-s2")
    assert (model.spec.dim, model.spec.input_size) == (said.dim, said.input_size)
    assert "bilinear" in model.provenance.preprocessing
    assert "mean 0 0 0, std 1 1 1" in model.provenance.preprocessing


def test_the_catalogue_names_the_repositories_that_open_clip_does() -> None:
    specs = [spec for spec in KNOWN if spec.backend == "open_clip"]
    assert len(specs) == 2
    for spec in specs:
        assert open_clip_backend.repository_of(*spec.weights.split("/")) == spec.repository


def test_every_tag_of_open_clip_has_a_repository_or_a_reason() -> None:
    refused = 0
    for arch, tag in open_clip.list_pretrained():
        try:
            organisation, name = open_clip_backend.repository_of(arch, tag).split("/")
            assert organisation and name
        except ModelError as error:
            refused += 1
            assert "pickle" in error.message and error.hint
    assert 0 < refused < 40
    assert open_clip_backend.repository_of("ViT-B-32", "openai") == OPENAI


# Without open_clip

_QUESTION = """
import sys
from PIL import Image
from core.models.backend import fetch
from core.models.catalogue import find
from core.models.openvino_model import OpenVinoModel
from core.models.options import LoadOptions
from core.models.runtime import TrialPictures
from core.models.runtime import for_questions
spec = find(sys.argv[1])
fetch(spec)
model = for_questions(spec, LoadOptions(precision="float32"))
LIBRARIES = {"torch", "timm", "transformers", "torchvision", "open_clip", "openvino"}
texts = model.encode_texts(["a red wall"])
print(sorted(set(sys.modules) & LIBRARIES))
rows = texts, model.encode_pictures([model.prepare(Image.new("RGB", (300, 200), "red"))])
print(sorted(set(sys.modules) & LIBRARIES))
print([round(float(value), 4) for both in rows for value in both[0, :4]])
"""


def test_a_converted_model_is_found_without_open_clip(warm: None, loaded: Loaded) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", _QUESTION, SMALL], capture_output=True, text=True, env=environment, check=True
    )
    for_texts, for_pictures, numbers = done.stdout.splitlines()
    assert (for_texts, for_pictures) == ("[]", "['openvino']")
    theirs = loaded(SMALL)
    red = Image.new("RGB", (300, 200), "red")
    rows = theirs.encode_texts(["a red wall"]), rows_of(theirs, [red])
    np.testing.assert_allclose(json.loads(numbers), [value for both in rows for value in both[0, :4]], atol=2e-3)


def test_a_memory_that_names_another_repository_gives_no_rows_of_it(
    warm: None, pictures: list[Image.Image], loaded: Loaded
) -> None:
    """LAION's name with OPENAI's place: neither what was converted of one nor what is converted now is mixed up."""
    named_weights.remember(find(SMALL), named_weights.Place(OPENAI, "open_clip_model"))
    shutil.rmtree(converted.model_folder(SMALL))
    shutil.copytree(converted.model_folder("open_clip:ViT-B-32/openai"), converted.model_folder(SMALL))
    assert runtime.ready(find(SMALL), FLOAT32) is None
    said: list[str] = []
    some = TrialPictures(runtime.WORTH_CONVERTING, lambda number: pictures[:number])
    model = runtime.load(find(SMALL), said.append, FLOAT32, some)
    assert [line for line in said if "its files are not those that were looked at" in line]
    assert cosines(rows_of(model, pictures), rows_of(loaded(SMALL), pictures)).min() >= 0.9999
    assert named_weights.remembered(find(SMALL)) == named_weights.Place(LAION, "open_clip_model")
    check_openvino_gives_the_same_rows(SMALL, loaded(SMALL), pictures)


def test_without_memory_a_converted_model_is_left_to_open_clip_which_says_where_it_is_again(
    warm: None, home: Path
) -> None:
    (home / "cache" / "named-weights.toml").unlink()
    said: list[str] = []
    assert runtime.ready(find(SMALL), FLOAT32, said.append) is None
    assert said == [f"{SMALL} is computed by torch: it is not known which files it is made of"]
    fetch(find(SMALL))
    however_fast = replace(FLOAT32, runtime="openvino")
    assert type(runtime.ready(find(SMALL), however_fast)) is OpenVinoModel


# What is refused


def test_a_wrong_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no weights for an architecture 'vit-b32'") as caught:
        load(find("open_clip:vit-b32/openai"))
    assert "open_clip:ViT-B-32/TAG" in caught.value.hint
    with pytest.raises(UsageError, match="open_clip has no 'laion2b' of ViT-B-32") as caught:
        fetch(find("open_clip:ViT-B-32/laion2b"))
    assert f"{SMALL}" in caught.value.hint


def test_a_tag_of_a_pickle_is_refused_with_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"pickle only \(jienengchen/ViTamin-S/pytorch_model.bin\)") as caught:
        fetch(find("open_clip:ViTamin-S/datacomp1b"))
    assert "open_clip:" in caught.value.hint
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED["ViT-B-32"], "old", {"url": "https://example.org/a.pt"})
    with pytest.raises(ModelError, match=r"pickle only \(https://example.org/a.pt\)") as caught:
        load(find("open_clip:ViT-B-32/old"))
    assert caught.value.hint.startswith("other weights of ViT-B-32: open_clip:ViT-B-32/openai, ")


def test_weights_that_are_not_here_are_refused_offline() -> None:
    spec = find("open_clip:RN50/openai")
    for step in (fetch, load):
        with pytest.raises(ModelError, match=r"timm/resnet50_clip.openai is not on this machine") as caught:
            step(spec)
        assert "pictoscope models fetch open_clip:RN50/openai" in caught.value.hint


def test_weights_of_another_library_do_not_pass_for_open_clips(own_cache: Path) -> None:
    own_cache.unlink()
    with pytest.raises(ModelError, match=f"{LAION} is only partly"):
        load(find(SMALL))


def test_a_changed_or_truncated_file_is_refused(own_cache: Path) -> None:
    check_harmed_weights_are_refused(own_cache, SMALL)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", TINY_VIT)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": SMALL_VIT}))
    with pytest.raises(ModelError, match="weights and config do not fit each other"):
        load(find(str(folder)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not a config of open_clip"),
        ("[]", "is not a config of open_clip"),
        ('{"model_cfg": {"embed_dim": 3}}', r"is not a config of open_clip \('text_cfg'\)"),
        ('{"model_cfg": {"embed_dim": 3, "text_cfg": {}, "vision_cfg": []}}', "are tables"),
        ('{"model_cfg": {"text_cfg": {}, "vision_cfg": {}}}', "holds no weights"),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "open_clip_config.json").write_text(content)
    with pytest.raises(ModelError, match=message) as caught:
        load(find(str(tmp_path)))
    assert WEIGHTS in caught.value.hint


@pytest.mark.parametrize("pickle", ["open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth", "weights.pt"])
def test_a_folder_with_a_pickle_is_refused(tmp_path: Path, pickle: str) -> None:
    folder = write(tmp_path / "model", TINY_VIT)
    (folder / WEIGHTS).rename(folder / pickle)
    if pickle.startswith("open_clip"):  # that of another library, which open_clip would take only after the pickle
        shutil.copyfile(folder / pickle, folder / "model.safetensors")
    with pytest.raises(ModelError, match=f"pickles only \\({pickle}\\)"):
        load(find(str(folder)))
