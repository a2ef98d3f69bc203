"""How a text is prepared for a network, as data: a tokenizer's own file, and how texts are cut and padded.

It does with the package tokenizers alone what the fast tokenizers of transformers do with it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from core.models.text_cleaning import cleaned
from core.models.tokens import unknown_parts


@dataclass(frozen=True)
class TextRecipe:
    """The settings of a tokenizer.

    Attributes:
        longest: tokens that are read; further ones are cut off.
        full: whether each text is padded to ``longest``; else to the longest text of its batch.
        lower_case: whether texts are lower-cased first.
        pad_id, pad_token: what is padded with.
        unknown_id: token of the parts that have none; -1 if there is no such token.
        inputs: names of the network's arguments, of ``input_ids``, ``attention_mask`` and ``token_type_ids``.
        cleaning: how texts are cleaned first; see :func:`core.models.text_cleaning.cleaned`.
        special: words, in small letters, of which the tokenizer's file makes something else than the library: texts
            with one of them, in any case, are left to it.
    """

    longest: int
    full: bool
    lower_case: bool
    pad_id: int
    pad_token: str
    unknown_id: int
    inputs: tuple[str, ...]
    cleaning: str = ""
    special: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> TextRecipe:
        """The inverse of :meth:`to_json`."""
        return cls(**{**content, "inputs": tuple(content["inputs"]), "special": tuple(content["special"])})


class TextReader:
    """Turns texts into tokens by a recipe and a tokenizer's file. Thread-safe."""

    def __init__(self, recipe: TextRecipe, tokenizer: str) -> None:
        """
        Args:
            recipe: how texts are cut and padded.
            tokenizer: the content of a ``tokenizer.json``.
        """
        self.recipe = recipe
        self._content = tokenizer
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
        """The network's arguments by name, each of shape (n, tokens)."""
        with self._lock:
            read = self._cutting.encode_batch([self._as_trained(text) for text in texts])
        parts = {
            "input_ids": [one.ids for one in read],
            "attention_mask": [one.attention_mask for one in read],
            "token_type_ids": [one.type_ids for one in read],
        }
        return {name: np.array(parts[name], np.int64) for name in self.recipe.inputs}

    def can_read(self, text: str) -> bool:
        """Whether the tokens of a text are those of the library; see :attr:`TextRecipe.special`."""
        given = self._as_trained(text).casefold() if self.recipe.special else ""
        return not any(word in given for word in self.recipe.special)

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, not cut off, with those of its start and end."""
        with self._lock:
            return len(self._plain.encode(self._as_trained(text)).ids)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """See :meth:`core.models.backend.Model.unknown_words`."""
        given = self._as_trained(text)
        if not given.strip():  # nothing was left of it
            return (text,) if text.strip() else ()
        with self._lock:
            read = self._plain.encode(given, add_special_tokens=False)
        return unknown_parts(given, read.ids, read.offsets, self.recipe.unknown_id)

    def _as_trained(self, text: str) -> str:
        text = cleaned(text, self.recipe.cleaning)
        return text.lower() if self.recipe.lower_case else text

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_str(self._content)

    @property
    def _plain(self) -> Any:
        """The tokenizer, set to give all tokens. Reading its file takes longer than setting it each time."""
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        return self._tokenizer

    @property
    def _cutting(self) -> Any:
        """The same tokenizer, set to cut and pad."""
        recipe = self.recipe
        self._tokenizer.enable_truncation(recipe.longest)
        self._tokenizer.enable_padding(
            pad_id=recipe.pad_id, pad_token=recipe.pad_token, length=recipe.longest if recipe.full else None
        )
        return self._tokenizer
