"""open_clip's own tokenizer as a ``tokenizer.json``, so that the package tokenizers alone gives the same tokens."""

from __future__ import annotations

from typing import Any

from open_clip.tokenizer import SimpleTokenizer, get_clean_fn
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.processors import TemplateProcessing

from core.models.text_cleaning import WAYS
from core.models.text_recipe import TextRecipe

# What a token is made of, as in the tokenizer: endings of English verbs, words, single digits, all else.
_PIECES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
_END_OF_WORD = "</w>"
_PADDING = 0  # open_clip's: the token of "!"


def recipe_of(tokenizer: SimpleTokenizer) -> TextRecipe | None:
    """How texts are cleaned, cut and padded; None if it drops tokens at random or cleans in a way that is not known."""
    way = cleaning_of(tokenizer)
    if tokenizer.reduction_fn is not None or way is None:
        return None
    padding = tokenizer.decoder[_PADDING]
    return TextRecipe(int(tokenizer.context_length), True, False, _PADDING, padding, -1, ("input_ids",), way)


def cleaning_of(tokenizer: Any) -> str | None:
    """The name of the way in which a tokenizer of open_clip cleans texts; None if it has another one."""
    return next((way for way in WAYS if tokenizer.clean_fn is get_clean_fn(way)), None)


def content_of(tokenizer: SimpleTokenizer) -> str:
    """The content of a ``tokenizer.json`` that gives the tokens of ``tokenizer``, with those of start and end.

    What is a letter or a digit is what the Unicode of the package tokenizers says: for newer letters than it knows, the
    tokens may differ.
    """
    merges = sorted(tokenizer.bpe_ranks, key=tokenizer.bpe_ranks.__getitem__)
    ours = Tokenizer(BPE(vocab=dict(tokenizer.encoder), merges=merges, end_of_word_suffix=_END_OF_WORD))
    special = [tokenizer.decoder[number] for number in tokenizer.all_special_ids]
    ours.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    ours.pre_tokenizer = Sequence(
        [Split(Regex(_PIECES), "removed", invert=True), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    start, end = (tokenizer.decoder[number] for number in (tokenizer.sot_token_id, tokenizer.eot_token_id))
    ours.post_processor = TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, tokenizer.sot_token_id), (end, tokenizer.eot_token_id)]
    )
    content: str = ours.to_str()
    return content
