"""Identify a file: the hash of its content, its size and format, in one pass over the bytes."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO, cast

from core.errors import UnreadablePicture
from core.files import changed_ns, inode, modified_ns
from core.images.exif import NO_EXIF, Exif, read_exif
from core.images.header_facts import header_facts
from core.images.read import displayed_size, open_picture, open_regular
from core.images.richness import Richness

_CHUNK = 1 << 20
# Bytes of a file that is read as a whole: a header takes 60 reads and 20 seeks, which cost more from a file than from
# memory, and what lies behind the pixels would be read from the file again. There is a decoder for each processor.
_IN_MEMORY = 1 << 25


@dataclass(frozen=True, slots=True)
class Identity:
    """A picture file as the catalog records it.

    Attributes:
        key: SHA-1 of the content, 20 bytes: identifies the picture everywhere.
        size: bytes.
        mtime_ns: modification time when it was hashed, nanoseconds.
        width: pixels as displayed (EXIF orientation applied); 0 if unreadable.
        height: as ``width``.
        format: Pillow's name (``JPEG``); empty if unreadable.
        problem: why the header cannot be read, in words; empty if it can.
        exif: date and camera.
        inode: when it was hashed.
        ctime_ns: when content, name or permissions were last changed, nanoseconds.
        facts: other header data; None if it is incomplete.
    """

    key: bytes
    size: int
    mtime_ns: int
    width: int
    height: int
    format: str
    problem: str
    exif: Exif = NO_EXIF
    inode: int = 0
    ctime_ns: int = 0
    facts: Richness | None = None


def identify(path: str | bytes | os.PathLike[str]) -> Identity:
    """Hash a file and read its header, in this process.

    Raises:
        UnreadablePicture: the bytes cannot be read (missing, no permission, not a regular file). A file that
            can be read but is not a picture has an identity with a ``problem``.
    """
    with open_regular(path) as stream:
        return identify_stream(stream)


def identify_stream(
    stream: BinaryIO, header_limit: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Identity:
    """:func:`identify` for an open file. ``header_limit``: context in which the header is read."""
    status = os.fstat(stream.fileno())
    content = _read(stream, status.st_size) if status.st_size <= _IN_MEMORY else None
    if content is not None:  # read once; the header is that of the bytes that were hashed
        key, source = hashlib.sha1(content, usedforsecurity=False).digest(), cast(BinaryIO, io.BytesIO(content))
    else:
        key, source = hash_stream(stream), stream
        stream.seek(0)
    with header_limit():
        width, height, kind, problem, exif, facts = _header(source)
    return Identity(
        key,
        status.st_size,
        modified_ns(status),
        width,
        height,
        kind,
        problem,
        exif,
        inode(status),
        changed_ns(status),
        facts,
    )


def hash_stream(stream: BinaryIO) -> bytes:
    """SHA-1 of an open file from its start, 20 bytes. If it grows in the meantime, up to its initial length.

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
        raise _disk_fails(error) from error
    return digest.digest()


def _read(stream: BinaryIO, size: int) -> bytes | None:
    """The first ``size`` bytes; None if this process may not have the memory: in parts, less is needed."""
    try:
        stream.seek(0)
        return stream.read(size)
    except MemoryError:
        return None
    except OSError as error:
        raise _disk_fails(error) from error


def _disk_fails(error: OSError) -> UnreadablePicture:
    return UnreadablePicture(f"the disk could not read the file ({error.strerror})")


def _header(stream: BinaryIO) -> tuple[int, int, str, str, Exif, Richness | None]:
    try:
        with open_picture(stream) as image:
            width, height = displayed_size(image)
            return width, height, image.format or "", "", read_exif(image), header_facts(image, stream)
    except UnreadablePicture as error:
        return 0, 0, "", error.message, NO_EXIF, None
