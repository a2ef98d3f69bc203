"""The pixels of a picture as stored in its file, decoded for each format by a decoder that reports missing pixels."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO, cast

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from core.errors import UnreadablePicture
from core.images import heif, jpeg, jpeg2000, png, webp
from core.images.formats import register_decoders
from core.images.profiles import profile_in

# Exceptions of decoders on broken or hostile input. Any other exception is a bug here and should be seen.
DECODER_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    OverflowError,
    ZeroDivisionError,
    AttributeError,
    RuntimeError,
    MemoryError,
    Image.DecompressionBombError,
)

_BROKEN = "damaged: its header is broken"
_LONGEST_SIGNATURE = 12
_SIGNATURES = (b"\xff\xd8\xff", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


def open_header(stream: BinaryIO) -> Image.Image:
    """Read the header of an open file with Pillow. Its ``info`` contains colour profile and EXIF block, if any.

    Raises:
        UnidentifiedImageError: its format is not supported.
        Exception: one of ``DECODER_ERRORS``.
    """
    start = stream.read(_LONGEST_SIGNATURE)
    stream.seek(0)
    if start.startswith(png.SIGNATURE):
        return _open_png(stream)
    try:
        image = Image.open(stream, formats=register_decoders())
    except DECODER_ERRORS as error:
        if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
            # A truncated text or a wrong file length costs no pixel.
            return Image.open(io.BytesIO(webp.bare_header(stream)), formats=register_decoders())
        _raise_reason(start, stream, error)
        raise
    if image.format in ("BMP", "JPEG2000"):
        before = stream.tell()
        image.info["icc_profile"] = profile_in(_content(stream), image.format) or None
        stream.seek(before)
    return image


def _open_png(stream: BinaryIO) -> Image.Image:
    chunks = png.find_chunks(stream)
    stream.seek(0)
    try:
        image: Image.Image = Image.open(stream, formats=register_decoders())
    except MemoryError:  # texts have a separate limit: this exceeds the memory of a decoder
        raise
    except DECODER_ERRORS:  # texts or profiles that are too large or damaged
        try:
            image = Image.open(io.BytesIO(png.bare_header(chunks)), formats=register_decoders())
        except UnidentifiedImageError:
            if not chunks.first:
                raise
            raise UnreadablePicture(_BROKEN) from None
    if image.mode == "P" and image.palette is None:
        raise UnreadablePicture("damaged: its palette is missing")
    image.info["icc_profile"] = chunks.profile or image.info.get("icc_profile")
    if chunks.exif or "Raw profile type exif" not in image.info:
        # If this is not set, Pillow decodes the whole picture to search for EXIF after it.
        image.info["exif"] = chunks.exif
    return image


def _raise_reason(start: bytes, stream: BinaryIO, error: Exception) -> None:
    """Raise the reason why Pillow does not recognise a file of a known format.

    Raises:
        UnreadablePicture: with the reason.
    """
    if not isinstance(error, UnidentifiedImageError):
        return
    if start.startswith(b"\xff\xd8\xff"):
        jpeg.refuse(_content(stream))
    if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS:
        heif.check(_content(stream))
    elif not start.startswith(_SIGNATURES):
        return
    raise UnreadablePicture(_BROKEN) from error


def decode(image: Image.Image, stream: BinaryIO, at_least: int | None) -> tuple[Image.Image, int]:
    """All pixels of an open picture, and the EXIF orientation to apply to them.

    Args:
        image: from :func:`open_header`.
        stream: the same file.
        at_least: see :func:`core.images.jpeg.decode`.

    Raises:
        UnreadablePicture: pixels are missing, or the kind of file is not supported.
        Exception: one of ``DECODER_ERRORS``.
    """
    if image.format in ("JPEG", "MPO"):
        return jpeg.decode(_content(stream), at_least), orientation_of(image)
    if image.format == "PNG":
        return png.decode(stream), orientation_of(image)
    if image.format == "WEBP":
        return webp.decode(_content(stream)), orientation_of(image)
    if image.format == "TIFF":
        return _tiff(image, stream)
    if image.format == "JPEG2000":
        pixels = jpeg2000.decode(_content(stream))
        return (_eight_bits(pixels) if pixels.mode.startswith("I") else pixels), orientation_of(image)
    if image.format in ("HEIF", "AVIF"):
        heif.check(_content(stream))
    box = aperture_of(image) if image.format == "AVIF" else None
    image.load()
    if box:
        return image.crop(box), orientation_of(image)
    return (_eight_bits(image) if image.mode.startswith(("I", "F")) else image), orientation_of(image)


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 if the EXIF block is absent, broken or invalid: the picture is still read."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except DECODER_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def aperture_of(image: Image.Image) -> heif.Box | None:
    """The clean aperture of an open AVIF, before rotation; None for all of it. In HEIC libheif applies it."""
    if not isinstance(image, ImageFile.ImageFile) or image.fp is None:
        return None
    return heif.clean_aperture(_content(cast(BinaryIO, image.fp)), image.size)


def _tiff(image: Image.Image, stream: BinaryIO) -> tuple[Image.Image, int]:
    from core.images import tiff

    orientation = orientation_of(image)
    stream.seek(0)
    try:
        pixels = tiff.decode(stream)
    except (UnreadablePicture, *DECODER_ERRORS):
        raise
    except Exception as error:
        raise ValueError(str(error)) from error
    if pixels is not None:
        return pixels, orientation
    stream.seek(0)
    image.load()  # Pillow applies the orientation
    return image, 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Convert Pillow's modes of more than eight bits, whose values have their full range."""
    import numpy as np

    from core.images.depth import to_bytes

    return Image.fromarray(to_bytes(np.asarray(image)))


def _content(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read()
