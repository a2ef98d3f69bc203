"""Pooling: how a picture's vector is taken from a network's output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

Batch = dict[str, torch.Tensor]
Run = Callable[..., Any]
_CLS_NAMES = frozenset({"cls_token", "class_embedding", "class_token"})
_CLS, _MEAN, _MAP_MEAN = "CLS token after the final norm", "mean of the tokens", "mean of the last feature map"


@dataclass(frozen=True)
class Pooling:
    """A pooling method.

    Attributes:
        words: for the manifest.
        rows: batch on the network's device to (n, dim).
    """

    words: str
    rows: Callable[[Batch], torch.Tensor]


def two_towers(get_image_features: Run) -> Pooling:
    """The picture's embedding in the space shared with texts."""
    return Pooling("get_image_features", lambda batch: embedding(get_image_features(**batch)))


def embedding(output: Any) -> torch.Tensor:
    """Rows (n, dim) of ``get_image_features`` or ``get_text_features``: a tensor, or an output that holds it."""
    rows: torch.Tensor = output if isinstance(output, torch.Tensor) else output.pooler_output
    return rows


def one_tower(network: torch.nn.Module, run: Run, batch: Batch, *, trained_pooler: bool) -> Pooling | None:
    """Choose the pooling of a one-tower network from its output for a small batch.

    The first available of: summary tokens (C-RADIO); the network's own pooling, unless that is a classifier's
    dense layer over the CLS token, or its weights are missing; the CLS token; the mean over tokens or pixels.

    Args:
        network: the network.
        run: the network's output for a batch, given as keyword arguments.
        batch: of at least one picture.
        trained_pooler: whether all weights of the network's pooler came from its file.
    """
    output = run(**batch)
    count = len(batch["pixel_values"])
    if _as_rows(getattr(output, "summary", None), count) is not None:
        return Pooling("summary tokens", lambda batch: run(**batch).summary)
    hidden = getattr(output, "last_hidden_state", None)
    pooled = _as_rows(getattr(output, "pooler_output", None), count)
    if pooled is not None and trained_pooler and not _has_dense_pooler(network):
        return Pooling(_words(pooled, hidden), lambda batch: run(**batch).pooler_output.flatten(1))
    if not isinstance(hidden, torch.Tensor) or len(hidden) != count:
        return None
    if hidden.ndim == 4:  # (n, dim, height, width)
        return Pooling(_MAP_MEAN, lambda batch: run(**batch).last_hidden_state.mean((2, 3)))
    if hidden.ndim != 3:  # (n, tokens, dim)
        return None
    if _has_cls(network):
        return Pooling(_CLS, lambda batch: run(**batch).last_hidden_state[:, 0])
    return Pooling(_MEAN, lambda batch: run(**batch).last_hidden_state.mean(1))


def _as_rows(value: object, count: int) -> torch.Tensor | None:
    """``value`` as (count, dim), without trailing axes of length 1; None if it has another shape."""
    if not isinstance(value, torch.Tensor) or value.ndim < 2 or len(value) != count:
        return None
    rows = value.flatten(1)
    return rows if rows.shape[1] == value.shape[1] else None


def _words(pooled: torch.Tensor, hidden: object) -> str:
    """A description of the network's own pooling."""
    if isinstance(hidden, torch.Tensor):
        if hidden.ndim == 3 and _equal(pooled, hidden[:, 0]):
            return _CLS
        if hidden.ndim == 3 and _equal(pooled, hidden.mean(1)):
            return _MEAN
        if hidden.ndim == 4 and _equal(pooled, hidden.mean((2, 3))):
            return _MAP_MEAN
    return "pooler output"


def _equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and bool(torch.allclose(one, other, rtol=1e-3, atol=1e-5))


def _has_dense_pooler(network: torch.nn.Module) -> bool:
    """Whether it has a dense layer and tanh over the first token, as in BERT: for a classifier, often untrained."""
    return isinstance(getattr(getattr(network, "pooler", None), "dense", None), torch.nn.Linear)


def _has_cls(network: torch.nn.Module) -> bool:
    return any(name.rpartition(".")[2] in _CLS_NAMES for name, _ in network.named_parameters())
