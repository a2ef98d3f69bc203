"""Move one file: first a hard link or a verified copy, then the old name is removed.

At every moment the complete content has a name. What an interruption leaves (a partial copy, both names) is
cleaned up by :func:`recover_one`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from enum import Enum

from core.moves.entries import FolderEntry, MoveRefused, copy_bytes, digest, is_unchanged

_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EACCES)
CHANGED = "its bytes differ from those in the catalog: it has changed, or the disk is failing"


def transfer(
    source: FolderEntry, target: FolderEntry, part: bytes, key: bytes, allowed: Callable[[], str] = lambda: ""
) -> None:
    """Move a file to a free name, if its bytes have the hash ``key``.

    Args:
        source: its current entry.
        target: its new entry.
        part: temporary name of a copy while it is written, in the folder of ``target``.
        key: SHA-1 of its content.
        allowed: called before a copy is begun and immediately before the old name is removed; if it returns a
            reason, the file is not moved.

    Raises:
        MoveRefused: it is not moved. FileExistsError: the name is taken. OSError: the disk fails.
    """
    if source.is_same_name(target):
        raise MoveRefused("the old path and the new path are the same")
    with source.opened() as descriptor:
        before = os.fstat(descriptor)
        if digest(descriptor) != key:
            raise MoveRefused(CHANGED)
        try:
            source.link_to(target)
            linked = True
        except OSError as error:
            if error.errno not in _NO_LINK or target.status() is not None:
                raise
            if reason := allowed():
                raise MoveRefused(reason) from None
            _copy(descriptor, target, part, key)
            linked = False
        os.fsync(target.folder)
        reason = allowed()
        if not is_unchanged(source.status(), before) or (linked and not is_unchanged(target.status(), before)):
            if source.is_same_file(target):
                target.unlink()  # another program is writing to the file; it keeps its old name
                raise MoveRefused("it changed while it was moved")
            raise MoveRefused("it changed while it was moved; its earlier content is at the new path")
        if reason:
            target.unlink()
            raise MoveRefused(reason)
        source.unlink()


def _copy(descriptor: int, target: FolderEntry, part_name: bytes, key: bytes) -> None:
    """Create a copy under a new name, verified by reading it back, or nothing."""
    part = target.named(part_name)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    copy = os.open(part.name, flags, 0o600, dir_fd=part.folder)
    try:
        copy_bytes(descriptor, copy)
        if digest(copy) != key:
            raise MoveRefused(CHANGED)
        _give_name(part, target)
    except BaseException:
        if part.status() is not None:
            part.unlink()
        raise
    finally:
        os.close(copy)


def _give_name(part: FolderEntry, target: FolderEntry) -> None:
    """Give a finished copy its name, which must be free."""
    try:
        part.link_to(target)
    except OSError as error:
        if error.errno not in _NO_LINK or target.status() is not None:
            raise
        part.rename_to(target)  # no hard links here: the name was free a moment ago
    else:
        os.fsync(target.folder)
        part.unlink()


class Recovery(Enum):
    """The result of :func:`recover_one`."""

    NOTHING = ""
    KEPT = "stays where it was"
    CLEANED = "had an unfinished copy, which was removed"
    FINISHED = "was copied already and got its name"


def recover_one(origin: FolderEntry | None, aside_entry: FolderEntry | None, part: bytes, key: bytes) -> Recovery:
    """Recover one interrupted move in either direction.

    If both names exist, the file stays at its old path. A partial copy is removed if the content is complete
    elsewhere; if it is the only complete one, it gets its name.

    Args:
        origin: the old entry; None if its folder does not exist.
        aside_entry: the entry aside; None if its folder does not exist.
        part: temporary name of the copy; only moves use such names.
        key: SHA-1 of the content.
    """
    entries = [entry for entry in (origin, aside_entry) if entry is not None]
    parts = [entry.named(part) for entry in entries if entry.named(part).status() is not None]
    both = len(entries) == 2 and all(entry.status() is not None for entry in entries)
    if not parts and not both:
        return Recovery.NOTHING
    holding = [entry for entry in entries if entry.holds(key)]
    if not holding and (done := _finish(parts, entries, key)):
        return done
    for part_entry in parts:
        part_entry.unlink()
    if len(holding) == 2 and not holding[0].is_same_name(holding[1]):
        return _drop_second(holding[0], holding[1], part, key)
    return Recovery.CLEANED if parts else Recovery.NOTHING


def _drop_second(kept: FolderEntry, second: FolderEntry, part: bytes, key: bytes) -> Recovery:
    """Remove one of two names: rename it first, and check the other again: mounts may show one file twice."""
    aside = second.named(part)
    second.rename_to(aside)
    if not kept.holds(key):
        aside.rename_to(second)
        return Recovery.NOTHING
    aside.unlink()
    return Recovery.KEPT


def _finish(parts: Sequence[FolderEntry], places: Sequence[FolderEntry], key: bytes) -> Recovery | None:
    """If the content is only in a partial copy, give that copy its name if it is free."""
    for part in parts:
        target = next(entry for entry in places if entry.folder == part.folder)
        if part.holds(key):
            if target.status() is not None:
                return Recovery.NOTHING  # another file has the name: nothing is changed
            _give_name(part, target)
            return Recovery.FINISHED
    return None
