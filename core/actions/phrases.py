"""The query language of text search: phrases, weights, negatives.

a red car                        one phrase
"red car" "blue sky"             two phrases, their directions added
"red car"^2 -"truck" -people     the first counts twice; trucks and people are negative
red\\ car                         one phrase, as a shell has it

A shell removes quotation marks: there each argument with a space is a phrase, and
:func:`line_of` converts the arguments to such a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.actions.references import is_path
from core.errors import UsageError
from core.text import printable

_MOST_PHRASES = 64
_HEAVIEST = 100  # weight: beside it a phrase of weight 1 hardly counts
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<minus>-)?"(?P<quoted>[^"]*)"(?:\^(?P<quoted_weight>[^\s"]+))?
      | (?P<minus_word>-)(?P<word>(?:\\\s|[^\s"-])(?:\\\s|[^\s"])*)
      | (?P<bare>(?:\\\s|[^\s"])+)
      | (?P<open>")
    )""",
    re.VERBOSE,
)
_WEIGHTED = re.compile(r"(?P<text>.+)\^(?P<weight>[-+.]?\d[^\s]*)", re.DOTALL)
_WEIGHT_ALONE = re.compile(r"\^[-+.]?\d[^\s]*")
_ARGUMENT = re.compile(r"(?P<minus>-?)(?P<text>.+?)(?P<weight>\^[-+.]?\d\S*)?", re.DOTALL)
_ESCAPED_BLANK = re.compile(r"\\(\s)")
_TYPOGRAPHIC = str.maketrans(dict.fromkeys("“”„‟", '"'))  # as some keyboards and programs put them


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase and its weight; negative for an unwanted one."""

    text: str
    weight: float = 1.0


def parse_phrases(line: str) -> tuple[Phrase, ...]:
    """The phrases of a line.

    Adjacent words without quotes are one phrase; ``-`` before a word or quotes makes a negative; ``^`` and a number
    after a phrase are its weight. A word with escaped spaces is also a phrase.

    Raises:
        UsageError: an unclosed quotation mark, a weight out of range or without a phrase, a phrase that is both wanted
            and not wanted, or nothing to search.
    """
    phrases: list[Phrase] = []
    words: list[str] = []
    for piece in [_piece(token) for token in _TOKEN.finditer(line.translate(_TYPOGRAPHIC))]:
        if words and not piece.joins:
            phrases.append(Phrase(" ".join(words)))
            words = []
        words.append(piece.text)
        if piece.ends:
            phrases.append(Phrase(" ".join(words), piece.weight))
            words = []
    if words:
        phrases.append(Phrase(" ".join(words)))
    if len(phrases) > _MOST_PHRASES:
        raise UsageError(f"{len(phrases)} phrases are too many", f"at most {_MOST_PHRASES}")
    _check_consistent(phrases)
    return tuple(phrases)


def parse_wanted(line: str) -> tuple[Phrase, ...]:
    """The phrases of a line, at least one of which says what is wanted.

    Raises:
        UsageError: as :func:`parse_phrases`, or the line only says what is not wanted.
    """
    phrases = parse_phrases(line)
    if not any(phrase.weight > 0 for phrase in phrases):
        raise UsageError("it only says what is not wanted", "add what the pictures show")
    return phrases


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word or a phrase of a line.

    Attributes:
        text: without quotes, sign and weight.
        weight: negative for an unwanted one.
        joins: whether it continues the words before it.
        ends: whether no later word continues it.
    """

    text: str
    weight: float = 1.0
    joins: bool = False
    ends: bool = True


def _piece(token: re.Match[str]) -> _Piece:
    line = token.string
    if token["open"]:
        raise UsageError(f'unclosed quotation mark at "{line[token.start("open") + 1 :]}"', 'add a "')
    if token["quoted"] is not None:
        text = token["quoted"].strip()
        if not text:
            raise UsageError("there is nothing between the quotation marks", "describe what to look for")
        weight = _weight(token["quoted_weight"]) if token["quoted_weight"] else 1.0
        return _Piece(text, -weight if token["minus"] else weight)
    text, weight = _word(token["word"] or token["bare"])
    together = _ESCAPED_BLANK.sub(r"\1", text)
    if token["minus_word"]:
        return _Piece(together, -weight)
    alone = together != text
    return _Piece(together, weight, joins=not alone, ends=alone or text != token["bare"])


def line_of(arguments: Sequence[str]) -> str:
    """The query line for the arguments of a command line.

    A single argument is the line itself. Of several, those with a space and paths are phrases, with ``-`` before and
    ``^`` and a number after them as in a line; all others are words.
    """
    if len(arguments) == 1:
        return arguments[0]
    return " ".join(_quoted(argument) for argument in arguments)


def _quoted(argument: str) -> str:
    parts = _ARGUMENT.fullmatch(argument)
    if parts is None or '"' in argument:
        return argument
    together = any(character.isspace() for character in parts["text"]) or is_path(parts["text"])
    return f'{parts["minus"]}"{parts["text"]}"{parts["weight"] or ""}' if together else argument


def _check_consistent(phrases: Sequence[Phrase]) -> None:
    wanted = {phrase.text.casefold() for phrase in phrases if phrase.weight > 0}
    both = next((phrase.text for phrase in phrases if phrase.weight < 0 and phrase.text.casefold() in wanted), "")
    if both:
        raise UsageError(f"“{printable(both)}” is both wanted and not wanted", "remove one of the two")


def _word(word: str) -> tuple[str, float]:
    """A word and its weight: ``car^2``."""
    if _WEIGHT_ALONE.fullmatch(word):
        raise UsageError(
            f"the weight {printable(word)} has no phrase before it", 'put it right behind one: "red car"^2'
        )
    weighted = _WEIGHTED.fullmatch(word)
    return (weighted["text"], _weight(weighted["weight"])) if weighted else (word, 1.0)


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight <= _HEAVIEST:
        raise UsageError(
            f"{text!r} is not a weight",
            f'a number above 0, at most {_HEAVIEST}, as in "red car"^2; - before the phrase makes it negative',
        )
    return weight
