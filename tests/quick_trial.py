"""The trial of a runtime where it is not what a test is about: two pictures, and no clock decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.models import runtime_trial


@contextmanager
def quick_trial(speed: Callable[[], float] = lambda: 2.0) -> Iterator[None]:
    """Inside, rows are compared on as few pictures as a trial takes, and nothing is measured: that took longest.

    Args:
        speed: how many times as fast as torch OpenVINO is.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime_trial, "_seconds", lambda torch, openvino: (speed(), 1.0))
        patch.setattr(runtime_trial, "PICTURES", 2)
        yield
