"""The part of a model that reads text, as it is handed to a conversion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from core.models.text_recipe import TextRecipe


@dataclass(frozen=True)
class TextTower:
    """A network for texts.

    Attributes:
        network: tokens, each argument of shape (n, tokens) and in the order of the recipe's inputs, to rows (n, dim).
        recipe: how texts become tokens.
        tokenizer: the content of a ``tokenizer.json``.
    """

    network: torch.nn.Module
    recipe: TextRecipe
    tokenizer: str


def text_recipe(
    tokenizer: Any, inputs: tuple[str, ...], *, longest: int, full: bool = False, lower_case: bool = False
) -> TextRecipe | None:
    """The settings of a tokenizer of transformers; None if it does more than its file says.

    Args:
        tokenizer: a fast one.
        inputs: see :class:`core.models.text_recipe.TextRecipe`, as the others.
        longest, full, lower_case: likewise.
    """
    if tokenizer.pad_token is None or tokenizer.padding_side != "right" or tokenizer.truncation_side != "right":
        return None
    unknown = -1 if tokenizer.unk_token_id is None else int(tokenizer.unk_token_id)
    return TextRecipe(longest, full, lower_case, int(tokenizer.pad_token_id), tokenizer.pad_token, unknown, inputs)
