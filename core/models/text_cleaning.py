"""How open_clip cleans a text before its tokenizer reads it, by the names that its configs have for the ways."""

from __future__ import annotations

import html
import string

WAYS = ("lower", "whitespace", "canonicalize")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def cleaned(text: str, way: str) -> str:
    """A text without broken characters, entities of HTML and surplus spaces; for ``canonicalize`` without punctuation.

    Args:
        text: any.
        way: one of :data:`WAYS`, or empty: the text is left as it is.

    Raises:
        ValueError: there is no such way.
    """
    if not way:
        return text
    if way not in WAYS:
        raise ValueError(f"texts are not cleaned by {way!r}")
    text = " ".join(_mended(text).split())
    if way == "canonicalize":
        text = " ".join(text.replace("_", " ").translate(_PUNCTUATION).lower().split())
    return text.lower() if way == "lower" else text


def _mended(text: str) -> str:
    """Without what other programs have done to a text; one of printable ASCII without entities is as it should be."""
    if text.isascii() and text.isprintable() and "&" not in text:
        return text
    from ftfy import fix_text  # takes longer to import than most texts to read

    return html.unescape(html.unescape(fix_text(text)))
