"""What is used of the package textual-image; no other module imports it.

Importing any of its renderables writes queries to a terminal and reads the answers, which would swallow keys that
people typed. It does so only if ``sys.__stdout__`` is a terminal, so that is hidden while it is imported.

The import takes NumPy along: this module is imported when the first picture is drawn, never before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _without_terminal() -> Iterator[None]:
    """Hide ``sys.__stdout__``, which nothing of the app writes to: Textual writes to ``sys.__stderr__``."""
    hidden = sys.__stdout__
    sys.__stdout__ = None  # type: ignore[misc]  # declared final
    try:
        yield
    finally:
        sys.__stdout__ = hidden  # type: ignore[misc]


with _without_terminal():
    from textual_image._sixel import image_to_sixels
    from textual_image.renderable.tgp import _NUMBER_TO_DIACRITIC

# The combining characters of kitty's protocol: the one at place n says n.
DIACRITICS = tuple(map(chr, _NUMBER_TO_DIACRITIC))

__all__ = ["DIACRITICS", "image_to_sixels"]
