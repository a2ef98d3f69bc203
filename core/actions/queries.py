"""Query vectors from examples and phrases: pictures of the project, other files, texts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.actions.definition import Context
from core.actions.naming import at_fault, called, fault
from core.actions.phrases import Phrase
from core.actions.references import Example, check_says_something, find_example, picture_of_phrase
from core.arrays import Rows, normalise
from core.errors import UsageError
from core.text import printable
from core.vectors.encoder import EncodingSpec
from core.vectors.snapshot import Snapshot
from core.vectors.text_cache import text_rows

# Weights of examples relative to the query. Negative examples count less: they share most of their direction with
# the positive ones, and equal weights would turn the query away from both.
_TOWARDS, _AWAY = 1.0, 0.5
WHOLE = "{}"  # the template that leaves a phrase unchanged
_NOTHING = 1e-3  # relative to the weights: a shorter sum is a rounding error without direction
_NAMED = 5  # unknown words that are listed


def examples(context: Context, references: Sequence[str], parameter: str = "like") -> list[Example]:
    """The examples for paths or 40-digit keys, which a parameter holds.

    Raises:
        UsageError: there is no such picture, or it is a URL.
    """
    with at_fault(parameter):
        return [find_example(context, reference) for reference in references]


def like_and_unlike(
    context: Context, like: Sequence[str], unlike: Sequence[str]
) -> tuple[list[Example], list[Example]]:
    """Positive and negative examples.

    Raises:
        UsageError: there is no such picture, or one is given for both.
    """
    towards, away = examples(context, like, "like"), examples(context, unlike, "unlike")
    wanted = {_identity(example) for example in towards}
    both = next((example for example in away if _identity(example) in wanted), None)
    if both is not None:
        raise fault("unlike", f"{both.name} is also in {called('like')}", "remove it from one of them")
    return towards, away


def _identity(example: Example) -> bytes:
    """Equal for the same picture, regardless of its path."""
    return example.picture.key if example.picture else os.path.realpath(example.path)


def example_rows(context: Context, snapshot: Snapshot, chosen: Sequence[Example]) -> Rows:
    """Rows of examples, shape (len(chosen), dim), float32, normalised.

    They come from the store; missing ones (new pictures, other files) are computed.

    Raises:
        UnreadablePicture: a file cannot be read as a picture.
    """
    rows = [_stored(snapshot, example) for example in chosen]
    missing = [number for number, row in enumerate(rows) if row is None]
    if missing:
        computed = context.encoder.pictures(
            EncodingSpec.of(snapshot.manifest), [chosen[number].path for number in missing]
        )
        for number, row in zip(missing, computed, strict=True):
            rows[number] = row
    return np.stack([row for row in rows if row is not None])


def picture_query(
    context: Context, snapshot: Snapshot, like: Sequence[Example], unlike: Sequence[Example] = ()
) -> Rows:
    """The mean direction of ``like``, shifted away from ``unlike``: shape (dim,), float32, normalised.

    Raises:
        UnreadablePicture: a file cannot be read as a picture.
    """
    direction = normalise(example_rows(context, snapshot, like).mean(axis=0))
    return shift_query(context, snapshot, direction, (), unlike)


def shift_query(
    context: Context, snapshot: Snapshot, direction: Rows, like: Sequence[Example], unlike: Sequence[Example]
) -> Rows:
    """``direction`` shifted towards some examples and away from others, normalised (Rocchio, 1971).

    Args:
        context: to encode examples without a row.
        snapshot: of the stored rows.
        direction: shape (dim,), normalised.
        like: may be empty.
        unlike: may be empty.
    """
    turned = direction
    if like:
        turned = turned + _TOWARDS * example_rows(context, snapshot, like).mean(axis=0)
    if unlike:
        turned = turned - _AWAY * example_rows(context, snapshot, unlike).mean(axis=0)
    return normalise(turned)


@dataclass(frozen=True)
class TextQuery:
    """A direction made of phrases.

    Attributes:
        row: shape (dim,), float32, normalised.
        note: what the model did not read of them, in words; empty for nothing.
    """

    row: Rows
    note: str


def text_query(context: Context, snapshot: Snapshot, phrases: Sequence[Phrase], template: str) -> TextQuery:
    """The weighted sum of phrases. One that is the path of a picture file stands for that picture.

    Raises:
        UsageError: a phrase is a URL or a path that is not there, says nothing that the model knows, or the phrases
            cancel each other out; there is a template and no phrase to put into it.
        ModelError: the model reads no text or cannot be loaded. UnreadablePicture: a file is no picture.
    """
    total = np.zeros(snapshot.manifest.dim, np.float32)
    with at_fault("text"):
        pictures = [picture_of_phrase(context, phrase.text) for phrase in phrases]
    if template != WHOLE and all(pictures):
        raise fault("template", "there is no phrase to put into it, only pictures", "leave it out")
    texts = [phrase.text for phrase, picture in zip(phrases, pictures, strict=True) if picture is None]
    with at_fault("text"):
        read = read_phrases(context, snapshot, texts, template) if texts else None
    rows = iter(read.rows if read else ())
    for phrase, picture in zip(phrases, pictures, strict=True):
        context.check_stop()
        row = example_rows(context, snapshot, [picture])[0] if picture else next(rows)
        total += phrase.weight * row
    if np.linalg.norm(total) < _NOTHING * sum(abs(phrase.weight) for phrase in phrases):
        raise fault("text", "its phrases cancel each other out", "leave one of them out, or weight them differently")
    return TextQuery(normalise(total), read.note if read else "")


@dataclass(frozen=True)
class ReadPhrases:
    """Rows of phrases.

    Attributes:
        rows: shape (n, dim), float32, normalised.
        note: what the model did not read, in words; empty for nothing.
    """

    rows: Rows
    note: str


def read_phrases(context: Context, snapshot: Snapshot, phrases: Sequence[str], template: str = WHOLE) -> ReadPhrases:
    """The rows of phrases that are words.

    Args:
        context: whose encoder reads them.
        snapshot: of the vectors that they will be compared with.
        phrases: at least one.
        template: what each is put into in place of ``{}``.

    Raises:
        UsageError: a phrase is all punctuation, or the model knows nothing of it.
        ModelError: the model reads no text or cannot be loaded.
    """
    for phrase in phrases:
        check_says_something(phrase)
    answer = text_rows(context.encoder, snapshot.manifest, [template.replace("{}", phrase) for phrase in phrases])
    model = snapshot.manifest.vec_type.model
    strange: dict[str, None] = {}
    for phrase, unknown in zip(phrases, answer.unknown, strict=True):
        if unknown and _is_meaningless(phrase, unknown):
            raise UsageError(f"{model} knows nothing of “{printable(phrase)}”", "use other words, or other vectors")
        strange |= dict.fromkeys(unknown)
    parts = []
    if cut := next(filter(None, answer.cut), 0):
        parts.append(f"{model} reads the first {cut} tokens of a text: the rest was cut")
    if strange:
        shown = ", ".join(printable(word) for word in list(strange)[:_NAMED])
        parts.append(f"{model} does not know: {shown}{' …' if len(strange) > _NAMED else ''}")
    return ReadPhrases(answer.rows, " · ".join(parts))


def _is_meaningless(phrase: str, unknown: Sequence[str]) -> bool:
    """Whether nothing meaningful is left of a phrase without its unknown words."""
    rest = phrase.casefold()
    for word in sorted(unknown, key=len, reverse=True):
        rest = rest.replace(word.casefold(), " ")
    return not any(character.isalnum() for character in rest)


def _stored(snapshot: Snapshot, example: Example) -> Rows | None:
    number = snapshot.row_of(example.picture.key) if example.picture else None
    return None if number is None else snapshot.rows[number]
