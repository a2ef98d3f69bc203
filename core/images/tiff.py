"""TIFF: read by its tags with tifffile and imagecodecs, or refused with a description of its kind.

Pillow has a table of tag combinations, and decodes some of them wrongly. Here depth, kind
of number, order of the samples, colours and transparency are read one by one.
"""

from __future__ import annotations

import logging
import math
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, SAMPLEFORMAT

from core.errors import UnreadablePicture
from core.images import fax, jpeg, jpeg2000, tiff_ycbcr, webp
from core.images.colour import to_srgb
from core.images.depth import to_bytes

Values = npt.NDArray[Any]

_TRUNCATED = "truncated: the file ends before the picture does"
_COLOURS: dict[int, int] = {
    PHOTOMETRIC.MINISWHITE: 1,
    PHOTOMETRIC.MINISBLACK: 1,
    PHOTOMETRIC.PALETTE: 1,
    PHOTOMETRIC.RGB: 3,
    PHOTOMETRIC.YCBCR: 3,
    PHOTOMETRIC.CIELAB: 3,
    PHOTOMETRIC.ICCLAB: 3,
    PHOTOMETRIC.SEPARATED: 4,
}
_NAMES: dict[int, str] = {
    PHOTOMETRIC.MASK: "a transparency mask",
    PHOTOMETRIC.ITULAB: "ITU L*a*b* colours",
    PHOTOMETRIC.CFA: "a colour filter array (raw camera data)",
    PHOTOMETRIC.LINEAR_RAW: "raw camera data",
    PHOTOMETRIC.LOGL: "LogL values",
    PHOTOMETRIC.LOGLUV: "LogLuv colours",
}
_COMPLEX = (SAMPLEFORMAT.COMPLEXINT, SAMPLEFORMAT.COMPLEXIEEEFP)
_JPEGS = (COMPRESSION.JPEG, COMPRESSION.ALT_JPEG)
_WEBPS = (COMPRESSION.WEBP, 34_927)
_JPEG2000S = (COMPRESSION.JPEG2000, COMPRESSION.APERIO_JP2000_YCBC, COMPRESSION.APERIO_JP2000_RGB)
_JPEGXRS = (COMPRESSION.JPEGXR, COMPRESSION.JPEGXR_NDPI)
_ZEROS = bytes(256)  # in a row: whole JPEG XR has been seen with 49
_FAXES = (COMPRESSION.CCITTRLE, COMPRESSION.CCITT_T4, COMPRESSION.CCITT_T6)
# Compressions whose decoders invent missing pixels.
_LENIENT = (*_JPEGS, *_WEBPS, *_JPEG2000S, *_JPEGXRS, *_FAXES)
_ALPHA: dict[int, int] = {EXTRASAMPLE.UNASSALPHA: 1, EXTRASAMPLE.ASSOCALPHA: 2}
_TOO_MUCH = ("INSUFFICIENT_SPACE", "OUTPUT_TOO_SMALL")  # a strip has too much data
_MODES = {(1, 0): "L", (1, 1): "LA", (1, 2): "La", (3, 0): "RGB", (3, 1): "RGBA", (3, 2): "RGBa", (4, 0): "CMYK"}

logging.getLogger("tifffile").setLevel(logging.CRITICAL + 1)  # its messages are not needed


def decode(stream: BinaryIO) -> Image.Image | None:
    """The first picture of a file, before rotation: mode L, LA, RGB, RGBA, CMYK or LAB.

    None if Pillow's decoder must be used (JPEG from before 1995; differences of YCbCr colours;
    a last strip that extends below the picture).

    Raises:
        UnreadablePicture: its kind is not supported, or data is missing.
        Exception: it is damaged; the library may raise any exception.
    """
    with tifffile.TiffFile(stream, name="picture") as file:
        page = file.pages.first
        if page.compression == COMPRESSION.OJPEG:
            return None
        _refuse_others(page)
        _check_data(file, page)
        if page.photometric == PHOTOMETRIC.YCBCR and page.compression in tiff_ycbcr.COMPRESSIONS:
            return None if page.predictor != 1 else Image.fromarray(tiff_ycbcr.rgb(file, page))
        try:
            values = page.asarray(squeeze=False, maxworkers=1)
        except (ValueError, RuntimeError) as error:
            if "not supported" in str(error) or "requires" in str(error):
                raise _not_supported(str(error)) from error
            if any(words in str(error) for words in _TOO_MUCH) and _extends_below(file, page):
                return None
            raise
        return _picture(page, values)


def _refuse_others(page: tifffile.TiffPage) -> None:
    bits = page.bitspersample
    if page.sampleformat in _COMPLEX:
        raise _not_supported(f"{bits}-bit complex")
    if page.photometric not in _COLOURS:
        raise _not_supported(_NAMES.get(page.photometric, f"colours of kind {int(page.photometric)}"))
    if not isinstance(bits, int):
        raise _not_supported(f"samples of different depth ({', '.join(map(str, bits))} bits)")
    if page.dtype is None:
        raise _not_supported(
            f"{bits}-bit {'floating-point' if page.sampleformat == SAMPLEFORMAT.IEEEFP else 'integer'}"
        )
    if page.samplesperpixel < _COLOURS[page.photometric] or page.imagedepth > 1:
        count = page.samplesperpixel if page.imagedepth == 1 else page.imagedepth
        raise _not_supported(f"{count} {'samples of a colour' if page.imagedepth == 1 else 'planes in depth'}")
    if page.photometric == PHOTOMETRIC.SEPARATED and _tag(page, 332, 1) != 1:
        raise _not_supported("inks other than cyan, magenta, yellow and black")


def _check_data(file: tifffile.TiffFile, page: tifffile.TiffPage) -> None:
    """Check that each strip or tile is inside the file, and complete if its decoder does not check that."""
    size = file.filehandle.size
    places = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    if len(places) < math.prod(page.chunked):
        raise UnreadablePicture("damaged: a part of its pixels is missing")
    needed = page.nbytes // math.prod(page.chunked) if page.compression == COMPRESSION.NONE else size
    if any(offset <= 0 or count <= 0 or offset + min(count, needed) > size for offset, count in places):
        raise UnreadablePicture(_TRUNCATED)
    for number, (offset, count) in enumerate(places if page.compression in _LENIENT else ()):
        file.filehandle.seek(offset)
        _check_strip(page, number, file.filehandle.read(count))


def _check_strip(page: tifffile.TiffPage, number: int, data: bytes) -> None:
    """Check that a strip or tile is complete, for compressions whose decoders invent missing pixels.

    Raises:
        UnreadablePicture: it is not.
    """
    if page.compression in _JPEGS:
        if page.bitspersample == 8:
            tables = page.jpegtables or b""
            jpeg.decode(tables[:-2] + data[2:] if tables else data, 1)
    elif page.compression in _WEBPS:
        webp.decode(data)
    elif page.compression in _JPEG2000S:
        jpeg2000.decode(data)
    elif page.compression in _JPEGXRS:
        if _ZEROS in data:
            raise UnreadablePicture("damaged: a part of its pixels is missing (zeros are in its place)")
    elif not fax.is_whole(_in_order(page, data), _fax_decoder(page, number)):
        raise UnreadablePicture("damaged: a part of its pixels is missing or wrong")


def _in_order(page: tifffile.TiffPage, data: bytes) -> bytes:
    """The bytes of a strip with the most significant bit first."""
    return bytes(imagecodecs.bitorder_decode(data)) if page.fillorder == 2 else data


def _fax_decoder(page: tifffile.TiffPage, number: int) -> Callable[[bytes], Values]:
    if page.is_tiled:
        rows, width = page.tilelength, page.tilewidth
    else:
        rows, width = min(page.rowsperstrip, page.imagelength - number * page.rowsperstrip), page.imagewidth
    if page.compression == COMPRESSION.CCITT_T6:
        return lambda data: imagecodecs.ccittfax4_decode(data, rows, width)
    if page.compression == COMPRESSION.CCITTRLE:
        return lambda data: imagecodecs.ccittrle_decode(data, rows, width)
    options = int(_tag(page, 292, 0) or 0)
    return lambda data: imagecodecs.ccittfax3_decode(data, rows, width, t4options=options)


def _extends_below(file: tifffile.TiffFile, page: tifffile.TiffPage) -> bool:
    """Whether each strip is complete, and the last one has rows below the picture: Pillow decodes those.

    Pillow accepts wrong data as long as there is enough of it, so the checksum is verified here.
    """
    if page.is_tiled or page.planarconfig != 1 or page.bitspersample not in (1, 8):
        return False
    row = (page.imagewidth * page.samplesperpixel * int(page.bitspersample) + 7) // 8
    for number, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=False)):
        file.filehandle.seek(offset)
        data = file.filehandle.read(count)
        needed, most = (
            row * min(page.rowsperstrip, page.imagelength - number * page.rowsperstrip),
            row * page.rowsperstrip,
        )
        if page.compression == COMPRESSION.PACKBITS:
            found = len(imagecodecs.packbits_decode(data))
        else:
            unpacker = zlib.decompressobj()
            try:
                found = len(unpacker.decompress(data, most + 1))
            except zlib.error:
                return False
            found *= unpacker.eof
        if not needed <= found <= most:
            return False
    return True


def _picture(page: tifffile.TiffPage, values: Values) -> Image.Image:
    """Convert values of shape (separate samples, 1, height, width, contiguous samples) to a picture."""
    planes = values[:, 0]
    pixels = planes[0] if planes.shape[0] == 1 else np.moveaxis(planes[..., 0], 0, -1)
    height, width = pixels.shape[:2]
    colours, alpha = _COLOURS[page.photometric], _alpha(page)
    if page.photometric == PHOTOMETRIC.PALETTE:
        return (
            _layered(page, _coloured(page, pixels[..., 0]), pixels[..., 1])
            if alpha
            else _coloured(page, pixels[..., 0])
        )
    if page.photometric in (PHOTOMETRIC.CIELAB, PHOTOMETRIC.ICCLAB):
        seen_lab = Image.frombytes("LAB", (width, height), _lab(page, pixels[..., :3]).tobytes())
        return _layered(page, to_srgb(seen_lab, page.iccprofile), pixels[..., 3]) if alpha else seen_lab
    used = colours + (alpha > 0 and colours != 4)
    bits = page.bitspersample if pixels.dtype.kind == "u" else None
    stated = _stated(page)
    if stated is None and pixels.dtype.kind in "ub":
        seen = np.array(to_bytes(pixels[..., :used], bits), order="C")
    else:  # each sample may have a different scale
        seen = np.empty((height, width, used), np.uint8)
        for sample in range(used):
            seen[..., sample] = to_bytes(np.ascontiguousarray(pixels[..., sample]), bits, stated)
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        seen[..., 0] = 255 - seen[..., 0]
    if colours == 4 and alpha == 1:  # no ink is white
        cover = to_bytes(np.ascontiguousarray(pixels[..., 4]), bits, stated)
        seen = np.rint(seen * (cover[..., None] / np.float32(255))).astype(np.uint8)
    mode = _MODES[colours, 0 if colours == 4 else alpha]
    picture = Image.frombuffer(mode, (width, height), seen, "raw", mode, 0, 1)
    return picture.convert({"La": "LA", "RGBa": "RGBA"}.get(mode, mode))


def _layered(page: tifffile.TiffPage, colours: Image.Image, cover: Values) -> Image.Image:
    """Colours that are not mixed with their transparency: mode RGBA."""
    bits = page.bitspersample if cover.dtype.kind == "u" else None
    colours.putalpha(Image.fromarray(to_bytes(np.ascontiguousarray(cover), bits)))
    return colours


def _alpha(page: tifffile.TiffPage) -> int:
    """The kind of the sample after the colours: 0 none, 1 transparency, 2 transparency with premultiplied colours."""
    if not page.extrasamples:  # four samples of RGB are RGBA for most writers that forget to say so
        return int(page.photometric == PHOTOMETRIC.RGB and page.samplesperpixel == 4)
    return _ALPHA.get(page.extrasamples[0], 0)


def _stated(page: tifffile.TiffPage) -> tuple[float, float] | None:
    """The range of the values, if the file states it; else None.

    SMinSampleValue and SMaxSampleValue (TIFF 6.0, section 20); MaxSampleValue if it is a depth, such as 12 bits
    in 16. Other values are statistics of this picture, which do not define its brightness.
    """
    low, high = (_numbers(_tag(page, code)) for code in (340, 341))
    if high and max(high) > min(low or [0.0]):
        return min(low or [0.0]), max(high)
    most = _numbers(_tag(page, 281))
    bits = int(page.bitspersample)
    if most and page.sampleformat == SAMPLEFORMAT.UINT and max(most) in {2.0**n - 1 for n in range(8, bits)}:
        return 0.0, max(most)
    return None


def _coloured(page: tifffile.TiffPage, indices: Values) -> Image.Image:
    colours = page.colormap
    if colours is None:
        raise UnreadablePicture("damaged: its palette is missing")
    # Some programs write 8-bit values into the 16-bit palette.
    table = (colours if colours.max() < 256 else colours >> 8).astype(np.uint8).T
    height, width = indices.shape
    seen = np.ascontiguousarray(table[np.minimum(indices, len(table) - 1)])
    return Image.frombytes("RGB", (width, height), seen.data)


def _lab(page: tifffile.TiffPage, pixels: Values) -> npt.NDArray[np.uint8]:
    """L*, a*, b* with 8 bits for Pillow: a* and b* signed."""
    bits = int(page.bitspersample)
    if bits not in (8, 16) or pixels.dtype.kind not in "iu":
        raise _not_supported(f"L*a*b* colours of {bits} bits")
    values = pixels.view(f"u{bits // 8}").copy()
    if page.photometric == PHOTOMETRIC.ICCLAB:  # a* and b* are unsigned there
        values[..., 1:] ^= values.dtype.type(1 << (bits - 1))
    if bits == 8:
        return values.view(np.uint8)
    seen = (values >> 8).astype(np.uint8)
    seen[..., 0] = to_bytes(np.ascontiguousarray(values[..., 0]))
    return seen


def _tag(page: tifffile.TiffPage, code: int, default: Any = None) -> Any:
    tag = page.tags.get(code)
    return default if tag is None else tag.value


def _numbers(value: Any) -> list[float]:
    values = value if isinstance(value, tuple) else (value,)
    return [float(number) for number in values if isinstance(number, int | float) and math.isfinite(number)]


def _not_supported(what: str) -> UnreadablePicture:
    return UnreadablePicture(f"TIFF, {what}: not supported")
