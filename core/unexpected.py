"""Errors that nobody foresaw, in one line: too little memory, or a bug, whose details are saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import PictoscopeError
from core.text import error_text, printable
from core.user_folders import keep_details

_LONGEST = 160  # characters of a library's message
_LITTLE_MEMORY = "close other programs, or raise the limit (ulimit -v unlimited)"
# Messages of libraries for which the system has no memory or no thread, whatever the type of the error.
_SHORT_OF = (
    "cannot allocate memory",
    "can't allocate memory",
    "failed to map segment",
    "can't start new thread",
    "not enough memory",
    "unable to allocate",
    "out of memory",
    "resource temporarily unavailable",
)


def short_of_memory(error: BaseException) -> PictoscopeError | None:
    """The error for too little memory, if ``error`` says so."""
    said = error_text(error).casefold()
    if isinstance(error, MemoryError) or any(words in said for words in _SHORT_OF):
        return PictoscopeError(f"not enough memory ({_in_a_line(error)})", _LITTLE_MEMORY)
    return None


def unexpected(error: BaseException) -> PictoscopeError:
    """Convert an error that is neither typed nor of the system; a bug's details are appended to ``crash.log``."""
    if short := short_of_memory(error):
        return short
    try:
        file = keep_details(error)
    except OSError:
        hint = "a bug in Pictoscope; its details could not be saved"
    else:
        hint = f"a bug in Pictoscope; its details are in {printable(file)}"
    return PictoscopeError(f"unexpected {_in_a_line(error)}", hint)


@contextmanager
def bugs_as_errors() -> Iterator[None]:
    """Around work in a thread: what nobody foresaw becomes a :class:`PictoscopeError` too.

    Raises:
        PictoscopeError: of the work, or of :func:`unexpected`. OSError: of the work.
    """
    try:
        yield
    except (PictoscopeError, OSError):
        raise
    except Exception as error:
        raise unexpected(error) from error


def _in_a_line(error: BaseException) -> str:
    said = error_text(error)
    if len(said) > _LONGEST:  # NumPy gives advice first; the reason comes last
        said = f"…{said[-_LONGEST:].partition(' ')[2]}"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
