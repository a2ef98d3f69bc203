"""Colour profiles: convert the values of a picture to sRGB.

With LittleCMS, relative colorimetric with black point compensation, as in picture editors. A profile that is broken or
of another colour space than the picture is ignored.
"""

from __future__ import annotations

import functools
import io
from typing import Any

from PIL import Image

_LARGEST = 1 << 23  # bytes; printer profiles have about 3 MB
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
_BARELY = 2  # steps of 255: a profile that changes no colour by more is treated as sRGB
_COLOURS = {"LA": "L", "RGBA": "RGB"}


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert a picture of mode L, LA, RGB, RGBA, CMYK or LAB to mode RGB, RGBA, L or LA.

    Without a profile grey and RGB are unchanged, CMYK is inverted, and LAB has the white point D50.
    """
    colours = picture
    if picture.mode in _COLOURS:
        colours = picture.convert(_COLOURS[picture.mode])
    transform = _transform(profile, colours.mode) if profile and len(profile) <= _LARGEST else None
    if transform is None and colours.mode == "LAB":
        transform = _transform(b"", "LAB")
    if transform is None:
        return picture.convert("RGB") if picture.mode in ("CMYK", "LAB") else picture
    from PIL import ImageCms

    seen = ImageCms.applyTransform(
        colours if transform.input_mode == colours.mode else colours.convert("RGB"), transform
    )
    if seen is not None and picture.mode in _COLOURS:
        seen.putalpha(picture.getchannel("A"))
    return seen or picture


@functools.lru_cache(16)
def _transform(profile: bytes, mode: str) -> Any:
    """The transform from this mode to sRGB. None if there is nothing to do, or the profile is not usable."""
    from PIL import ImageCms

    try:
        source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
        space = _SPACES.get(source.profile.xcolor_space, "") if profile else mode
        if space != mode and (space, mode) != ("RGB", "L"):
            return None
        transform = ImageCms.buildTransform(
            source,
            _srgb(),
            space,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if space in ("RGB", "L") and _is_srgb(transform, space) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@functools.cache
def _srgb() -> Any:
    from PIL import ImageCms

    return ImageCms.createProfile("sRGB")


def _is_srgb(transform: Any, mode: str) -> bool:
    """Whether colours sampled from the whole cube, or greys, are unchanged."""
    from PIL import ImageCms

    steps = bytes(range(0, 256, 17))
    if mode == "L":
        plain = Image.frombytes("L", (len(steps), 1), steps)
    else:
        cube = bytes(value for red in steps for green in steps for blue in steps for value in (red, green, blue))
        plain = Image.frombytes("RGB", (len(steps) ** 2, len(steps)), cube)
    seen = ImageCms.applyTransform(plain, transform)
    pairs = zip(plain.convert("RGB").tobytes(), seen.tobytes() if seen else b"", strict=True)
    return all(abs(before - after) <= _BARELY for before, after in pairs)
