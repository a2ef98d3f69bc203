"""What the app frees goes back to the system. Otherwise each of its threads keeps as much as it once needed.

The GNU C library keeps freed blocks with the thread that used them, and raises its limits with every large block, up
to 64 MB a thread. Recommending once in each of the app's threads left 200 MB that nothing used.
"""

from __future__ import annotations

import sys

# mallopt(3), the GNU C library: setting a limit also ends its growing.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
LARGE = 4 << 20  # bytes: a block of this size goes back as soon as it is freed
_KEPT = 8 << 20  # bytes free at the end of a thread's memory from which they go back


def return_what_is_freed() -> bool:
    """Fix the limits of the C library, for this process. Returns whether it has them (Linux with the GNU one)."""
    if sys.platform != "linux":
        return False
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return mallopt is not None and bool(mallopt(_MMAP_THRESHOLD, LARGE) and mallopt(_TRIM_THRESHOLD, _KEPT))
