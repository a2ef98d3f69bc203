"""The one way in for every picture: stored ones, query files, thumbnails.

A file becomes an RGB picture, upright, on white, its values in 0..255, whatever it was before. Vectors of a stored
picture and of the same file given as a query are equal because both come through :func:`read_picture`.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from core.errors import CannotDecode, UnreadablePicture
from core.images.formats import register_decoders
from core.text import byte_size, printable

if TYPE_CHECKING:  # for pictures of one channel only: a decoder process starts in half the time without it
    import numpy as np

# 250 million pixels are 1 GB as Pillow keeps them (4 bytes each) in one decoder thread. 100 MP cameras fit well.
MAX_PIXELS = 250_000_000

# Four channels of 32-bit floats a pixel. What is larger (a sparse file can claim exabytes) would take hours to hash.
MAX_BYTES = 16 * MAX_PIXELS
# No picture's fault: there are no more files to be had, in this process or on this machine.
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

# From here on a picture is averaged down before it is resized: 16 MP are 64 MB a decoder thread.
_LARGE_PIXELS = 16_000_000

# What brings a picture upright, by EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_WHITE = (255, 255, 255, 255)
# What Pillow's decoders raise on broken or hostile input. Anything else is a defect of ours and should be seen.
_DECODER_ERRORS = (
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

Source = str | bytes | os.PathLike[str] | BinaryIO


def read_picture(source: Source, *, greyscale: bool = False, at_least: int | None = None) -> Image.Image:
    """Read a picture: first frame, upright, flattened on white, mode RGB.

    Args:
        source: a path (bytes where it is not UTF-8), or an open file, which is closed.
        greyscale: drop colour (ITU-R 601 luma) after orientation and flattening, before any resizing.
        at_least: the shorter side that the caller needs, in pixels. A JPEG may then be decoded at 1/2, 1/4 or 1/8
            of its size, and a very large picture of any format be averaged down, never to less than this.

    Returns:
        Picture of mode ``RGB``; where ``greyscale``, its three channels are equal.

    Raises:
        UnreadablePicture: with the reason in words.
    """
    with open_picture(source) as image:
        try:
            if at_least is not None:
                _draft(image, at_least)
            image.load()
            turn = _TURNS.get(_orientation(image))
            picture = _flatten(image) if at_least is None else _flatten_small(image, at_least)
        except _DECODER_ERRORS as error:
            raise UnreadablePicture(_reason(error)) from error
    if turn is not None:
        picture = picture.transpose(turn)
    return without_colour(picture) if greyscale else picture


def without_colour(picture: Image.Image) -> Image.Image:
    """An RGB picture whose three channels are its luma (ITU-R 601)."""
    return picture.convert("L").convert("RGB")


def displayed_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as a person sees them: EXIF orientations 5 to 8 lie on their side."""
    width, height = image.size
    if image.format == "TIFF":  # Pillow brings it upright by itself, and says the size it will have
        return width, height
    return (height, width) if _orientation(image) in (5, 6, 7, 8) else (width, height)


@contextmanager
def open_picture(source: Source) -> Iterator[Image.Image]:
    """Open a picture and read its header only.

    Raises:
        UnreadablePicture: not a regular file, not one of the allowed formats, or more pixels than ``MAX_PIXELS``.
    """
    stream = open_regular(source) if isinstance(source, str | bytes | os.PathLike) else source
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and odd metadata; the limit below decides, the rest is not the user's.
            warnings.simplefilter("ignore")
            try:
                image = Image.open(stream, formats=register_decoders())
            except _DECODER_ERRORS as error:
                raise UnreadablePicture(_reason(error)) from error
            with image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise UnreadablePicture(f"too large: {width:,} x {height:,} pixels, the limit is {MAX_PIXELS:,}")
                yield image
    finally:
        stream.close()


def open_regular(path: str | bytes | os.PathLike[str]) -> BinaryIO:
    """Open ``path`` for reading if it is a regular file. Never waits: a FIFO or a device is refused.

    Raises:
        UnreadablePicture: not there, not permitted, not a regular file, or of more than ``MAX_BYTES``.
        CannotDecode: no more files can be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _EXHAUSTED:
            raise CannotDecode(
                f"no more files may be open ({(error.strerror or str(error)).lower()})",
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


def _draft(image: Image.Image, at_least: int) -> None:
    """Let libjpeg decode at a fraction of the size (its DCT scales by 1/2, 1/4, 1/8 at almost no cost)."""
    shorter = min(image.size)
    if shorter > at_least:
        scale = at_least / shorter
        image.draft(None, (round(image.width * scale), round(image.height * scale)))


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where the EXIF block is absent, broken or says nonsense: the picture still counts."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DECODER_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _flatten(image: Image.Image) -> Image.Image:
    """Any mode to RGB, transparency on white, values by their own range."""
    if image.mode.startswith(("I", "F")):
        import numpy as np

        return Image.fromarray(_to_bytes(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, _WHITE), layered).convert("RGB")
    return image.convert("RGB")


def _flatten_small(image: Image.Image, at_least: int) -> Image.Image:
    """:func:`_flatten`, and a very large picture brought down to not less than ``at_least`` pixels at its shorter side.

    Strip by strip: a drawing of 16,000 x 14,000 pixels takes 6 s and 1 GB instead of 21 s and 3 GB.
    """
    factor = min(image.size) // at_least
    if factor < 2 or image.width * image.height < _LARGE_PIXELS or image.mode.startswith(("I", "F")):
        return _flatten(image)
    small = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    rows = factor * 8
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(image.height, top + rows)))
        small.paste(_flatten(strip).reduce(factor), (0, top // factor))
    return small


def _to_bytes(values: np.ndarray) -> np.ndarray:
    """Grey values of any numeric type, shape (h, w), to uint8 by their range.

    Integers are read at the smallest usual depth (8, 10, 12, 14, 16 bits) that holds their largest value, so a 12-bit
    scan in a 16-bit file is not black. Floats in 0..1 or 0..255 keep that scale; anything else is stretched from its
    least to its largest finite value.
    """
    import numpy as np

    numbers = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    least, largest = float(numbers.min()), float(numbers.max())
    if least < 0:
        low, high = least, largest
    elif np.issubdtype(values.dtype, np.floating):
        low, high = 0.0, next((top for top in (1.0, 255.0) if largest <= top), largest)
    else:
        low, high = 0.0, next((top for top in (255.0, 1023.0, 4095.0, 16383.0, 65535.0) if largest <= top), largest)
    scaled = (numbers - low) * (255.0 / (high - low)) if high > low else np.zeros_like(numbers)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _reason(error: Exception) -> str:
    """Why, in words a person understands; never the decoder's internals where we know better."""
    if isinstance(error, OSError) and error.errno:
        named = {
            errno.ENOENT: "the file is not there any more",
            errno.EACCES: "no permission to read the file",
            errno.EPERM: "no permission to read the file",
            errno.EIO: "the disk could not read the file",
            errno.ELOOP: "a symbolic link that leads back to itself",
            errno.ENXIO: "not a regular file",
            errno.EINVAL: "damaged: it points outside of the file",
        }
        return named.get(error.errno, (error.strerror or str(error)).lower())
    if isinstance(error, UnidentifiedImageError):
        return "not a picture in a known format"
    if isinstance(error, MemoryError):
        return "it needs more memory than a picture may take"
    text = printable(str(error).strip()) or type(error).__name__
    if "truncated" in text.lower() or "end of file" in text or isinstance(error, EOFError):
        return "truncated: the file ends before the picture does"
    return f"damaged: {text}"


# Half a picture must be a failure with a reason, not a grey rectangle with a vector.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Our own limit replaces Pillow's: it is a reason in the ledger, and above what large-format scans need.
Image.MAX_IMAGE_PIXELS = None
