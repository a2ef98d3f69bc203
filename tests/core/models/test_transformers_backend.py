"""Models of transformers: their own architectures and processors, seeded random weights, found where the hub puts them.

Vectors are held against what the library's documentation does with the same files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from transformers import AutoImageProcessor, AutoModel, AutoProcessor

from core.arrays import normalise
from core.errors import ModelError
from core.images.read import read_picture, without_colour
from core.models import backend, consent, hub_cache
from core.models.catalogue import ModelSpec, find
from core.models.options import LoadOptions
from core.models.transformers_backend import TransformersModel
from core.vectors.encoder import EncodingSpec, LocalEncoder
from core.vectors.vec_type import VecType
from tests.core.models import cache_layout
from tests.core.models.backend_checks import check_batch_equals_batches_of_one, rows_of
from tests.core.models.cache_layout import BUILDERS, TEXTS, change
from tests.filled_projects import draw

pytestmark = pytest.mark.usefixtures("filled_cache")

KEYS = list(BUILDERS)
CATALOGUE = [key for key in KEYS if ":" not in key]
READERS = ["clip", "siglip-base", "siglip"]
Loader = Callable[..., TransformersModel]


@pytest.fixture(scope="session")
def loaded() -> Iterator[dict[tuple[str, LoadOptions], TransformersModel]]:
    models: dict[tuple[str, LoadOptions], TransformersModel] = {}
    yield models
    models.clear()


@pytest.fixture
def model_of(loaded: dict[tuple[str, LoadOptions], TransformersModel]) -> Loader:
    """Loads a model as a user does, once in a session."""

    def model(key: str, precision: str = "float32") -> TransformersModel:
        options = LoadOptions(precision=precision)
        if (key, options) not in loaded:
            loaded[key, options] = backend.load(find(key), options=options)  # type: ignore[assignment]
        return loaded[key, options]

    return model


def pictures() -> list[Image.Image]:
    return [draw(3).resize((300, 300)), draw(1).resize((400, 90)), draw(2).resize((60, 300))]


def cosines(one: Any, other: Any) -> np.ndarray:
    return (normalise(np.asarray(one)) * normalise(np.asarray(other))).sum(axis=1)


# As documented


@cache
def by_the_library(folder: Path) -> Any:
    return AutoModel.from_pretrained(folder).eval()


def documented_picture(key: str, picture: Image.Image) -> torch.Tensor:
    """What the model's card does with one picture, by the library alone."""
    folder = hub_cache.cached(find(key).repository)
    network = by_the_library(folder)
    with torch.inference_mode():
        if key in READERS:
            inputs = AutoProcessor.from_pretrained(folder)(text=["x"], images=picture, return_tensors="pt")
            return network(**inputs).image_embeds[0]
        output = network(**AutoImageProcessor.from_pretrained(folder)(images=picture, return_tensors="pt"))
    if key in ("dinov2", "hf:some/vit"):
        return output.last_hidden_state[0, 0]
    if key == "hf:some/segformer":
        return output.last_hidden_state[0].mean((1, 2))
    return output.summary[0] if key == "hf:some/radio" else output.pooler_output[0].flatten()


def documented_texts(key: str, texts: list[str]) -> torch.Tensor:
    folder = hub_cache.cached(find(key).repository)
    network, processor = by_the_library(folder), AutoProcessor.from_pretrained(folder)
    if key == "clip":
        inputs = processor(text=texts, return_tensors="pt", padding=True, truncation=True)
    else:
        lowered = [text.lower() for text in texts]
        inputs = processor(text=lowered, return_tensors="pt", padding="max_length", max_length=64, truncation=True)
    with torch.inference_mode():
        return network.get_text_features(**inputs).pooler_output


@pytest.mark.parametrize("key", KEYS)
def test_pictures_are_embedded_as_documented(model_of: Loader, key: str) -> None:
    # Squares for the one whose processor leaves every picture another shape.
    chosen = [picture.resize((80, 80)) for picture in pictures()] if key == "hf:some/radio" else pictures()
    rows = rows_of(model_of(key), chosen)
    documented = torch.stack([documented_picture(key, picture) for picture in chosen])
    assert cosines(rows, documented).min() >= 0.9999
    assert (rows @ rows.T - np.eye(len(rows))).max() < 0.9995  # different pictures, different rows


@pytest.mark.parametrize("key", [key for key in CATALOGUE if key != "mobilenet"])
def test_rows_in_half_precision_are_nearly_the_same(model_of: Loader, key: str) -> None:
    half = model_of(key, "bfloat16")
    assert "bfloat16" in half.runs_on
    assert cosines(rows_of(half, pictures()[:1]), rows_of(model_of(key), pictures()[:1])).min() >= 0.999
    if half.spec.text:
        assert cosines(half.encode_texts(TEXTS), model_of(key).encode_texts(TEXTS)).min() >= 0.999


def test_mobilenet_rounds_as_the_library_does(model_of: Loader) -> None:
    """Through its fifty layers of random weights rounding adds up: nothing less than the library's own can be asked."""
    with torch.autocast("cpu", torch.bfloat16):
        documented = documented_picture("mobilenet", pictures()[0]).float()
    assert cosines(rows_of(model_of("mobilenet", "bfloat16"), pictures()[:1]), documented[None]).min() >= 0.9999


@pytest.mark.parametrize("key", READERS)
def test_texts_are_embedded_as_documented(model_of: Loader, key: str) -> None:
    rows = model_of(key).encode_texts(TEXTS)
    assert cosines(rows, documented_texts(key, TEXTS)).min() >= 0.9999
    assert (rows @ rows.T - np.eye(len(rows))).max() < 0.99


@pytest.mark.parametrize("key", KEYS)
def test_what_a_model_says_of_itself_is_so(model_of: Loader, filled_cache: Path, key: str) -> None:
    model, spec = model_of(key), find(key)
    rows = rows_of(model, pictures()[:2])
    assert (rows.shape, rows.dtype) == ((2, model.spec.dim), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    if not key.startswith("hf:"):
        assert (model.spec.dim, model.spec.text) == (spec.dim, spec.text)
        assert model.spec.input_size == (256 if key == "siglip" else spec.input_size)
    assert model.longest_text == (0 if not model.spec.text else 77 if key == "clip" else 64)
    about = model.provenance
    assert about.revision == (filled_cache / f"models--{spec.repository.replace('/', '--')}/refs/main").read_text()
    assert {len(digest) for digest in about.sha256.values()} == {64}
    assert {"python", "torch", "transformers", "torchvision", "pillow"} <= about.tools.keys()


POOLINGS = {
    "mobilenet": "MobileNetV2ImageProcessor: shorter side to 256 bilinear, centre 224 x 224, mean 0.5, std 0.5; "
    "mean of the last feature map",
    "siglip": "Siglip2ImageProcessor: at most 256 patches of 16 pixels, aspect ratio kept bilinear, mean 0.5, std 0.5; "
    "get_image_features",
    "dinov2": "BitImageProcessor: shorter side to 256 bicubic, centre 224 x 224, mean (0.485, 0.456, 0.406), "
    "std (0.229, 0.224, 0.225); CLS token after the final norm",
    "dinov3": "DINOv3ViTImageProcessor: 224 x 224 bilinear, mean (0.485, 0.456, 0.406), std (0.229, 0.224, 0.225); "
    "CLS token after the final norm",
    "hf:some/vit": "ViTImageProcessor: 64 x 64 bilinear, mean 0.5, std 0.5; CLS token after the final norm",
    "hf:some/swin": "ViTImageProcessor: 64 x 64 bilinear, mean 0.5, std 0.5; mean of the tokens",
    "hf:some/beit": "BeitImageProcessor: 64 x 64 bilinear, mean 0.5, std 0.5; pooler output",
    "hf:some/radio": "CLIPImageProcessor: shorter side to 64 bicubic, centre 64 x 64; summary tokens",
}


@pytest.mark.parametrize("key", POOLINGS)
def test_the_manifest_tells_what_is_done_to_a_picture(model_of: Loader, key: str) -> None:
    assert model_of(key).provenance.preprocessing == POOLINGS[key]


# Rows do not depend on how they come about


@pytest.mark.parametrize("key", KEYS)
def test_a_batch_of_n_equals_n_batches_of_one(model_of: Loader, key: str) -> None:
    model = model_of(key)
    check_batch_equals_batches_of_one(model, pictures()[1:])
    if model.spec.text:
        texts = np.concatenate([model.encode_texts([text]) for text in TEXTS])
        assert cosines(model.encode_texts(TEXTS), texts).min() >= 0.9999


@pytest.mark.parametrize("key", CATALOGUE)
def test_greyscale_equals_greying_the_file_beforehand(model_of: Loader, tmp_path: Path, key: str) -> None:
    model = model_of(key)
    draw(7).save(tmp_path / "colour.png")
    read_picture(tmp_path / "colour.png").convert("L").save(tmp_path / "grey.png")
    grey = rows_of(model, [without_colour(read_picture(tmp_path / "colour.png"))])
    assert cosines(grey, rows_of(model, [read_picture(tmp_path / "grey.png")])).min() >= 0.9999
    assert cosines(grey, rows_of(model, [read_picture(tmp_path / "colour.png")])).min() < 0.9999


@pytest.mark.parametrize("key", ["clip", "siglip", "dinov3"])
def test_several_threads_may_prepare_at_once(model_of: Loader, key: str) -> None:
    model = model_of(key)
    many = [draw(number).resize((50 + 9 * number, 140 - 5 * number)) for number in range(20)]
    one_by_one = [model.prepare(picture) for picture in many]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(model.prepare, many))
    for one, other in zip(one_by_one, at_once, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_several_threads_may_read_texts_at_once(model_of: Loader) -> None:
    model = model_of("clip")
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: model.encode_texts([text])[0], TEXTS * 5))
        counts = list(pool.map(model.count_tokens, TEXTS * 5))
    assert cosines(np.stack(rows[:4]), model.encode_texts(TEXTS)).min() >= 0.9999
    assert counts == [model.count_tokens(text) for text in TEXTS] * 5


@pytest.mark.parametrize("key", KEYS)
def test_odd_shapes_take_no_more_memory_than_others(model_of: Loader, key: str) -> None:
    model = model_of(key)
    sizes = [(1, 60_000), (60_000, 1), (1, 1), (3, 3), (7, 3)]
    odd, usual = [model.prepare(Image.new("RGB", size, "red")) for size in sizes], model.prepare(draw(0))
    for prepared in odd:
        assert {name: tuple(value.shape) for name, value in prepared.items()} == {
            name: tuple(value.shape) for name, value in usual.items()
        }
    assert np.isfinite(model.encode_pictures(odd)).all()


# SigLIP


@pytest.mark.parametrize(("size", "shape"), [((1, 1000), (256, 1)), ((3000, 7), (1, 256)), ((500, 500), (16, 16))])
def test_naflex_keeps_the_aspect_ratio_and_masks_the_rest(
    model_of: Loader, size: tuple[int, int], shape: tuple[int, int]
) -> None:
    model = model_of("siglip")
    picture = draw(6).resize(size)
    prepared = model.prepare(picture)
    assert prepared["pixel_values"].shape == (256, 768)
    assert tuple(prepared["spatial_shapes"].tolist()) == shape
    assert int(prepared["pixel_attention_mask"].sum()) == shape[0] * shape[1]
    assert cosines(rows_of(model, [picture]), documented_picture("siglip", picture)[None]).min() >= 0.9999


def test_naflex_does_not_look_at_what_is_masked(model_of: Loader) -> None:
    model = model_of("siglip")
    prepared = model.prepare(draw(1).resize((700, 330)))
    masked = prepared["pixel_attention_mask"] == 0
    assert 0 < int(masked.sum()) < 128
    changed = prepared | {"pixel_values": torch.where(masked[:, None], 3.0, prepared["pixel_values"])}
    assert cosines(model.encode_pictures([changed]), model.encode_pictures([prepared])).min() >= 0.99999


@pytest.mark.parametrize("key", ["siglip-base", "siglip"])
def test_siglip_texts_are_padded_and_lower_cased(model_of: Loader, key: str) -> None:
    model = model_of(key)
    tokenizer, network = model._tokenizer, model.network
    with torch.inference_mode():
        bare = network.get_text_features(**tokenizer(["a black cat"], return_tensors="pt")).pooler_output
    assert cosines(model.encode_texts(["a black cat"]), bare).max() < 0.99
    np.testing.assert_allclose(*model.encode_texts(["a Black CAT", "a black cat"]), atol=1e-6)


@pytest.mark.parametrize(("key", "cat", "long"), [("clip", 3, 302), ("siglip-base", 4, 1201), ("siglip", 4, 1201)])
def test_tokens_are_counted_beyond_what_is_read(model_of: Loader, key: str, cat: int, long: int) -> None:
    model = model_of(key)
    assert (model.count_tokens("cat"), model.count_tokens("cat " * 300)) == (cat, long)
    np.testing.assert_allclose(*model.encode_texts(["cat " * 300 + "dogs", "cat " * 300 + "fish"]), atol=1e-6)
    assert model.encode_texts([]).shape == (0, model.spec.dim)


def test_a_picture_model_reads_no_text(model_of: Loader) -> None:
    with pytest.raises(ModelError, match="dinov2 reads no text"):
        model_of("dinov2").encode_texts(["a cat"])
    assert model_of("dinov2").count_tokens("a cat") == 0


# Folders, foreign code


def test_a_folder_is_as_good_as_a_repository(model_of: Loader, own_folder_of: Callable[[str], Path]) -> None:
    model = backend.load(find(str(own_folder_of("clip"))), options=LoadOptions(precision="float32"))
    np.testing.assert_allclose(rows_of(model, pictures()), rows_of(model_of("clip"), pictures()), atol=1e-6)
    assert model.provenance.revision == ""
    assert model.provenance.sha256 == model_of("clip").provenance.sha256
    assert model.spec.text


def test_nothing_of_a_cached_model_is_fetched(caplog: pytest.LogCaptureFixture) -> None:
    lines: list[str] = []
    backend.fetch(find("clip"), lines.append)
    backend.fetch(dataclasses.replace(find("clip"), repository="", weights="/tmp"))
    assert lines == []


@pytest.fixture
def c_radio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSpec:
    """The catalogue's model that runs code out of its repository, which leaves a mark where it ran."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(transformers.dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    files = cache_layout.own_code(tmp_path / "files")
    (files / "hf_model.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w').close()\n" + (files / "hf_model.py").read_text()
    )
    cache_layout.store(tmp_path / "hub", "nvidia/C-RADIOv4-H", files)
    return find("c-radio")


def test_foreign_code_runs_with_consent_only(c_radio: ModelSpec, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="c-radio runs Python code from its repository") as caught:
        backend.load(c_radio)
    assert consent.FLAG in caught.value.hint
    assert not (tmp_path / "ran").exists()
    model = backend.load(c_radio, options=LoadOptions(allow_remote_code=True, precision="float32"))
    assert (tmp_path / "ran").exists()
    assert rows_of(model, pictures()).shape == (3, 24)
    assert model.provenance.preprocessing.endswith("; summary tokens")


def test_consent_is_kept_by_the_user_for_one_revision_and_hash_of_the_code(c_radio: ModelSpec, tmp_path: Path) -> None:
    options = LoadOptions(allow_remote_code=True, precision="float32")
    backend.load(c_radio, options=options)
    (tmp_path / "ran").unlink()
    assert backend.load(c_radio).provenance.revision  # consent was given once, by whatever project
    folder = hub_cache.cached_folder(c_radio.repository)
    assert folder is not None
    code = (folder / "hf_model.py").resolve()
    code.write_text(code.read_text() + f"open({str(tmp_path / 'changed')!r}, 'w').close()\n")
    with pytest.raises(ModelError, match="which is not the code that you consented to"):
        backend.load(c_radio)
    assert not (tmp_path / "changed").exists()
    code.write_text(code.read_text().rpartition("open(")[0])
    consent.check(c_radio, folder)
    other = folder.with_name("0" * 40)
    folder.rename(other)
    with pytest.raises(ModelError, match="which is not the code"):
        consent.check(c_radio, other)


def test_a_question_runs_no_code_that_only_a_project_consents_to(c_radio: ModelSpec, tmp_path: Path) -> None:
    """Whatever its manifest says: consent is looked for in the user's configuration alone."""
    with pytest.raises(ModelError, match="which you have not consented to") as caught:
        LocalEncoder().texts(EncodingSpec(VecType("c-radio"), 448), ["cat"])
    assert "pictoscope models trust c-radio" in caught.value.hint
    assert not (tmp_path / "ran").exists()


def test_code_of_another_repository_is_covered_by_no_consent(c_radio: ModelSpec, tmp_path: Path) -> None:
    folder = hub_cache.cached_folder(c_radio.repository)
    assert folder is not None
    change(folder / "config.json", auto_map={"AutoModel": "evil/other--hf_model.M"})
    with pytest.raises(ModelError, match=r"takes its code from another repository \(evil/other\)"):
        backend.load(c_radio, options=LoadOptions(allow_remote_code=True))
    assert not (tmp_path / "ran").exists()


def test_consent_is_asked_for_before_anything_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="runs Python code"):
        backend.load(find("c-radio"))
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE forbids"):
        backend.load(find("c-radio"), options=LoadOptions(allow_remote_code=True))


def test_a_repository_that_brings_code_the_library_does_not_need_runs_none(
    own_folder_of: Callable[[str], Path], model_of: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = own_folder_of("hf:some/vit")
    change(folder / "config.json", auto_map={"AutoModel": "evil.Model"})
    (folder / "evil.py").write_text("raise SystemExit")
    options = LoadOptions(allow_remote_code=True, precision="float32")
    documented = rows_of(model_of("hf:some/vit"), pictures())
    np.testing.assert_allclose(
        rows_of(backend.load(find(str(folder)), options=options), pictures()), documented, atol=1e-6
    )
    (folder / "evil.py").unlink()
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    cache_layout.store(tmp_path / "hub", "some/vit", folder)  # without the code, which nobody fetches
    np.testing.assert_allclose(
        rows_of(backend.load(find("hf:some/vit"), options=options), pictures()), documented, atol=1e-6
    )
