"""Unknown words: parts of a text that a tokenizer maps to the same unknown token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def unknown_words(tokenizer: Any, text: str) -> tuple[str, ...]:
    """The distinct parts of a text for which a transformers tokenizer has no token, in order.

    WordPiece (BERT) and SentencePiece have a token for unknown parts. Byte-level tokenizers (CLIP, GPT)
    know every text, and use that token for other purposes.

    A text of which nothing is left, such as symbols that a tokenizer drops, is unknown.
    """
    fast = bool(getattr(tokenizer, "is_fast", False))
    options: dict[str, Any] = {"add_special_tokens": False, "verbose": False}
    if not fast:  # it has no offsets: word by word
        words = dict.fromkeys(text.split())
        return tuple(word for word in words if tokenizer.unk_token_id in tokenizer(word, **options)["input_ids"])
    read = tokenizer(text, return_offsets_mapping=True, **options)
    return unknown_parts(text, read["input_ids"], read["offset_mapping"], tokenizer.unk_token_id)


def unknown_parts(
    text: str, ids: Sequence[int], offsets: Sequence[tuple[int, int]], unknown: int | None
) -> tuple[str, ...]:
    """The distinct parts of a text whose token is the one for unknown parts; all of it if it has no token at all.

    Args:
        text: as it was read.
        ids: of its tokens, without those of its start and end.
        offsets: where in the text each of them begins and ends.
        unknown: the token for unknown parts; None or -1 if there is none.
    """
    if not ids:
        return (text,) if text.strip() else ()
    pairs = zip(ids, offsets, strict=True)
    return tuple(dict.fromkeys(text[start:end].strip() or text for token, (start, end) in pairs if token == unknown))
