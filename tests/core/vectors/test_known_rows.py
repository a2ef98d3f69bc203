"""Rows are looked at before they are used, each once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.errors import StoreDamaged
from core.vectors import store
from core.vectors.known_rows import check_rows

from vector_helpers import DIM, ROW_BYTES, key, make  # isort: skip

HUGE = np.full((1, DIM), 3e38, np.float32)


def check(folder: Path) -> None:
    check_rows(folder, store.Reader(folder).snapshot())


def test_rows_that_come_later_are_looked_at_then(tmp_path: Path) -> None:
    folder = make(tmp_path / "effnet-lite0", (1, 2, 3))
    check(folder)
    with store.Writer(folder) as writer:
        writer.append([key(4)], HUGE)
    for _ in range(2):  # what is wrong stays wrong
        with pytest.raises(StoreDamaged, match="no model computes 1 row of the vectors effnet-lite0"):
            check(folder)
    with store.Writer(folder) as writer:
        writer.void([key(4)])
    check(folder)


def test_what_was_looked_at_is_not_read_again_but_another_file_is(tmp_path: Path) -> None:
    folder = make(tmp_path / "effnet-lite0", (1, 2, 3))
    check(folder)
    with (folder / "rows.f32").open("r+b") as stream:
        stream.seek(ROW_BYTES)
        stream.write(HUGE.tobytes())
    check(folder)
    shutil.copy(folder / "rows.f32", folder / "copy")
    os.replace(folder / "copy", folder / "rows.f32")
    with pytest.raises(StoreDamaged):
        check(folder)
