"""Size, times and inode of a file when it was hashed: if they are unchanged, the file need not be read again."""

from __future__ import annotations

import os
from dataclasses import dataclass

from core.errors import UnreadablePicture
from core.files import changed_ns, inode, is_unchanged

COLUMNS = "f.size, f.mtime_ns, s.inode, s.ctime_ns"
SOURCE = "files f LEFT JOIN file_stamps s ON s.file = f.id"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state of a file when it was hashed.

    Attributes:
        size: bytes.
        mtime_ns: modification time, which any program can set.
        inode: 0 if the file system has no stable ones, None if not recorded.
        ctime_ns: when content, name or permissions were changed, set by the system; None if not recorded.
    """

    size: int
    mtime_ns: int
    inode: int | None
    ctime_ns: int | None

    def matches(self, status: os.stat_result, *, inode_lasts: bool = True) -> bool:
        """Whether a file with this status can be assumed to have the same content."""
        return (
            is_unchanged(status, self.size, self.mtime_ns)
            and self.ctime_ns in (None, changed_ns(status))
            and (not inode_lasts or self.inode in (None, 0, inode(status)))
        )


def current_key(path: bytes, stamp: Stamp, key: bytes) -> bytes:
    """The key of the current content of ``path``. The file is read only if its state has changed.

    Args:
        path: absolute.
        stamp: of the file when it was hashed.
        key: its key then, 20 bytes; also returned if the file no longer exists.

    Returns 20 bytes, or empty bytes if it cannot be read.
    """
    from core.images.identify import hash_stream
    from core.images.read import open_regular

    try:
        status = os.stat(path)
    except OSError:
        return key
    if stamp.matches(status):
        return key
    try:
        with open_regular(path) as stream:
            return hash_stream(stream)
    except UnreadablePicture:
        return b""
