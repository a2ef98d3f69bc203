"""Which file system a folder lies on, as the kernel's table of mounts says."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.mounts import every_write_is_dated, file_numbers_last, network_file_system, warning

TABLE = rb"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:50 / /mnt/share rw,relatime shared:5 - nfs4 server:/export rw,vers=4.2
31 30 0:51 / /mnt/share/local rw - xfs /dev/vdb rw
32 22 0:52 / /mnt/with\040space rw - cifs //server/x rw
33 22 0:53 / /mnt/ssh rw - fuse.sshfs user@host:/ rw
34 22 0:54 / /mnt/usb rw - fuseblk /dev/sdb1 rw
35 22 0:55 / /mnt/plan9 rw - 9p host rw
38 22 0:58 / /mnt/stick rw - vfat /dev/sdc1 rw
39 22 0:59 / /mnt/merged rw - fuse.mergerfs a:b rw
36 22 0:56 / /mnt/twice rw - nfs server:/a rw
37 22 0:57 / /mnt/twice rw - tmpfs tmpfs rw
nonsense
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/x", ""),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/a/b", "nfs4"),
        ("/mnt/shared", ""),
        ("/mnt/share/local/a", ""),
        ("/mnt/with space/a", "cifs"),
        ("/mnt/ssh/a", "fuse.sshfs"),
        ("/mnt/usb/a", ""),
        ("/mnt/plan9/a", "9p"),
        ("/mnt/twice/a", ""),
    ],
)
def test_network_file_systems_are_known_by_their_mount(tmp_path: Path, folder: str, kind: str) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes(TABLE)
    assert network_file_system(Path(folder), table) == kind


@pytest.mark.parametrize(
    ("folder", "last"),
    [("/home/x", True), ("/mnt/share/a", False), ("/mnt/usb/a", True), ("/mnt/stick/a", False), ("/mnt/merged", False)],
)
def test_file_numbers_last_on_the_file_systems_of_disks(tmp_path: Path, folder: str, last: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes(TABLE)
    assert file_numbers_last(Path(folder), table) == last


@pytest.mark.parametrize(("folder", "dated"), [("/home/x", True), ("/mnt/usb/a", True), ("/mnt/twice/a", False)])
def test_in_memory_not_every_write_is_dated(tmp_path: Path, folder: str, dated: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_bytes(TABLE)
    assert every_write_is_dated(Path(folder), table) == dated


def test_where_the_system_does_not_tell_nothing_is_said(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, tmp_path / "absent") == ""
    assert warning(tmp_path) == ""
