"""Which file system a folder lies on: locks of network file systems may not hold between machines."""

from __future__ import annotations

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
# As Linux names them. FUSE says after a point what it is; those of local disks (fuse.ntfs-3g) are not here.
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "davfs", "glusterfs"})
_NETWORK_FUSE = frozenset({"sshfs", "rclone", "s3fs", "gvfsd-fuse", "glusterfs", "curlftpfs", "davfs2", "smbnetfs"})
# Of the vec types' locks (flock) and of the catalog (SQLite's WAL needs memory that is shared).
UNSAFE = "locks may not hold between machines; use it from one machine at a time"
_OCTAL = re.compile(rb"\\([0-7]{3})")


def network_file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """The type of the network file system that a folder lies on, as in ``nfs4``; empty for a local one.

    Empty too where the system does not tell (macOS).
    """
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return ""
    place = os.fsencode(os.path.realpath(folder))
    longest, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(b" - ")
        fields, about = before.split(), after.split()
        if len(fields) < 5 or not about:
            continue
        point = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), fields[4])
        inside = place == point or place.startswith(point.rstrip(b"/") + b"/")
        if inside and len(point) >= longest:  # of several at one point the last one is seen
            longest, kind = len(point), about[0].decode("ascii", "replace")
    return kind if kind in _NETWORK or kind.removeprefix("fuse.") in _NETWORK_FUSE else ""


def warning(folder: Path) -> str:
    """What to be told of a project on a network file system, one line; empty for a local one."""
    kind = network_file_system(folder)
    return f"the project lies on a network file system ({kind}): {UNSAFE}" if kind else ""
