"""Vectors that were imported: their model is elsewhere, so nothing can be computed here."""

from __future__ import annotations

from typing import NoReturn

from core.errors import ModelError
from core.models.backend import Log
from core.models.catalogue import ModelSpec
from core.models.options import LoadOptions


def fetch(spec: ModelSpec, log: Log = lambda line: None) -> NoReturn:
    """There is nothing to download.

    Raises:
        ModelError: always.
    """
    raise _no_model(spec)


def load(spec: ModelSpec, log: Log = lambda line: None, options: LoadOptions | None = None) -> NoReturn:
    """There is nothing to load.

    Raises:
        ModelError: always.
    """
    raise _no_model(spec)


def _no_model(spec: ModelSpec) -> ModelError:
    return ModelError(
        f"{spec.key} are vectors of your own, which have no model here",
        "ask with pictures of the collection that have rows, or import rows for others: "
        f"pictoscope vectors import FILE --as {spec.title}",
    )
