"""The only code that permits the removal of a file.

A file is proposed for removal, marked or moved only if a kept copy exists at that moment as another regular file
(another device and inode), its bytes have the hash in the catalog, and it is at least as rich.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from core.catalog.catalog import Catalog
from core.catalog.copies import File, within
from core.files import FileState, is_unchanged
from core.images.richness import Richness
from core.key_hints import key_for, with_keys
from core.labels.carry_labels import missing_labels
from core.removal.copy_comparison import holds_more
from core.removal.reread_headers import as_their_headers_say, reread_headers, with_facts

CHANGED = "changed since the scan: scan again with {rescan} or `pictoscope add`"
GONE = "no longer there: scan again with {rescan} or `pictoscope add`"
OTHER_NAME = "another name of the same file"
_CHUNK = 1 << 20
_MOST_VERIFIED = 200_000  # about 40 MB
# File times have a resolution of a few milliseconds, on some file systems of 2 s: a file that was written within this
# time before it was read may be written again without a change of its times.
_TICK_NS = 2_500_000_000

FileIdentity = tuple[int, int]


class PathState(Enum):
    """What is at the path of a file."""

    UNCHANGED = auto()  # the regular file that was scanned
    LINK = auto()  # a symbolic link, or a path through one
    UNUSABLE = auto()  # nothing, another file, or nothing that can be read


@dataclass(frozen=True, slots=True)
class PathStatus:
    """The current state of the path of a file.

    Attributes:
        state: what is there.
        problem: why the file can neither be removed nor replace another, in words; empty if it can.
        identity: device and inode: two paths with the same identity are one file. (0, 0) if there is no valid file.
        size_and_times: they change when the file is written.
    """

    state: PathState
    problem: str = ""
    identity: FileIdentity = (0, 0)
    size_and_times: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a file may be removed.

    Attributes:
        reason: why not, in words that follow "it is" or "it has"; empty if it may.
        replaced_by: the kept copy that replaces it; None if it may not be removed.
        labels: labels to carry over to that copy, in words; empty for none.
    """

    reason: str
    replaced_by: File | None = None
    labels: str = ""


class RemovalRule:
    """Decides whether files may be removed. Safe to share between threads.

    Args:
        catalog: of the files.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._roots = [folder.location for folder in catalog.folders() if not folder.path]
        self._reread: dict[bytes, Richness] = {}
        self._tried_to_reread: set[bytes] = set()
        self._read_now: dict[bytes, File] = {}

    def status(self, file: File) -> PathStatus:
        """The current state of its path, without reading the file."""
        root = min((root for root in self._roots if within(file.path, [root])), key=len, default=None)
        if root is None:
            return PathStatus(PathState.UNUSABLE, "outside the picture folders of the project")
        return current_status(file, root)

    def reason_against(self, file: File, kept: Sequence[File]) -> str:
        """Why none of these kept copies permits the removal of ``file``; empty if one does. Reads both files."""
        return self.permission(file, kept).reason

    def permission(
        self, file: File, kept: Sequence[File], *, read: bool = True, labels_follow: bool = False
    ) -> Permission:
        """Whether ``file`` may be removed while these copies are kept.

        Args:
            file: as the catalog has it.
            kept: copies of it that are kept.
            read: also hash the bytes of both. Without it the answer may be shown, but not acted on.
            labels_follow: the caller carries its labels over to the kept copy in the same step. Otherwise a copy with
                labels that the kept one lacks may not be removed.

        Raises:
            CatalogError: the catalog cannot be read. CannotDecode: no decoder can be started.
        """
        mine = self.status(file)
        if mine.problem:
            return Permission(mine.problem)
        permission = Permission("the only copy that exists")
        for other in kept:
            if other.path == file.path:
                continue
            permission = self._replaced_by(other, file, mine, read=read, labels_follow=labels_follow)
            if not permission.reason:
                break
        if not permission.reason and read and not verified(file, mine):
            return Permission(with_keys(CHANGED))
        return permission

    def _replaced_by(self, other: File, file: File, mine: PathStatus, *, read: bool, labels_follow: bool) -> Permission:
        theirs = self.status(other)
        if theirs.problem:
            return Permission(f"the only copy: the other is {theirs.problem}")
        if is_same_file(theirs, mine):
            return Permission(OTHER_NAME)
        more = holds_more(*self.with_facts([file, other]))
        if read and not more and file.key != other.key:
            more = holds_more(*self._as_their_headers_say([file, other]))
        if more:
            return Permission(f"has {more}")
        labels = missing_labels(self._catalog, file.key, other.key)
        if labels.conflict:
            return Permission(f"has {labels.conflict}")
        if labels and not labels_follow:
            carries = f"{key_for('duplicates.accept')} in the review carries them over"
            return Permission(f"has labels that the other lacks ({labels}): {carries}")
        if read and not verified(other, theirs):
            return Permission(f"the only copy: the other is {with_keys(CHANGED)}")
        return Permission("", other, str(labels))

    def _as_their_headers_say(self, files: Sequence[File]) -> list[File]:
        """The files as their headers say, read once for each content: the catalog may come from somebody else."""
        unknown = [file for file in files if file.key not in self._read_now]
        self._read_now |= {file.key: file for file in as_their_headers_say(unknown) if file.facts is not None}
        return [self._read_now.get(file.key, replace(file, facts=None)) for file in files]

    def with_facts(self, files: Sequence[File]) -> list[File]:
        """The files with header data. Headers that were scanned before the catalog stored it are read now, once.

        Raises:
            CatalogError: the catalog cannot be written. CannotDecode: no decoder can be started.
        """
        if len({file.key for file in files}) > 1:
            unknown = [file for file in files if file.facts is None and file.key not in self._tried_to_reread]
            self._tried_to_reread.update(file.key for file in unknown)
            if unknown:
                self._reread |= reread_headers(self._catalog, unknown)
        return [with_facts(file, self._reread) for file in files]


def current_status(file: File, root: bytes) -> PathStatus:
    """The current state of a file's path. Links above ``root``, which a person has given, are followed; none below."""
    path = root
    try:
        for name in os.path.relpath(file.path, root).split(b"/"):
            path = os.path.join(path, name)
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                problem = "a symbolic link" if path == file.path else "reached through a symbolic link"
                return PathStatus(PathState.LINK, problem)
    except FileNotFoundError:
        return PathStatus(PathState.UNUSABLE, with_keys(GONE))
    except (OSError, ValueError) as error:
        return PathStatus(PathState.UNUSABLE, f"not accessible ({getattr(error, 'strerror', None) or error})")
    if not stat.S_ISREG(status.st_mode):
        return PathStatus(PathState.UNUSABLE, "no longer a regular file")
    if not is_unchanged(status, file.size, file.mtime_ns):
        return PathStatus(PathState.UNUSABLE, with_keys(CHANGED))
    state = FileState.of(status)
    return PathStatus(PathState.UNCHANGED, "", state[:2], state[2:])


def is_same_file(one: PathStatus, other: PathStatus) -> bool:
    """Whether two paths with a valid file are, or may be, names of the same file.

    Device and inode tell. But a network share that is mounted twice has other devices, and what an overlay or a pool of
    disks shows has another device and inode than the file below it: there only the size and both times agree. Nobody
    can set the ctime, so two files on two disks have the same one only by a rare chance; then both are kept.
    """
    if one.identity == other.identity:
        return True
    if one.size_and_times != other.size_and_times:
        return False
    return one.identity[0] != other.identity[0] or one.identity[1] == other.identity[1]


class DistinctFiles:
    """The files among paths, each met once; see :func:`is_same_file`."""

    def __init__(self) -> None:
        self._met: dict[tuple[int, ...], list[PathStatus]] = {}

    def is_known(self, status: PathStatus) -> bool:
        """Whether the file was met before."""
        candidates = [*self._met.get(status.identity, ()), *self._met.get(status.size_and_times, ())]
        return any(is_same_file(status, other) for other in candidates)

    def meet(self, status: PathStatus) -> None:
        """Add a file."""
        for name in (status.identity, status.size_and_times):
            self._met.setdefault(name, []).append(status)


def verified(file: File, status: PathStatus) -> bool:
    """Whether the bytes at its path have the hash ``file.key``. Read once as long as the file is not written."""
    known = (*status.identity, *status.size_and_times)
    with _lock:
        if known in _verified:
            return _verified[known] == file.key
    try:
        descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as stream:
        try:
            if FileState.of(os.fstat(descriptor)) != known:
                return False
            digest = hashlib.sha1(usedforsecurity=False)
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
            if FileState.of(os.fstat(descriptor)) != known:
                return False
        except OSError:
            return False
    if time.time_ns() - max(known[3:]) < _TICK_NS:
        return digest.digest() == file.key
    with _lock:
        if len(_verified) >= _MOST_VERIFIED:
            _verified.clear()
        _verified[known] = digest.digest()
    return digest.digest() == file.key


_lock = threading.Lock()
_verified: dict[tuple[int, ...], bytes] = {}  # by device, inode, size, times: the hash of the bytes
