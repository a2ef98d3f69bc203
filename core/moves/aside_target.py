"""Which folders files can be moved aside to: what is wrong with one, said before anything is created or moved."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Sequence
from pathlib import Path

from core.catalog.copies import within
from core.errors import PictoscopeError, UsageError
from core.text import printable

_WAIT = 1.0  # seconds for a disk to answer, while a person waits
_ELSEWHERE = "type the path of a folder, there or new"


def check_aside_folder(folder: Path, roots: Sequence[Path]) -> Path:
    """The folder as an absolute path. Nothing is created; only names and permissions are looked at.

    Args:
        folder: need not exist; ``~`` is home.
        roots: the picture folders.

    Raises:
        UsageError: it is inside a picture folder or contains one (a scan would find the files again), it or one above
            it is no folder, or nothing may be written there.
    """
    target = Path(os.path.abspath(os.path.expanduser(folder)))
    try:
        _check_apart(target, roots)
        _check_writable(target)
    except OSError as error:  # such as a name that is too long
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"{printable(target)} cannot be used ({why})", _ELSEWHERE) from error
    return target


def aside_folder_problem(folder: Path, roots: Sequence[Path], wait: float = _WAIT) -> PictoscopeError | None:
    """What :func:`check_aside_folder` says of a folder; None for nothing. A disk that does not answer is a problem too.

    Args:
        folder: as there.
        roots: as there.
        wait: seconds for the answer. Looking at a network disk that is gone may take for ever.
    """
    problems: list[PictoscopeError | None] = []

    def look() -> None:
        try:
            check_aside_folder(folder, roots)
        except PictoscopeError as error:
            problems.append(error)
        else:
            problems.append(None)

    looking = threading.Thread(target=look, name="aside-folder", daemon=True)
    looking.start()
    looking.join(wait)
    if not problems:
        return UsageError(f"the disk of {printable(folder)} or of a picture folder does not answer", "try another one")
    return problems[0]


def _check_apart(target: Path, roots: Sequence[Path]) -> None:
    real = os.fsencode(os.path.realpath(target))
    for root in roots:
        other = os.fsencode(os.path.realpath(root))
        if within(real, [other]):
            raise UsageError(
                f"{printable(target)} is inside the picture folder {printable(root)}", "choose one outside"
            )
        if within(other, [real]):
            raise UsageError(
                f"{printable(target)} contains the picture folder {printable(root)}", "choose a folder beside it"
            )


def _check_writable(target: Path) -> None:
    """The nearest that exists of the folder and those above it is a folder in which one may be made."""
    nearest = next(path for path in (target, *target.parents) if _is_there(path))
    try:
        is_folder = stat.S_ISDIR(os.stat(nearest).st_mode)
    except FileNotFoundError:
        raise UsageError(f"{printable(nearest)} is a link to nothing", _ELSEWHERE) from None
    if not is_folder:
        raise UsageError(f"{printable(nearest)} is not a folder", _ELSEWHERE)
    # Of whom the program works for now, which need not be who started it.
    if not os.access(nearest, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise UsageError(
            f"no permission to write in {printable(nearest)}", "choose a folder of yours, or allow it: chmod u+wx"
        )


def _is_there(path: Path) -> bool:
    """Whether a name exists, be it a link to nothing. Raises OSError: that cannot be said, but for what is above it."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False
    return True
