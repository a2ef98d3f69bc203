"""all-MiniLM-L6-v2 in NumPy: the built-in model for sentences, without PyTorch or transformers.

A question in words is a few tokens for a network of 21 million numbers: 10 ms of arithmetic, for which importing a
library for networks takes seconds and a gigabyte. The network is a BERT of six layers (Devlin et al., 2019; Wang et
al., "MiniLM", 2020); its output is the mean over the tokens (Reimers and Gurevych, "Sentence-BERT", 2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from core.arrays import Rows, normalise
from core.models.builtin_files import TEXT_FILES, TEXT_PACKAGE
from core.models.gelu import gelu
from core.models.text_recipe import TextReader, TextRecipe
from core.models.weights import package_file

DIM = 384
LONGEST = 512  # tokens
_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12  # of the layer norms
_AROUND = 2  # tokens of the start and the end, which an empty text has too
_BATCH_SIZE = 2048  # characters, padding included, so hardly more tokens: 12 MB within a layer
_RECIPE = TextRecipe(
    longest=LONGEST,
    full=False,
    lower_case=False,  # the tokenizer does it itself
    pad_id=0,
    pad_token="[PAD]",  # noqa: S106  a token of text, no password
    unknown_id=100,
    inputs=("input_ids", "attention_mask"),
)

Tokens = npt.NDArray[np.int64]


class MiniLM:
    """Sentences to 384 numbers, on the processor, in float32.

    Raises:
        ModelError: the package with the weights is missing, or its files are not the published ones.
    """

    def __init__(self) -> None:
        from safetensors.numpy import load_file

        paths = {name: package_file(TEXT_PACKAGE, name, sha256) for name, sha256 in TEXT_FILES.items()}
        self._reader = TextReader(_RECIPE, paths["model/tokenizer.json"].read_text("utf-8"))
        self._weights: dict[str, Rows] = load_file(paths["model/model.safetensors"])

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Texts to rows, shape (n, 384), float32, normalised. Texts are cut after 512 tokens."""
        rows = np.zeros((len(texts), DIM), np.float32)
        for chosen in _batches(texts):
            rows[chosen] = normalise(self._means(**self._reader([texts[number] for number in chosen])))
        return rows

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, not cut."""
        return self._reader.count_tokens(text)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Parts of a text that the tokenizer has no token for."""
        return self._reader.unknown_words(text)

    def _means(self, input_ids: Tokens, attention_mask: Tokens) -> Rows:
        """The mean of the last layer over the tokens that are not padding.

        Args:
            input_ids: tokens, shape (n, length).
            attention_mask: 0 at padding, else 1; likewise.
        """
        length = input_ids.shape[1]
        weights = self._weights
        states = (
            weights["embeddings.word_embeddings.weight"][input_ids]
            + weights["embeddings.position_embeddings.weight"][:length]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._norm(states, "embeddings.LayerNorm")
        # No token attends to padding.
        hidden = np.where(attention_mask, np.float32(0), np.float32(-np.inf))[:, None, None, :]
        for number in range(_LAYERS):
            states = self._layer(states, hidden, f"encoder.layer.{number}")
        shares = attention_mask[:, :, None].astype(np.float32)
        means: Rows = (states * shares).sum(1) / shares.sum(1)
        return means

    def _layer(self, states: Rows, hidden: Rows, name: str) -> Rows:
        attended = self._linear(
            self._attend(states, hidden, f"{name}.attention.self"), f"{name}.attention.output.dense"
        )
        states = self._norm(states + attended, f"{name}.attention.output.LayerNorm")
        wide = gelu(self._linear(states, f"{name}.intermediate.dense"))
        return self._norm(states + self._linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attend(self, states: Rows, hidden: Rows, name: str) -> Rows:
        """Each token's mean of the values of all, weighted by how its query fits their keys; (n, length, 384)."""
        query, key, value = (
            self._linear(states, f"{name}.{what}").reshape(*states.shape[:2], _HEADS, -1).transpose(0, 2, 1, 3)
            for what in ("query", "key", "value")
        )  # each (n, heads, length, 32)
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(DIM // _HEADS)) + hidden
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        mixed: Rows = (shares @ value).transpose(0, 2, 1, 3).reshape(states.shape)
        return mixed

    def _linear(self, states: Rows, name: str) -> Rows:
        product: Rows = states.reshape(-1, states.shape[-1]) @ self._weights[f"{name}.weight"].T  # one product, not n
        product += self._weights[f"{name}.bias"]
        return product.reshape(*states.shape[:-1], -1)

    def _norm(self, states: Rows, name: str) -> Rows:
        centred = states - states.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        normed: Rows = centred / np.sqrt(variance + np.float32(_EPSILON))
        return normed * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


class MiniLMTexts:
    """The texts of a model that reads them by MiniLM; see :class:`core.models.backend.Model`."""

    longest_text = LONGEST
    _text: MiniLM

    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Rows of texts, shape (n, 384), float32, normalised. Texts are cut after 512 tokens."""
        return self._text.encode_texts(texts)

    def count_tokens(self, text: str) -> int:
        """Number of tokens of a text before it is cut, including the start and end tokens."""
        return self._text.count_tokens(text)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Parts of a text without a token: emoji, and characters of many scripts."""
        return self._text.unknown_words(text)


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Numbers of texts that are computed together: of similar length, as all are padded to the longest of them."""
    batch: list[int] = []
    for number in sorted(range(len(texts)), key=lambda number: len(texts[number])):
        if batch and (len(batch) + 1) * (len(texts[number]) + _AROUND) > _BATCH_SIZE:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
