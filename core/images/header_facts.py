"""Read :class:`core.images.richness.Richness` from the header of an open picture. Runs in a decoder process."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from PIL import ExifTags, Image

from core.images.attached import FILE_STRUCTURE, attached
from core.images.coded_pixels import chroma, colour_scale, extra_channels
from core.images.later_frames import later_frames
from core.images.pixels import DECODER_ERRORS
from core.images.richness import CMYK, GREY, IPTC, LOSSLESS, MAKER_NOTE, RGB, UNKNOWN_LOSS, XMP, Richness
from core.images.stated_colours import stated_colours

_HEAD = 1 << 16  # bytes that are searched for boxes and markers
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")
_DEPTHS = {"1": 1, "I": 32, "F": 32}
# The sum of libjpeg's luminance table at quality 50; Annex K of ITU-T T.81.
_LUMINANCE_AT_50 = 3_688
_TIFF_BITS, _TIFF_COMPRESSION, _TIFF_TABLES, _TIFF_IPTC, _TIFF_XMP = 258, 259, 347, 33_723, 700
_TIFF_PHOTOMETRIC, _TIFF_GREY = 262, (0, 1)  # white is zero, black is zero
_TIFF_JPEG = (6, 7)
_TIFF_LOSSY = (50_001, 34_712, 33_003, 33_005, 34_892)  # WebP, JPEG 2000 by three names, lossy JPEG of DNG
_PHOTOSHOP = 34_377
_PHOTOGRAPH_TAGS = (
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
    ExifTags.Base.ImageDescription,
)


def header_facts(image: Image.Image, stream: BinaryIO) -> Richness | None:
    """The data in the header of an open picture; None if the header is incomplete. Decodes no pixels.

    Args:
        image: just opened. Another frame may be selected afterwards.
        stream: the same file.
    """
    try:
        head = _head(stream)
        profile = image.info.get("icc_profile")
        quality = _quality(image, head, stream)
        coarseness = colour_scale(image)
        facts: dict[str, Any] = {
            "depth": _depth(image, head),
            "colour": _colour(image),
            "palette": int(image.mode in ("P", "PA") or image.format == "GIF"),
            "alpha": int(image.has_transparency_data),
            "quality": quality,
            "extra": extra_channels(_tiff(image)) if image.format == "TIFF" else 0,
            "chroma": chroma(image, head, lossless=quality == LOSSLESS),
            "colour_quality": _as_quality(coarseness) if coarseness else 0,
            "icc": _profile(profile)
            if isinstance(profile, bytes) and profile
            else _hash_of(stated_colours(image, stream)),
            **_exif(image),
            **attached(image, stream),
        }
        frames = max(1, _frames(image))
        return Richness(frames=frames, later=later_frames(image, stream, frames), **facts)
    except (*DECODER_ERRORS, AssertionError):  # Pillow's own, of a palette that is cut off
        return None


def _head(stream: BinaryIO) -> bytes:
    before = stream.tell()
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(before)
    return head


def _frames(image: Image.Image) -> int:
    beside = image.info.get("depth_images")
    return int(getattr(image, "n_frames", 1)) + (len(beside) if isinstance(beside, list) else 0)


def _colour(image: Image.Image) -> int:
    if image.format == "TIFF" and _tiff(image).get(_TIFF_PHOTOMETRIC) in _TIFF_GREY:
        return GREY  # the mode does not show it if the depth is unusual
    if image.mode.startswith("I;") or image.mode in _GREY_MODES:
        return GREY
    return CMYK if image.mode == "CMYK" else RGB


def _depth(image: Image.Image, head: bytes) -> int:
    """Bits per channel in the file: Pillow reduces many to 8."""
    if image.format == "PNG" and head[12:16] == b"IHDR":
        return 8 if image.mode == "P" else head[24]
    if image.format == "TIFF":
        bits = _tiff(image).get(_TIFF_BITS, 1)
        return max(bits) if isinstance(bits, tuple) else int(bits)
    if image.format in ("JPEG", "MPO"):
        return int(getattr(image, "bits", 8))
    if image.format == "JPEG2000" and 0 <= (start := head.find(b"\xff\x4f\xff\x51")) < len(head) - 42:
        return (head[start + 42] & 0x7F) + 1
    if image.format == "AVIF" and 0 <= (start := head.find(b"av1C")) < len(head) - 7:
        return {0: 8, 2: 10, 3: 12}.get(head[start + 6] >> 5 & 3, 8)
    told = image.info.get("bit_depth")
    return told if isinstance(told, int) else _DEPTHS.get(image.mode, 16 if image.mode.startswith("I;16") else 8)


def _quality(image: Image.Image, head: bytes, stream: BinaryIO) -> int:
    if image.format in ("PNG", "BMP", "GIF"):
        return LOSSLESS
    if image.format in ("JPEG", "MPO"):
        tables: Mapping[int, Any] = getattr(image, "quantization", {})
        return _jpeg_quality(sum(tables[min(tables)])) if tables else UNKNOWN_LOSS
    if image.format == "TIFF":
        return _tiff_quality(_tiff(image), stream)
    if image.format == "WEBP":
        return LOSSLESS if _webp_lossless(head) else UNKNOWN_LOSS
    return UNKNOWN_LOSS  # HEIF, AVIF, JPEG 2000: their headers do not contain the quality


def _jpeg_quality(total: int) -> int:
    """libjpeg's quality from the sum of a luminance table: 1 to 100. Off by at most 2 for libjpeg's tables."""
    return _as_quality(100 * total / _LUMINANCE_AT_50)


def _as_quality(scale: float) -> int:
    """libjpeg's quality for tables that are ``scale`` percent of those at quality 50."""
    return max(1, min(100, round(100 - scale / 2 if scale <= 100 else 5_000 / scale)))


def _tiff(image: Image.Image) -> Mapping[int, Any]:
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    return tags


def _tiff_quality(tags: Mapping[int, Any], stream: BinaryIO) -> int:
    compression = tags.get(_TIFF_COMPRESSION, 1)
    if compression in _TIFF_JPEG:
        tables = tags.get(_TIFF_TABLES)
        if not isinstance(tables, bytes):
            tables = _first_strip(tags, stream)
        return _quality_of_stream(tables)
    return UNKNOWN_LOSS if compression in _TIFF_LOSSY else LOSSLESS


def _first_strip(tags: Mapping[int, Any], stream: BinaryIO) -> bytes:
    offsets = tags.get(273) or tags.get(324) or tags.get(513)
    first = offsets[0] if isinstance(offsets, tuple) and offsets else offsets
    if not isinstance(first, int):
        return b""
    before = stream.tell()
    stream.seek(first)
    content = stream.read(_HEAD)
    stream.seek(before)
    return content


def _quality_of_stream(content: bytes) -> int:
    """The quality from the first quantisation table (DQT) in a JPEG stream."""
    start = content.find(b"\xff\xdb")
    if start < 0 or len(content) < start + 5 + 64:
        return UNKNOWN_LOSS
    table = content[start + 5 : start + 5 + (128 if content[start + 4] >> 4 else 64)]
    values = struct.unpack(f">{len(table) // 2}H", table) if content[start + 4] >> 4 else tuple(table)
    return _jpeg_quality(sum(values))


def _webp_lossless(head: bytes) -> bool:
    """Whether the first frame is a VP8L chunk."""
    place = 12
    while place + 8 <= len(head):
        kind, size = head[place : place + 4], int.from_bytes(head[place + 4 : place + 8], "little")
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        place += 8 + 16 if kind == b"ANMF" else 8 + size + size % 2
    return False


def _profile(profile: bytes) -> int:
    """Hash of a colour profile; 0 for sRGB."""
    name = _profile_name(profile)
    return 0 if b"sRGB" in name else _hash(name or profile)


def _hash_of(content: bytes) -> int:
    return _hash(content) if content else 0


def _profile_name(profile: bytes) -> bytes:
    """The `desc` tag as ASCII; empty if there is none. ICC.1:2022, 7.3 and 10.15."""
    count = int.from_bytes(profile[128:132], "big")
    for number in range(min(count, 100)):
        entry = profile[132 + 12 * number : 144 + 12 * number]
        if entry[:4] == b"desc":
            start, size = int.from_bytes(entry[4:8], "big"), int.from_bytes(entry[8:12], "big")
            return profile[start + 8 : start + min(size, 512)].replace(b"\0", b"")
    return b""


def _exif(image: Image.Image) -> dict[str, int]:
    tags = image.getexif()
    inner, place = tags.get_ifd(ExifTags.IFD.Exif), tags.get_ifd(ExifTags.IFD.GPSInfo)
    fields = [tag for tag in inner if tag not in FILE_STRUCTURE]
    fields += [tag for tag in _PHOTOGRAPH_TAGS if tags.get(tag)] + list(place)
    base = ExifTags.Base
    position = [place.get(number) for number in (1, 2, 3, 4)]
    notes = MAKER_NOTE * (base.MakerNote in inner)
    notes |= XMP * any(name in image.info for name in ("xmp", "XML:com.adobe.xmp"))
    if image.format == "TIFF":
        notes |= XMP * (_TIFF_XMP in tags) | IPTC * (_TIFF_IPTC in tags or _PHOTOSHOP in tags)
    else:
        notes |= IPTC * ("photoshop" in image.info)
    return {
        "exif": len(fields),
        "notes": notes,
        "camera": _of(tags.get(base.Make), tags.get(base.Model)),
        "taken": _of(inner.get(base.DateTimeOriginal) or inner.get(base.DateTimeDigitized)),
        "place": _of(*position) if any(position) else 0,
        "words": _of(
            tags.get(base.ImageDescription),
            tags.get(base.Artist),
            tags.get(base.Copyright),
            inner.get(base.UserComment),
        ),
    }


def _of(*values: Any) -> int:
    """Hash of values; 0 if all are empty."""
    plain: Callable[[Any], str] = lambda value: "" if value is None else str(value).strip("\0 ")  # noqa: E731
    texts = [plain(value) for value in values]
    return _hash("\0".join(texts).encode("utf-8", "surrogatepass")) if any(texts) else 0


def _hash(content: bytes) -> int:
    return zlib.crc32(content) or 1
