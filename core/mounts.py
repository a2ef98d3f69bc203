"""The file system of a folder: locks of network file systems may not work between machines."""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.paths import is_inside

_MOUNTS = Path("/proc/self/mountinfo")
# Linux names. FUSE types have the form fuse.NAME; those of local disks (fuse.ntfs-3g) are not listed.
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "davfs", "glusterfs"})
_NETWORK_FUSE = frozenset({"sshfs", "rclone", "s3fs", "gvfsd-fuse", "glusterfs", "curlftpfs", "davfs2", "smbnetfs"})
# File systems that give a file a new inode number when it is loaded again, or (FUSE) may do so.
_NUMBERS_CHANGE = frozenset({"vfat", "msdos", "exfat", "fuse"})
# File systems in memory: who has mapped a file and written to a page once can do so again without a new time.
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "hugetlbfs"})
# Concerns the locks of vec types (flock) and the catalog (SQLite's WAL needs shared memory).
UNSAFE = "locks may not hold between machines; use it from one machine at a time"
_OCTAL = re.compile(rb"\\([0-7]{3})")


def network_file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """The type of a folder's network file system, such as ``nfs4``; empty for a local one.

    Also empty if the system does not tell (macOS).
    """
    kind = file_system(folder, mounts)
    return kind if kind in _NETWORK or kind.removeprefix("fuse.") in _NETWORK_FUSE else ""


def file_numbers_last(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether the file system below ``folder`` gives a file the same number (inode) as long as it exists."""
    kind = file_system(folder, mounts)
    return not (network_file_system(folder, mounts) or kind in _NUMBERS_CHANGE or kind.startswith("fuse."))


def every_write_is_dated(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether the file system below ``folder`` gives a file another time when a synced mapping of it is written to."""
    return file_system(folder, mounts) not in _IN_MEMORY


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """The type of a folder's file system, such as ``ext4``; empty if the system does not tell."""
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return ""
    path = os.fsencode(os.path.realpath(folder))
    longest, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(b" - ")
        fields, about = before.split(), after.split()
        if len(fields) < 5 or not about:
            continue
        point = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), fields[4])
        if is_inside(path, point) and len(point) >= longest:  # of several mounts at one point the last one is visible
            longest, kind = len(point), about[0].decode("ascii", "replace")
    return kind


def warning(folder: Path) -> str:
    """A one-line warning for a project on a network file system; empty for a local one."""
    kind = network_file_system(folder)
    return f"the project is on a network file system ({kind}): {UNSAFE}" if kind else ""
