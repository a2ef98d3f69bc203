"""Choose a file of a picture that can be read now: others may be gone, changed or on a disk that is not mounted.

All code that needs the bytes of a picture uses this module: jobs, thumbnails, previews, exports, queries.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from PIL import Image

from core.catalog.catalog import Catalog
from core.catalog.copies import File, files_of
from core.errors import CannotDecode, UnreadablePicture
from core.files import FileState
from core.images.decoders import read_photograph, read_picture
from core.images.identify import hash_stream
from core.images.photograph import NO_PHOTOGRAPH, Photograph
from core.images.read import open_regular

GONE = "the file is not there any more"
CHANGED = "the file has changed since the last scan"
_TRIES = 2  # a backup may touch a file while it is read, but hardly twice

_Result = TypeVar("_Result")


def problem_of(file: File, *, look_at_bytes: bool = False) -> str:
    """Why a file cannot be used for its picture now, in words; empty if it can.

    Size, times and inode decide, as in a scan; if one of them differs or is not known, the bytes decide.

    Args:
        file: as the catalog has it.
        look_at_bytes: hash the file in any case.

    Raises:
        CannotDecode: no more files can be opened.
    """
    return _looked_at(file, look_at_bytes=look_at_bytes)[0]


def _looked_at(file: File, *, look_at_bytes: bool = False) -> tuple[str, FileState | None]:
    """:func:`problem_of`, and the state of the file then; None if it cannot be opened."""
    try:
        with open_regular(file.path) as stream:
            status = os.fstat(stream.fileno())
            state = FileState.of(status)
            if status.st_size != file.size:
                return CHANGED, state
            if not look_at_bytes and file.is_as_hashed(status):
                return "", state
            return "" if hash_stream(stream) == file.key else CHANGED, state
    except CannotDecode:
        raise
    except UnreadablePicture as error:
        return error.message, None


def _state_of(path: bytes) -> FileState | None:
    try:
        return FileState.of(os.stat(path))
    except OSError:
        return None


def read_any(files: Sequence[File], work: Callable[[bytes], _Result]) -> _Result:
    """The result of ``work`` for the path of the first of a picture's files that can be read.

    A file that changes while ``work`` reads it does not count, unless it is read again undisturbed. If the bytes are
    the picture's and ``work`` cannot read them, no other file is tried: it has the same bytes.

    Raises:
        UnreadablePicture: none can be read; with the reason of the first that exists.
        CannotDecode: no more files can be opened, or no decoder can be started.
    """
    problems = []
    for file in files:
        problem = ""
        for _ in range(_TRIES):
            problem, before = _looked_at(file)
            if problem:
                break
            try:
                result = work(file.path)
            except CannotDecode:
                raise
            except UnreadablePicture as error:
                if len(files) == 1 or not problem_of(file, look_at_bytes=True):
                    raise
                problem = error.message
                break
            if _state_of(file.path) == before:
                return result
            problem = CHANGED
        problems.append(problem)
    raise UnreadablePicture(next((problem for problem in problems if problem != GONE), GONE))


def readable_path(files: Sequence[File]) -> bytes:
    """The path of the first of a picture's files that can be read.

    Raises:
        UnreadablePicture: none can be.
    """
    return read_any(files, lambda path: path)


def files_with_first(catalog: Catalog, key: bytes, path: bytes) -> list[File]:
    """A picture's files, the one at ``path`` first. Empty if the catalog does not know the picture."""
    return sorted(files_of(catalog, [key]).get(key, ()), key=lambda file: file.path != path)


def read_picture_of(catalog: Catalog, key: bytes, path: bytes, at_least: int) -> Image.Image:
    """A picture of the project, read from ``path`` or, if that cannot be read, from another of its files.

    Args:
        catalog: of the picture. If it does not know the picture, ``path`` is read.
        key: of the picture.
        path: tried first.
        at_least: see :func:`core.images.read.read_picture`.

    Raises:
        UnreadablePicture: with the reason in words.
    """
    files = files_with_first(catalog, key, path)
    if not files:
        return read_picture(path, at_least=at_least)
    return read_any(files, lambda there: read_picture(there, at_least=at_least))


def photograph_of(catalog: Catalog, key: bytes, path: bytes) -> Photograph:
    """How a picture of the project was taken. A file that has no EXIF, as the scan found, is not opened.

    Args:
        catalog: of the picture.
        key: of the picture.
        path: tried first.

    Raises:
        UnreadablePicture: none of its files can be read; with the reason in words.
    """
    files = files_with_first(catalog, key, path)
    if any(file.facts is not None and not file.facts.exif for file in files):
        return NO_PHOTOGRAPH
    return read_any(files, read_photograph)
