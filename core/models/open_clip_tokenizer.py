"""open_clip's own tokenizer as a ``tokenizer.json``, so that the package tokenizers alone gives the same tokens."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import regex
from open_clip.tokenizer import SimpleTokenizer, get_clean_fn
from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.processors import TemplateProcessing

from core.models.text_cleaning import WAYS
from core.models.text_recipe import TextRecipe

# What a token is made of, as in the tokenizer: endings of English verbs, words, single digits, all else.
_PIECES = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|{letters}+|{digits}|{others}+"
_CLASSES = {"letters": r"[\p{L}]", "digits": r"[\p{N}]", "others": r"[^\s\p{L}\p{N}]"}
_END_OF_WORD = "</w>"
_PADDING = 0  # open_clip's: the token of "!"


def recipe_of(tokenizer: SimpleTokenizer) -> TextRecipe | None:
    """How texts are cleaned, cut and padded; None if it drops tokens at random or cleans in a way that is not known."""
    way = cleaning_of(tokenizer)
    if tokenizer.reduction_fn is not None or way is None:
        return None
    padding = tokenizer.decoder[_PADDING]
    # The tokenizer finds its own tokens as pieces, in any case: not behind a mark. A file's are found everywhere.
    special = tuple(tokenizer.decoder[number] for number in tokenizer.all_special_ids)
    return TextRecipe(int(tokenizer.context_length), True, False, _PADDING, padding, -1, ("input_ids",), way, special)


def cleaning_of(tokenizer: Any) -> str | None:
    """The name of the way in which a tokenizer of open_clip cleans texts; None if it has another one."""
    return next((way for way in WAYS if tokenizer.clean_fn is get_clean_fn(way)), None)


def content_of(tokenizer: SimpleTokenizer) -> str:
    """The content of a ``tokenizer.json`` that gives the tokens of ``tokenizer``, with those of start and end."""
    merges = sorted(tokenizer.bpe_ranks, key=tokenizer.bpe_ranks.__getitem__)
    ours = Tokenizer(BPE(vocab=dict(tokenizer.encoder), merges=merges, end_of_word_suffix=_END_OF_WORD))
    special = [tokenizer.decoder[number] for number in tokenizer.all_special_ids]
    ours.add_special_tokens([AddedToken(token, normalized=False) for token in special])
    ours.pre_tokenizer = Sequence(
        [Split(Regex(_pieces()), "removed", invert=True), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    start, end = (tokenizer.decoder[number] for number in (tokenizer.sot_token_id, tokenizer.eot_token_id))
    ours.post_processor = TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, tokenizer.sot_token_id), (end, tokenizer.eot_token_id)]
    )
    content: str = ours.to_str()
    return content


@cache
def _pieces() -> str:
    """The pattern of pieces. Where the tokenizer's library sees another character in a class, it is named.

    It knows another version of Unicode, and without regard to case it takes the Greek iota below a letter for none of
    these.
    """
    characters = "".join(chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number <= 0xDFFF)
    runs = _found("|".join(f"{pattern}+" for pattern in _CLASSES.values()), characters)  # one search takes a second
    firsts = " ".join(run[0] for run in runs)
    named = {}
    for name, pattern in _CLASSES.items():
        theirs = set("".join(regex.findall(f"{pattern}+", characters, regex.IGNORECASE)))
        begun_by = set(_found(pattern, firsts))
        ours = set("".join(run for run in runs if run[0] in begun_by))
        more, less = _ranges(theirs - ours), _ranges(ours - theirs)
        named[name] = f"(?:{pattern}|[{more}])" if more else pattern
        named[name] = f"(?:(?![{less}]){named[name]})" if less else named[name]
    return _PIECES.format(**named)


def _found(pattern: str, text: str) -> list[str]:
    """What the package tokenizers finds."""
    return [piece for piece, _ in Split(Regex(pattern), "removed", invert=True).pre_tokenize_str(text)]


def _ranges(characters: Iterable[str]) -> str:
    """Characters as what is between the brackets of a pattern; empty for none."""
    ranges: list[list[int]] = []
    for number in sorted(map(ord, characters)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in ranges)
