"""From what a person points at to a row: pictures of the project, files from outside, several of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.actions.definition import Context
from core.catalog.catalog import Picture
from core.errors import UsageError
from core.models.backend import Rows, normalise
from core.text import printable
from core.vectors.encoder import How
from core.vectors.store import Snapshot


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


def mean_row(context: Context, snapshot: Snapshot, chosen: Sequence[Example]) -> Rows:
    """The mean direction of examples, shape (dim,), float32, normalised.

    Raises:
        UnreadablePicture: a file from outside is no picture.
    """
    return normalise(example_rows(context, snapshot, chosen).mean(axis=0))


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
