"""Read pictures: the only entry point for stored pictures, query files and thumbnails.

A file is converted to an upright RGB picture on white with values 0..255. Vectors of a stored
picture and of the same file given as a query are equal because both use :func:`read_picture`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from core.errors import CannotDecode, UnreadablePicture
from core.images.colour import to_srgb
from core.images.pixels import DECODER_ERRORS, aperture_of, decode, open_header, orientation_of
from core.text import byte_size, printable

# 250 million pixels take 1 GB in Pillow (4 bytes each) for each decoder. Enough for 100 MP cameras.
MAX_PIXELS = 250_000_000

# Four channels of 32-bit floats a pixel. Hashing larger files (a sparse file can claim exabytes) would take hours.
MAX_BYTES = 16 * MAX_PIXELS
# Not the picture's fault: this process or machine cannot open more files.
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

# Larger pictures are averaged down before they are resized: 16 MP take 64 MB for each decoder.
_LARGE_PIXELS = 16_000_000

# The transposition that makes a picture upright, by EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_UNSUPPORTED = re.compile(r"Unsupported (BMP) (.+)")  # a message of Pillow

_Colour = tuple[int, int, int, int]
_WHITE, _BLACK = (255, 255, 255, 255), (0, 0, 0, 255)
Source = str | bytes | os.PathLike[str] | BinaryIO


def read_picture(source: Source, *, at_least: int | None = None, on_black: bool = False) -> Image.Image:
    """Read a picture: first frame, upright, flattened on white, mode RGB.

    Args:
        source: a path (bytes if it is not UTF-8), or an open file, which is closed.
        at_least: required length of the shorter side, in pixels. A JPEG may then be decoded at 1/2, 1/4 or 1/8
            of its size, and a very large picture of any format averaged down, never to less than this.
        on_black: flatten on black instead: what is white on white is only seen there.

    Returns:
        Picture of mode ``RGB``.

    Raises:
        UnreadablePicture: with the reason in words.
    """
    with _open(source) as (image, stream):
        try:
            pixels, orientation = decode(image, stream, at_least)
            profile = image.info.get("icc_profile")
            ground = _BLACK if on_black else _WHITE
            if at_least is None:
                picture = _flatten(pixels, profile, ground)
            else:
                picture = _flatten_small(pixels, profile, ground, at_least)
        except DECODER_ERRORS as error:
            raise UnreadablePicture(_reason(error)) from error
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def without_colour(picture: Image.Image) -> Image.Image:
    """An RGB picture whose three channels are equal: its luma (ITU-R 601). Applied before any resizing."""
    return picture.convert("L").convert("RGB")


def displayed_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as displayed: EXIF orientations 5 to 8 exchange them."""
    width, height = image.size
    if image.format == "TIFF":  # Pillow returns the upright size
        return width, height
    if image.format == "AVIF" and (box := aperture_of(image)):
        width, height = box[2] - box[0], box[3] - box[1]
    return (height, width) if orientation_of(image) in (5, 6, 7, 8) else (width, height)


@contextmanager
def open_picture(source: Source) -> Iterator[Image.Image]:
    """Open a picture and read only its header.

    Raises:
        UnreadablePicture: not a regular file, not one of the allowed formats, or more pixels than ``MAX_PIXELS``.
    """
    with _open(source) as (image, _):
        yield image


@contextmanager
def _open(source: Source) -> Iterator[tuple[Image.Image, BinaryIO]]:
    """:func:`open_picture`, and the open file."""
    stream = open_regular(source) if isinstance(source, str | bytes | os.PathLike) else source
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and invalid metadata; the limit below decides, other warnings are no use.
            warnings.simplefilter("ignore")
            try:
                image = open_header(stream)
            except DECODER_ERRORS as error:
                raise UnreadablePicture(_reason(error)) from error
            with image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise UnreadablePicture(f"too large: {width:,} x {height:,} pixels, the limit is {MAX_PIXELS:,}")
                yield image, stream
    finally:
        stream.close()


def open_regular(path: str | bytes | os.PathLike[str]) -> BinaryIO:
    """Open ``path`` for reading if it is a regular file. Never blocks: a FIFO or a device is refused.

    Raises:
        UnreadablePicture: it does not exist, is not permitted, is not a regular file, or is larger than ``MAX_BYTES``.
        CannotDecode: no more files can be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _EXHAUSTED:
            raise CannotDecode(
                f"too many open files ({(error.strerror or str(error)).lower()})",
                "close other programs or raise the limit on open files (ulimit -n), then Restart",
            ) from error
        raise UnreadablePicture(_reason(error)) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
        os.close(descriptor)
        if stat.S_ISREG(status.st_mode):
            raise UnreadablePicture(f"too large: {byte_size(status.st_size)}, the limit is {byte_size(MAX_BYTES)}")
        raise UnreadablePicture("not a regular file")
    return os.fdopen(descriptor, "rb")


def _flatten(pixels: Image.Image, profile: bytes | None, ground: _Colour) -> Image.Image:
    """Convert any mode to RGB: colours to sRGB, transparency on ``ground``."""
    if pixels.mode not in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        pixels = pixels.convert("RGBA" if pixels.has_transparency_data else "RGB")
    elif pixels.mode in ("L", "RGB") and "transparency" in pixels.info:
        pixels = pixels.convert("RGBA")
    pixels = to_srgb(pixels, profile)
    if pixels.mode in ("LA", "RGBA"):
        layered = pixels.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, ground), layered).convert("RGB")
    plain = pixels.mode == "RGB" and not isinstance(pixels, ImageFile.ImageFile)
    return pixels if plain else pixels.convert("RGB")  # a copy takes a tenth of the time of decoding


def _flatten_small(pixels: Image.Image, profile: bytes | None, ground: _Colour, at_least: int) -> Image.Image:
    """:func:`_flatten`, with very large pictures averaged down to a shorter side of ``at_least`` pixels or more.

    In strips: a drawing of 16,000 x 14,000 pixels takes 6 s and 1 GB instead of 21 s and 3 GB.
    """
    factor = min(pixels.size) // at_least
    if factor < 2 or pixels.width * pixels.height < _LARGE_PIXELS:
        return _flatten(pixels, profile, ground)
    small = Image.new("RGB", (-(-pixels.width // factor), -(-pixels.height // factor)))
    rows = factor * 8
    for top in range(0, pixels.height, rows):
        strip = pixels.crop((0, top, pixels.width, min(pixels.height, top + rows)))
        small.paste(_flatten(strip, profile, ground).reduce(factor), (0, top // factor))
    return small


def _reason(error: Exception) -> str:
    """The reason in words; the decoder's message only if nothing better is known."""
    if isinstance(error, OSError) and error.errno:
        named = {
            errno.ENOENT: "the file is not there any more",
            errno.EACCES: "no permission to read the file",
            errno.EPERM: "no permission to read the file",
            errno.EIO: "the disk could not read the file",
            errno.ELOOP: "a symbolic link that leads back to itself",
            errno.ENXIO: "not a regular file",
            errno.EINVAL: "damaged: it points outside the file",
        }
        return named.get(error.errno, (error.strerror or str(error)).lower())
    if isinstance(error, UnidentifiedImageError):
        return "not a picture in a known format"
    if isinstance(error, MemoryError):
        return "it needs more memory than a picture may take"
    text = printable(str(error).strip()) or type(error).__name__
    if "truncated" in text.lower() or "end of file" in text or isinstance(error, EOFError):
        return "truncated: the file ends before the picture does"
    if kind := _UNSUPPORTED.fullmatch(text):
        return f"{kind[1]}, {kind[2]}: not supported"
    return f"damaged: {text}"


# Half a picture must be a failure with a reason, not a grey rectangle with a vector.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# ``MAX_PIXELS`` replaces Pillow's limit: it is reported as a failure, and is large enough for large-format scans.
Image.MAX_IMAGE_PIXELS = None
