"""Weights that a library knows by name: suggestions for wrong names, and the file of the weights."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from safetensors import SafetensorError

from core.errors import ModelError
from core.models import hub_cache

# Exceptions of libraries for configs and weights that do not match each other or their expectations.
LIBRARY_ERRORS = (
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ImportError,
    SafetensorError,
)


def nearest(name: str, names: Iterable[str], form: str = "{}") -> str:
    """A hint with up to three of ``names`` similar to ``name``, each formatted by ``form``; empty if there are none."""
    by_lower = {known.lower(): known for known in names}
    near = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.3)
    return f"did you mean {', '.join(form.format(by_lower[lower]) for lower in near)}" if near else ""


def one_file(folder: Path, stem: str) -> Path:
    """The safetensors file with the weights.

    Raises:
        ModelError: they are sharded, which libraries that know models by name do not support.
    """
    files = hub_cache.weight_files(folder, stem)
    if len(files) != 1:
        raise ModelError(f"{folder} holds {stem}.safetensors in {len(files)} pieces", "join them to one file")
    return files[0]


def first_line(error: BaseException) -> str:
    """The first line of an error's message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
