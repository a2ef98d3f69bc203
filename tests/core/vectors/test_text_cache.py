"""A phrase that was asked before needs no model; a cache that cannot be used costs time only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vector_helpers import manifest

from core.arrays import Rows
from core.vectors import text_cache
from core.vectors.encoder import EncodingSpec, TextRows
from core.vectors.text_cache import text_rows
from core.vectors.vec_type import VecType

DIM = 4


class CountingEncoder:
    """Says what it was asked; a text's row is its length."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def texts(self, how: EncodingSpec, texts: Sequence[str]) -> TextRows:
        self.asked += texts
        unknown = tuple(word for word in texts[0].split() if not word.isascii())
        return TextRows(
            np.full((len(texts), DIM), len(texts[0]), np.float32), (7 if len(texts[0]) > 7 else 0,), (unknown,)
        )

    def pictures(self, how: EncodingSpec, paths: Sequence[bytes]) -> Rows:
        raise AssertionError("no picture was asked for")


def test_the_second_time_no_model_is_asked(home: Path) -> None:
    encoder = CountingEncoder()
    first = text_rows(encoder, manifest(DIM), ["a long phrase 猫"])
    second = text_rows(encoder, manifest(DIM), ["a long phrase 猫"])
    assert encoder.asked == ["a long phrase 猫"]
    np.testing.assert_array_equal(first.rows, second.rows)
    assert first.cut == second.cut == (7,)
    assert (second.rows.shape, second.rows.dtype) == ((1, DIM), np.float32)


@pytest.mark.parametrize(
    "other",
    [
        {"revision": "2"},
        {"sha256": {"w": "1"}},
        {"vec_type": VecType("conse")},
    ],
)
def test_other_weights_have_other_rows(home: Path, other: dict[str, object]) -> None:
    encoder = CountingEncoder()
    text_rows(encoder, manifest(DIM), ["a cat"])
    text_rows(encoder, replace(manifest(DIM), **other), ["a cat"])  # type: ignore[arg-type]
    assert encoder.asked == ["a cat", "a cat"]


def test_greyscale_does_not_matter_to_a_text(home: Path) -> None:
    encoder = CountingEncoder()
    text_rows(encoder, manifest(DIM), ["a cat"])
    text_rows(encoder, replace(manifest(DIM), vec_type=VecType("effnet-lite0", greyscale=True)), ["a cat"])
    assert encoder.asked == ["a cat"]


def test_the_oldest_texts_go_when_there_are_too_many(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_cache, "_KEPT", 3)
    encoder = CountingEncoder()
    for text in "abcd":
        text_rows(encoder, manifest(DIM), [text])
    encoder.asked.clear()
    text_rows(encoder, manifest(DIM), ["d"])
    text_rows(encoder, manifest(DIM), ["b"])
    text_rows(encoder, manifest(DIM), ["a"])
    assert encoder.asked == ["a"]


@pytest.mark.parametrize("damage", [b"not a database at all, whatever its name says", None])
def test_a_cache_that_cannot_be_used_is_done_without(home: Path, damage: bytes | None) -> None:
    path = text_cache._file()
    path.parent.mkdir(parents=True, exist_ok=True)
    if damage is None:
        path.mkdir()
    else:
        path.write_bytes(damage)
    encoder = CountingEncoder()
    for _ in range(2):
        assert text_rows(encoder, manifest(DIM), ["a cat"]).rows.shape == (1, DIM)
    assert encoder.asked == ["a cat", "a cat"]
