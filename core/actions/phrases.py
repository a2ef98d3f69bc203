"""What a person types into text search: phrases, weights, negatives.

a red car                        one phrase
"red car" "blue sky"             two phrases, their directions added
"red car"^2 -"truck" -people     the first counts twice; trucks and people push away
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import UsageError

_MOST_PHRASES = 64
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<minus>-)?"(?P<quoted>[^"]*)"(?:\^(?P<quoted_weight>[^\s"]+))?
      | (?P<minus_word>-)(?P<word>[^\s"-][^\s"]*)
      | (?P<bare>[^\s"]+)
      | (?P<open>")
    )""",
    re.VERBOSE,
)
_WEIGHTED = re.compile(r"(?P<text>.+)\^(?P<weight>\d[^\s]*)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase and how much it counts: below zero it pushes away."""

    text: str
    weight: float = 1.0


def parse_phrases(line: str) -> tuple[Phrase, ...]:
    """The phrases of a line.

    Words without quotes belong together; ``-`` in front of a word or of quotes makes a negative; ``^`` and a number
    behind a phrase are its weight.

    Raises:
        UsageError: a quotation mark is left open, a weight is no number above zero, or there is nothing to search.
    """
    found: list[Phrase] = []
    words: list[str] = []

    def end_words(weight: float = 1.0) -> None:
        if words:
            found.append(Phrase(" ".join(words), weight))
            words.clear()

    for token in _TOKEN.finditer(line):
        if token["open"]:
            raise UsageError(f'text: a quotation mark is left open at "{line[token.start("open") + 1 :]}"', 'add a "')
        if token["quoted"] is not None:
            end_words()
            text = token["quoted"].strip()
            if not text:
                raise UsageError("text: there is nothing between the quotation marks", "describe what to look for")
            weight = _weight(token["quoted_weight"]) if token["quoted_weight"] else 1.0
            found.append(Phrase(text, -weight if token["minus"] else weight))
        elif token["minus_word"]:
            end_words()
            text, weight = _word(token["word"])
            found.append(Phrase(text, -weight))
        else:
            text, weight = _word(token["bare"])
            words.append(text)
            if text != token["bare"]:
                end_words(weight)
    end_words()
    if len(found) > _MOST_PHRASES:
        raise UsageError(f"text: {len(found)} phrases are too many", f"at most {_MOST_PHRASES}")
    return tuple(found)


def _word(word: str) -> tuple[str, float]:
    """A word and its weight: ``car^2``."""
    weighted = _WEIGHTED.fullmatch(word)
    return (weighted["text"], _weight(weighted["weight"])) if weighted else (word, 1.0)


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 100:
        raise UsageError(f"text: {text!r} is not a weight", 'a number above 0, as in "red car"^2; - makes a negative')
    return weight
