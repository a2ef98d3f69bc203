"""The pictures that were decoded to be shown large: some are kept, within a number of bytes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from core.catalog import readable
from tui.widgets.decoded import Decoded

ONE = 100 * 100 * 3  # bytes of each picture


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The keys of the pictures that were read."""
    keys: list[bytes] = []

    def read_picture_of(catalog: object, key: bytes, path: bytes, needed: int) -> Image.Image:
        keys.append(key)
        return Image.new("RGB", (100, 100))

    monkeypatch.setattr(readable, "read_picture_of", read_picture_of)
    return keys


def get(decoded: Decoded, key: bytes) -> Image.Image:
    project: Any = SimpleNamespace(catalog=None)
    picture: Any = SimpleNamespace(key=key, path=key)
    return decoded.get(project, picture, 100)


@pytest.mark.parametrize(("most_bytes", "kept"), [(10 * ONE, 3), (3 * ONE, 3), (3 * ONE - 1, 2), (ONE, 1), (1, 1)])
def test_the_last_ones_are_kept_within_the_bytes_and_the_newest_always(
    read: list[bytes], most_bytes: int, kept: int
) -> None:
    decoded = Decoded(most_bytes=most_bytes)
    for key in (b"a", b"b", b"c", b"d"):
        get(decoded, key)
    assert (read, decoded.held_bytes) == ([b"a", b"b", b"c", b"d"], kept * ONE)
    for key in [b"b", b"c", b"d"][-kept:]:
        get(decoded, key)
    assert read == [b"a", b"b", b"c", b"d"]
