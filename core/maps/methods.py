"""The names of what a map can be made and coloured by. Imports no NumPy: ``--help`` reads them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal, get_args

from core.errors import PictoscopeError, UsageError
from core.text import printable

Method = Literal["pca", "pacmap"]
METHODS: tuple[Method, ...] = get_args(Method)
NONE, CLUSTER = "none", "cluster"  # beside tag, folder, date and every property
AGREEMENT = "agreement:"  # and the name of another vec type
ENDINGS = (".png", ".html", ".csv", ".parquet")


def pacmap_is_installed() -> bool:
    """Whether PaCMAP can be used, without importing it (which takes seconds)."""
    return find_spec("pacmap") is not None


def check_method(method: str) -> Method:
    """The method, if it can be used here: known before anything is read or started.

    Raises:
        UsageError: there is no such method. PictoscopeError: it is not installed.
    """
    known = next((one for one in METHODS if one == method), None)
    if known is None:
        raise UsageError(f"there is no method {printable(method)!r}", f"choose {', '.join(METHODS)}")
    if known == "pacmap" and not pacmap_is_installed():
        raise PictoscopeError(
            "maps by PaCMAP need the package pacmap", "install it: pip install 'pictoscope[map]', or use --method pca"
        )
    return known
