"""Colour profiles and colours, computed here from their definitions: what LittleCMS makes of them is checked by it."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

Array = npt.NDArray[Any]

# To XYZ at D50 (Bradford), by columns red, green, blue; Display P3 and Adobe RGB (1998) after their specifications.
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
_D50 = np.array([0.9642, 1.0, 0.8249])


def linear(values: Array) -> Array:
    """Values 0..255 of sRGB to light, 0..1 (IEC 61966-2-1)."""
    scaled = values / 255.0
    return np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)


def encoded_in(picture: Image.Image, matrix: Array, gamma: float) -> Image.Image:
    """An sRGB picture's colours as numbers of another space; those that it has not are clipped."""
    light = linear(np.asarray(picture, float)) @ (np.linalg.inv(matrix) @ SRGB).T
    return Image.fromarray(np.rint(np.clip(light, 0, 1) ** (1 / gamma) * 255).astype(np.uint8))


def lab(picture: Image.Image) -> Array:
    """CIE L*a*b* at D50: L* 0..100, a* and b* around 0."""
    relative = linear(np.asarray(picture, float)) @ SRGB.T / _D50
    cubes = np.where(relative > 216 / 24389, np.cbrt(relative), (24389 / 27 * relative + 16) / 116)
    x, y, z = np.moveaxis(cubes, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def matrix_profile(matrix: Array, gamma: float) -> bytes:
    """An ICC profile (version 2) of an RGB space."""
    tags = {b"wtpt": _xyz(_D50)}
    for name, column in zip((b"r", b"g", b"b"), matrix.T, strict=True):
        tags[name + b"XYZ"] = _xyz(column)
        tags[name + b"TRC"] = _curve(gamma)
    return _profile(b"RGB ", b"XYZ ", tags)


def grey_profile(gamma: float) -> bytes:
    """An ICC profile of a grey space."""
    return _profile(b"GRAY", b"XYZ ", {b"wtpt": _xyz(_D50), b"kTRC": _curve(gamma)})


def ink_profile(corners: dict[tuple[int, int, int, int], tuple[int, int, int]]) -> bytes:
    """An ICC profile of CMYK: for each of the 16 ways of all or nothing of an ink the colour (sRGB) that it gives."""
    grid = [(c, m, y, k) for c in (0, 1) for m in (0, 1) for y in (0, 1) for k in (0, 1)]
    colours = Image.new("RGB", (16, 1))
    colours.putdata([corners[corner] for corner in grid])
    values = lab(colours)[0]
    table = np.stack([values[:, 0] * 2.55, values[:, 1] + 128, values[:, 2] + 128], -1)
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 if place % 4 == 0 else 0 for place in range(9)))
    content = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + ramp * 4
    content += np.clip(np.rint(table), 0, 255).astype(np.uint8).tobytes() + ramp * 3
    return _profile(b"CMYK", b"Lab ", {b"wtpt": _xyz(_D50), b"A2B0": content, b"A2B1": content}, b"prtr")


def srgb_profile() -> bytes:
    """As Pillow makes it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _xyz(values: Array) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def _profile(space: bytes, connection: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr") -> bytes:
    name = b"a profile of the tests\0"
    about = b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(8 + 3 + 67)
    every = {b"desc": about, b"cprt": b"text" + bytes(4) + b"none\0", **tags}
    head, body, start = struct.pack(">I", len(every)), io.BytesIO(), 128 + 4 + 12 * len(every)
    for key, content in every.items():
        head += key + struct.pack(">II", start + body.tell(), len(content))
        body.write(content + bytes(-len(content) % 4))
    size = start + len(body.getvalue())
    header = struct.pack(">I", size) + bytes(4) + b"\2\x10\0\0" + kind + space + connection + bytes(12) + b"acsp"
    header = header.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + head + body.getvalue()
