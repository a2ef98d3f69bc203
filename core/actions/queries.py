"""From what a person points at to a row: pictures of the project, files from outside, several of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.actions.definition import Context
from core.actions.phrases import Phrase
from core.catalog.catalog import Picture
from core.errors import UsageError
from core.images.formats import looks_like_picture
from core.models.backend import Rows, normalise
from core.text import printable
from core.vectors.encoder import How
from core.vectors.store import Snapshot
from core.vectors.text_cache import text_row

# How much examples count beside the question. What is not wanted counts less: it has most of its direction in common
# with what is, and as much would turn far away from both.
_TOWARDS, _AWAY = 1.0, 0.5


@dataclass(frozen=True)
class Example:
    """A picture given as an example.

    Attributes:
        path: absolute, bytes.
        picture: the project's, or None for a file from outside.
    """

    path: bytes
    picture: Picture | None

    @property
    def name(self) -> str:
        """The file's name, fit to be shown."""
        return printable(os.path.basename(self.path))


def examples(context: Context, references: Sequence[str]) -> list[Example]:
    """What paths or 40-digit keys stand for.

    Raises:
        UsageError: there is no such picture.
    """
    return [_example(context, reference) for reference in references]


def example_rows(context: Context, snapshot: Snapshot, chosen: Sequence[Example]) -> Rows:
    """Rows of examples, shape (len(chosen), dim), float32, normalised.

    They come from the store; what is not there (a picture added since, a file from outside) is computed.

    Raises:
        UnreadablePicture: a file from outside is no picture.
    """
    rows = [_stored(snapshot, example) for example in chosen]
    missing = [number for number, row in enumerate(rows) if row is None]
    if missing:
        computed = context.encoder.pictures(How.of(snapshot.manifest), [chosen[number].path for number in missing])
        for number, row in zip(missing, computed, strict=True):
            rows[number] = row
    return np.stack([row for row in rows if row is not None])


def picture_query(
    context: Context, snapshot: Snapshot, like: Sequence[Example], unlike: Sequence[Example] = ()
) -> Rows:
    """The mean direction of ``like``, turned away from ``unlike``: shape (dim,), float32, normalised.

    Raises:
        UnreadablePicture: a file from outside is no picture.
    """
    direction = normalise(example_rows(context, snapshot, like).mean(axis=0))
    return led_by(context, snapshot, direction, (), unlike)


def led_by(
    context: Context, snapshot: Snapshot, direction: Rows, like: Sequence[Example], unlike: Sequence[Example]
) -> Rows:
    """``direction`` turned towards some examples and away from others, normalised (Rocchio, 1971).

    Args:
        context: for examples that have no row.
        snapshot: where the others have theirs.
        direction: shape (dim,), normalised.
        like: may be none.
        unlike: may be none.
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
        cut: how many tokens the model read of the first phrase that was too long; else 0.
    """

    row: Rows
    cut: int


def text_query(context: Context, snapshot: Snapshot, phrases: Sequence[Phrase], template: str) -> TextQuery:
    """The weighted sum of phrases. One that is the path of a picture file stands for that picture.

    Raises:
        ModelError: the model reads no text or cannot be loaded. UnreadablePicture: a file is no picture.
    """
    total = np.zeros(snapshot.manifest.dim, np.float32)
    cut = 0
    for phrase in phrases:
        context.check_stop()
        if path := _picture_file(phrase.text):
            row = example_rows(context, snapshot, examples(context, [path]))[0]
        else:
            answer = text_row(context.encoder, snapshot.manifest, template.replace("{}", phrase.text))
            row, cut = answer.rows[0], cut or answer.cut[0]
        total += phrase.weight * row
    return TextQuery(normalise(total), cut)


def _picture_file(text: str) -> str:
    """The path that a text is, if it names a picture file that is there; else empty."""
    path = os.path.expanduser(text.strip().strip("'"))
    named = "/" in path or "." in path
    return path if named and looks_like_picture(os.fsencode(path)) and os.path.isfile(path) else ""


def _example(context: Context, reference: str) -> Example:
    catalog = context.project.catalog
    path = os.path.abspath(os.fsencode(reference))
    picture = catalog.by_path(path)
    if picture is None and not os.path.lexists(path):
        key = _key(reference)
        picture = catalog.by_keys([key]).get(key)
        if picture is None:
            raise UsageError(f"no such picture: {printable(reference)}", "give a path, or a picture's 40-digit key")
        path = picture.path
    return Example(path, picture)


def _key(reference: str) -> bytes:
    try:
        return bytes.fromhex(reference)
    except ValueError:
        return b""


def _stored(snapshot: Snapshot, example: Example) -> Rows | None:
    number = snapshot.row_of(example.picture.key) if example.picture else None
    return None if number is None else snapshot.rows[number]
