"""A PNG that lacks only the checksum after its pixels is read; one that lacks pixels is not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadablePicture
from core.images.read import read_picture


def noise() -> tuple[bytes, np.ndarray]:
    values = np.random.default_rng(1).integers(0, 256, (30, 20, 3), np.uint8)
    written = io.BytesIO()
    Image.fromarray(values).save(written, "PNG")
    return written.getvalue(), values


@pytest.mark.parametrize("kept", [0, 1, 3, 4])
def test_a_png_without_the_checksum_after_its_pixels_is_whole(kept: int) -> None:
    content, values = noise()
    end = len(content) - 12 - 4 - (4 - kept)  # IEND, the chunk's own checksum, the rest of the pixels' one
    assert (np.asarray(read_picture(io.BytesIO(content[:end]))) == values).all()


@pytest.mark.parametrize("lost", [1, 2, 10])
def test_a_png_without_its_last_pixels_is_refused(lost: int) -> None:
    content, _ = noise()
    with pytest.raises(UnreadablePicture, match="truncated"):
        read_picture(io.BytesIO(content[: len(content) - 20 - lost]))


def test_a_wrong_checksum_is_still_damage() -> None:
    content, _ = noise()
    wrong = bytearray(content)
    wrong[-17] ^= 1
    with pytest.raises(UnreadablePicture):
        read_picture(io.BytesIO(bytes(wrong)))


def test_one_of_two_checksums_is_enough() -> None:
    content, values = noise()
    wrong = bytearray(content)
    wrong[-13] ^= 1  # of the chunk
    assert (np.asarray(read_picture(io.BytesIO(bytes(wrong)))) == values).all()
    wrong[-40] ^= 1  # a pixel
    with pytest.raises(UnreadablePicture):
        read_picture(io.BytesIO(bytes(wrong)))
