"""TIFF in YCbCr without JPEG: brightness and subsampled colours in units, as TIFF 6.0 defines them (section 21).

Pillow reads such files only if they are compressed, and tifffile none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from tifffile import COMPRESSION

from core.errors import UnreadablePicture

Values = npt.NDArray[np.uint8]

# Those that pack bytes; others decode colours themselves.
COMPRESSIONS = (
    COMPRESSION.NONE,
    COMPRESSION.LZW,
    COMPRESSION.ADOBE_DEFLATE,
    COMPRESSION.DEFLATE,
    COMPRESSION.PACKBITS,
    COMPRESSION.LZMA,
    COMPRESSION.ZSTD,
)
_COEFFICIENTS, _SUBSAMPLING, _REFERENCES = 529, 530, 532  # tags
_BT_601 = (0.299, 0.587, 0.114)
_FULL_RANGE = (0.0, 255.0, 128.0, 255.0, 128.0, 255.0)
_FACTORS = (1, 2, 4)


def rgb(file: tifffile.TiffFile, page: tifffile.TiffPage) -> Values:
    """The pixels as shape (height, width, 3).

    Raises:
        UnreadablePicture: data is missing, or its kind is not supported.
        Exception: it is damaged; the library may raise any exception.
    """
    across, down = _subsampling(page)
    if page.bitspersample != 8 or page.samplesperpixel != 3 or page.planarconfig != 1:
        raise UnreadablePicture("TIFF, YCbCr colours in this layout: not supported")
    height, width = page.imagelength, page.imagewidth
    found = np.zeros((height, width, 3), np.uint8)
    tall, wide = (page.tilelength, page.tilewidth) if page.is_tiled else (min(page.rowsperstrip, height), width)
    for top, left, data in _parts(file, page, tall, wide):
        rows = tall if page.is_tiled else min(tall, height - top)
        planes = _planes(data, rows, wide, across, down)
        shown = found[top : top + rows, left : left + wide]
        shown[:] = _converted(page, planes[: shown.shape[0], : shown.shape[1]])
    return found


def _subsampling(page: tifffile.TiffPage) -> tuple[int, int]:
    tag = page.tags.get(_SUBSAMPLING)
    factors = (2, 2) if tag is None else tag.value
    if not isinstance(factors, tuple) or len(factors) != 2 or any(factor not in _FACTORS for factor in factors):
        raise UnreadablePicture("damaged: its header is broken")
    return factors


def _parts(
    file: tifffile.TiffFile, page: tifffile.TiffPage, tall: int, wide: int
) -> Iterator[tuple[int, int, npt.NDArray[np.uint8]]]:
    """Each strip or tile: its first row and column, and its bytes, unpacked."""
    across = math.ceil(page.imagewidth / wide)
    unpack: Any = tifffile.TIFF.DECOMPRESSORS[page.compression]
    for number in range(across * math.ceil(page.imagelength / tall)):
        file.filehandle.seek(page.dataoffsets[number])
        data = file.filehandle.read(page.databytecounts[number])
        data = data if unpack is None else unpack(data)
        yield number // across * tall, number % across * wide, np.frombuffer(data, np.uint8)


def _planes(data: Values, rows: int, wide: int, across: int, down: int) -> Values:
    """Y, Cb and Cr at full size, shape (rows, wide, 3) or larger."""
    shape = -(-rows // down), -(-wide // across), across * down + 2
    if data.size < math.prod(shape):
        raise UnreadablePicture("truncated: the file ends before the picture does")
    units = data[: math.prod(shape)].reshape(shape)
    bright = units[..., :-2].reshape(*shape[:2], down, across).swapaxes(1, 2).reshape(shape[0] * down, -1)
    colours = units[..., -2:].repeat(down, 0).repeat(across, 1)
    return np.dstack([bright, colours])


def _converted(page: tifffile.TiffPage, planes: Values) -> Values:
    red, green, blue = _numbers(page, _COEFFICIENTS, _BT_601)
    ends = _numbers(page, _REFERENCES, _FULL_RANGE)
    spans = ends[1] - ends[0], ends[3] - ends[2], ends[5] - ends[4]
    if not green or not all(spans):
        raise UnreadablePicture("damaged: its header is broken")
    bright, first, second = (
        (planes[..., place].astype(np.float32) - ends[2 * place]) * (scale / spans[place])
        for place, scale in enumerate((255, 127, 127))
    )
    reds = bright + second * (2 - 2 * red)
    blues = bright + first * (2 - 2 * blue)
    greens = (bright - red * reds - blue * blues) / green
    seen: Values = np.clip(np.rint(np.dstack([reds, greens, blues])), 0, 255).astype(np.uint8)
    return seen


def _numbers(page: tifffile.TiffPage, code: int, usual: tuple[float, ...]) -> tuple[float, ...]:
    """The fractions of a tag; the usual numbers if it is not there or broken."""
    tag = page.tags.get(code)
    flat = tag.value if tag is not None and isinstance(tag.value, tuple) else ()
    if len(flat) != 2 * len(usual) or not all(flat[1::2]):
        return usual
    return tuple(float(Fraction(*pair)) for pair in zip(flat[::2], flat[1::2], strict=True))
