"""Whether two paths are names of one file, by what the system says of them."""

from __future__ import annotations

import pytest

from core.removal.permission import DistinctFiles, PathState, PathStatus, is_same_file

TIMES = (5_000, 1_700_000_000_000_000_001, 1_700_000_000_000_000_002)


def status(device: int, inode: int, times: tuple[int, int, int] = TIMES) -> PathStatus:
    return PathStatus(PathState.UNCHANGED, "", (device, inode), times)


SAME = {
    "a hard link or a bind mount": (status(1, 7), status(1, 7)),
    "a share that is mounted twice": (status(1, 7), status(2, 7)),
    "an overlay or a pool, and the disk below it": (status(1, 7), status(2, 9_223_372_036_858_553_390)),
}
OTHER = {
    "written in one moment on one disk": (status(1, 7), status(1, 8)),
    "a copy on another disk": (status(1, 7), status(2, 7, (*TIMES[:2], TIMES[2] + 4_000_000))),
    "a copy with its own time": (status(1, 7), status(2, 9, (TIMES[0], TIMES[1] + 1, TIMES[2]))),
}


@pytest.mark.parametrize("what", [*SAME, *OTHER])
def test_one_file_is_known_by_device_and_inode_or_by_both_times(what: str) -> None:
    one, other = (SAME | OTHER)[what]
    expected = what in SAME
    assert is_same_file(one, other) is is_same_file(other, one) is expected
    met = DistinctFiles()
    assert not met.is_known(one)
    met.meet(one)
    assert met.is_known(one)
    assert met.is_known(other) is expected
