"""What a file is: the hash of its content, its size and format. One pass over the bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO

from core.errors import UnreadablePicture
from core.files import modified_ns
from core.images.exif import NO_EXIF, Exif, read_exif
from core.images.read import displayed_size, open_picture, open_regular

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Identity:
    """A picture file as the catalog records it.

    Attributes:
        key: SHA-1 of the content, 20 bytes: the picture's name everywhere.
        size: bytes.
        mtime_ns: modification time at the moment of hashing, nanoseconds.
        width: pixels as displayed (EXIF orientation applied); 0 where unreadable.
        height: as ``width``.
        format: Pillow's name (``JPEG``); empty where unreadable.
        problem: why the header cannot be read, in words; empty where it can.
        exif: when and with what it was taken.
    """

    key: bytes
    size: int
    mtime_ns: int
    width: int
    height: int
    format: str
    problem: str
    exif: Exif = NO_EXIF


def identify(path: str | bytes | os.PathLike[str]) -> Identity:
    """Hash a file and read its header, in this process.

    Raises:
        UnreadablePicture: the bytes themselves cannot be read (gone, no permission, not a regular file). A file that
            can be read but is no picture is an identity with a ``problem``: it has a content, so it has a name.
    """
    with open_regular(path) as stream:
        return identify_stream(stream)


def identify_stream(
    stream: BinaryIO, header_limit: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Identity:
    """:func:`identify` for an open file. ``header_limit`` surrounds the reading of the header."""
    status = os.fstat(stream.fileno())
    key = hash_stream(stream)
    stream.seek(0)
    with header_limit():
        width, height, kind, problem, exif = _header(stream)
    return Identity(key, status.st_size, modified_ns(status), width, height, kind, problem, exif)


def hash_stream(stream: BinaryIO) -> bytes:
    """SHA-1 of an open file from its start, 20 bytes. Of one that grows meanwhile: as long as it was.

    Raises:
        UnreadablePicture: the disk fails.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    left = os.fstat(stream.fileno()).st_size
    try:
        stream.seek(0)
        while chunk := stream.read(min(_CHUNK, left)):
            digest.update(chunk)
            left -= len(chunk)
    except OSError as error:
        raise UnreadablePicture(f"the disk could not read the file ({error.strerror})") from error
    return digest.digest()


def _header(stream: BinaryIO) -> tuple[int, int, str, str, Exif]:
    try:
        with open_picture(stream) as image:
            return *displayed_size(image), image.format or "", "", read_exif(image)
    except UnreadablePicture as error:
        return 0, 0, "", error.message, NO_EXIF
