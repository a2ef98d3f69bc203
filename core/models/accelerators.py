"""Whether this machine may have a GPU that torch uses, told without importing torch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Of NVIDIA's driver, of AMD's, and of the one that Windows gives to Linux.
_DEVICES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")
_NONE = frozenset({"", "-1", "none"})


def may_be_here() -> bool:
    """False only if there is certainly none."""
    if sys.platform == "darwin":
        return True
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip().lower() in _NONE:
        return False
    return any(Path(device).exists() for device in _DEVICES)
