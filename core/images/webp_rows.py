"""Decode one WebP picture with libwebp's incremental decoder, which shows whether it needs the last bytes of its data.

The library is part of imagecodecs, which has no function for this. The functions used are in
libwebp's ``decode.h`` since 2011.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_RGB, _RGBA = 0, 1  # WEBP_CSP_MODE
_OK, _SUSPENDED = 0, 5  # VP8StatusCode


def decode(content: bytes, spare: int, size: tuple[int, int], alpha: bool) -> tuple[Pixels | None, bool] | None:
    """Pixels of shape (height, width, 3 or 4), and whether they need the last ``spare`` bytes; None: no library.

    Args:
        content: a file with one still picture.
        spare: bytes at its end.
        size: width and height.
        alpha: whether there are four channels.

    Returns:
        The pixels are None if data is missing or wrong.
    """
    library = _library()
    if library is None:
        return None
    pixels = np.empty((size[1], size[0], 4 if alpha else 3), np.uint8)
    output = ctypes.c_void_p(pixels.ctypes.data)
    decoder = library.WebPINewRGB(_RGBA if alpha else _RGB, output, pixels.nbytes, pixels.strides[0])
    if not decoder:
        raise MemoryError
    try:
        first = library.WebPIUpdate(decoder, content, len(content) - spare) if spare else _SUSPENDED
        if first not in (_OK, _SUSPENDED):
            return None, True
        if first == _OK:
            return pixels, False
        last = library.WebPIUpdate(decoder, content, len(content))
        return (pixels if last == _OK else None), True
    finally:
        library.WebPIDelete(decoder)


@functools.cache
def _library() -> Any:
    from imagecodecs import _webp

    try:
        library = ctypes.CDLL(_webp.__file__)  # symbols are also found in libraries linked with it
        library.WebPINewRGB.restype = ctypes.c_void_p
        library.WebPINewRGB.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        library.WebPIUpdate.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        library.WebPIDelete.argtypes = [ctypes.c_void_p]
        library.WebPIDelete.restype = None
    except (OSError, AttributeError):
        return None
    return library
