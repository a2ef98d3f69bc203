"""The content of a picture file besides pixels, EXIF and colour profile: texts, ratings, videos and other data.

Each kind is represented by one hash: copies with equal hashes have equal content. What programs rewrite (dates of
saving, names of programs, thumbnails, settings of a raw converter) is ignored.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from PIL import ExifTags, Image

from core.images import png, webp
from core.images.coded_pixels import coded_bytes
from core.images.richness import hashes_of

_CHUNK, _FIRST_CHUNK = 1 << 20, 1 << 12
_MOST_PARTS = 100_000  # segments or boxes that are read
_LONGEST_XMP = 1 << 22  # bytes; a longer one is compared unparsed
_KNOWN_SEGMENTS = (
    (0xE0, b""),  # JFIF and its thumbnail
    (0xE1, b"Exif\0"),
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
    (0xE2, b"ICC_PROFILE\0"),
    (0xE2, b"MPF\0"),
    (0xEC, b"Ducky"),
    (0xED, b"Photoshop 3.0\0"),
    (0xEE, b"Adobe"),
)
_COMMENT, _FIRST_APP, _LAST_APP, _SCAN, _END = 0xFE, 0xE0, 0xEF, 0xDA, 0xD9
# In coded pixels 0xFF is followed by 0 or by the number of a restart.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_KNOWN_CHUNKS = frozenset(
    b"IHDR PLTE IDAT tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT tIME eXIf acTL fcTL fdAT cICP mDCV cLLI".split()
)
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_IDLE_TEXTS = frozenset((b"Software", b"Creation Time", b"date:create", b"date:modify", b"date:timestamp"))
# Comments in which programs name themselves.
_IDLE_COMMENT = re.compile(
    rb"(CREATOR: gd-jpeg|Created with|Optimi[sz]ed|Compressed by|Lavc|LEAD Tech|Intel\(R\) JPEG|AppleMark)",
    re.IGNORECASE,
)
_XMP_TEXT = b"XML:com.adobe.xmp"
_LONGEST_TEXT = 1 << 24
_KNOWN_BOXES = frozenset((b"ftyp", b"meta", b"mdat", b"free", b"skip", b"moov", b"jP  ", b"jp2h", b"jp2c"))
_PHOTOSHOP_IPTC = 0x0404
_TIFF_IPTC, _TIFF_PHOTOSHOP, _FIRST_PRIVATE = 33_723, 34_377, 32_768
_TIFF_READ_ELSEWHERE = {33_432, _TIFF_IPTC, _TIFF_PHOTOSHOP, 34_665, 34_675, 34_853, 40_965}
_TIFF_NAMES = (269, 285)  # of document and page
_WINDOWS = (0x4746, 0x4749, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F)  # stars, title, comment, author, keywords, subject
# EXIF fields that describe the file structure, or that are compared separately (the maker note).
FILE_STRUCTURE = {
    ExifTags.Base.MakerNote,
    ExifTags.Base.ExifVersion,
    ExifTags.Base.FlashPixVersion,
    ExifTags.Base.ComponentsConfiguration,
    ExifTags.Base.ColorSpace,
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.Base.ExifInteroperabilityOffset,
    ExifTags.Base.CompressedBitsPerPixel,
}
# Matches only at the beginning of a name, so that it runs in linear time.
_XMP_ITEM = re.compile(
    rb"""(?<![\w.-])(?P<a>[A-Za-z_][\w.-]*):(?P<b>[A-Za-z_][\w.-]*)\s*=\s*(?:"(?P<c>[^"<>]*)"|'(?P<d>[^'<>]*)')"""
    rb"""|<(?P<e>[A-Za-z_][\w.-]*):(?P<f>[A-Za-z_][\w.-]*)[^<>]*>(?P<g>[^<>]+)(?=<)"""
)
_IDLE_SPACES = frozenset(b"xmlns xml x xmpMM stEvt stRef tiff exif exifEX aux crs crd xmpGImg stDim pdf".split())
_IDLE_NAMES = frozenset(
    b"rdf:about rdf:parseType rdf:resource rdf:ID xmp:CreatorTool xmp:CreateDate xmp:ModifyDate xmp:MetadataDate "
    b"photoshop:ColorMode photoshop:ICCProfile photoshop:DateCreated photoshop:LegacyIPTCDigest "
    b"photoshop:SidecarForExtension dc:format".split()
)


def attached(image: Image.Image, stream: BinaryIO) -> dict[str, Any]:
    """What lies beside the pixels, and how long they are themselves.

    Returns the fields ``xmp``, ``iptc``, ``texts``, ``settings``, ``each``, ``more`` and ``coded`` of
    :class:`core.images.richness.Richness`.

    Args:
        image: just opened, at its first frame.
        stream: the same file; its position is restored.
    """
    before = stream.tell()
    try:
        texts, more, coded = _walked(image, stream)
    finally:
        stream.seek(before)
    exif = image.getexif()
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    comment = image.info.get("comment") if image.format == "GIF" else None
    names = [(tag, exif.get(tag)) for tag in _WINDOWS] + [(tag, tags.get(tag) or exif.get(tag)) for tag in _TIFF_NAMES]
    texts += _comment(_content(comment))
    texts += [b"%d:%s" % (tag, _content(value)) for tag, value in names if _content(value).strip(b"\0 ")]
    private = sorted(tag for tag in tags if tag >= _FIRST_PRIVATE and tag not in (*_TIFF_READ_ELSEWHERE, *_WINDOWS))
    more += [b"%d:%s" % (tag, _content(tags.get(tag))) for tag in private]
    return {
        "xmp": _xmp(image.info.get("xmp") or image.info.get(_XMP_TEXT.decode())),
        "iptc": _iptc(image, tags),
        "texts": _of(texts),
        "settings": _of(settings := _settings(exif)),
        "each": hashes_of(settings),
        "more": _of(more),
        "coded": coded,
    }


def _walked(image: Image.Image, stream: BinaryIO) -> tuple[list[bytes], list[bytes], int]:
    """Texts and other data in the container of the format, long ones as their checksums; bytes of lossy pixels."""
    if image.format in ("JPEG", "MPO"):
        return _in_jpeg(stream)
    if image.format == "PNG":
        return *_in_png(stream, _XMP_TEXT.decode() in image.info or "xmp" in image.info), 0
    coded = coded_bytes(image, stream)
    if image.format in ("HEIF", "AVIF", "JPEG2000"):
        return [], [b"%s%d" % (kind, _checksum(stream, at, size)) for kind, at, size in _boxes(stream)], coded
    if image.format == "WEBP":
        return [], _in_webp(stream), coded
    return [], [], coded


def _comment(content: bytes) -> list[bytes]:
    """The comment, if a person may have written it; else empty."""
    said = content.strip(b"\0 \n")
    return [said] if said and not _IDLE_COMMENT.match(said) else []


def _in_jpeg(stream: BinaryIO) -> tuple[list[bytes], list[bytes], int]:
    texts, more, coded, at = list[bytes](), list[bytes](), 0, 2
    for _ in range(_MOST_PARTS):
        stream.seek(at)
        head = stream.read(4)
        if head[:2] == bytes([0xFF, _END]):
            return texts, more + _behind(stream, at + 2), coded
        if len(head) < 4:
            return texts, more, coded
        if head[0] != 0xFF:
            at = _next_marker(stream, at)
            continue
        marker, length = head[1], int.from_bytes(head[2:], "big")
        if marker in (0xFF, 0x01, 0xD8):  # a fill byte, or a marker that stands alone
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _SCAN:  # texts may follow between the scans
            start = at + 2 + max(2, length)
            at = _next_marker(stream, start)
            coded += max(0, at - start)
            continue
        if marker == _COMMENT:
            texts += _comment(stream.read(max(0, length - 2)))
        elif _FIRST_APP <= marker <= _LAST_APP:
            content = stream.read(max(0, length - 2))
            if not any(marker == known and content.startswith(start) for known, start in _KNOWN_SEGMENTS):
                more.append(b"%d:%d" % (marker, zlib.crc32(content)))
        at += 2 + max(2, length)
    return texts, more, coded


def _in_png(stream: BinaryIO, xmp_told: bool) -> tuple[list[bytes], list[bytes]]:
    texts, more = list[bytes](), list[bytes]()
    for kind, at, length in png.walk(stream):
        if kind == b"IEND":
            return texts, more + _behind(stream, at + 12)
        if kind in _TEXT_CHUNKS:
            keyword, _, text = stream.read(min(length, 200)).partition(b"\0")
            idle = keyword in _IDLE_TEXTS or (keyword.lower() == b"comment" and not _comment(text.lstrip(b"\0")))
            if not idle and not (xmp_told and keyword == _XMP_TEXT):
                texts.append(b"%d:%d" % (length, _checksum(stream, at + 8, min(length, _LONGEST_TEXT))))
        elif kind not in _KNOWN_CHUNKS:
            more.append(b"%s%d" % (kind, _checksum(stream, at + 8, length)))
    return texts, more


def _in_webp(stream: BinaryIO) -> list[bytes]:
    more, end = list[bytes](), webp.length_of_file(stream)
    for kind, at, length in webp.walk(stream):
        if at >= end:
            break
        if kind not in webp.KNOWN_CHUNKS:
            more.append(b"%s%d" % (kind, _checksum(stream, at, length)))
    return more + _behind(stream, end)


def _boxes(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and length of the boxes that are not part of the picture. ISO/IEC 14496-12, 4.2."""
    end, at = stream.seek(0, 2), 0
    for _ in range(_MOST_PARTS):
        stream.seek(at)
        head = stream.read(16)
        if len(head) < 8:
            return
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        size = int.from_bytes(head[8:], "big") if size == 1 else size or end - at
        if size < 8:
            return
        if kind not in _KNOWN_BOXES:
            yield kind, at, min(size, end - at)
        at += size


def _behind(stream: BinaryIO, end: int) -> list[bytes]:
    """Data after the end of the picture: the video of a motion photo, an archive. Zeros are ignored."""
    stream.seek(end)
    sum_, something = 0, False
    while chunk := stream.read(_CHUNK):
        something = something or bool(chunk.strip(b"\0"))
        sum_ = zlib.crc32(chunk, sum_)
    return [b"behind:%d" % sum_] if something else []


def _next_marker(stream: BinaryIO, at: int) -> int:
    """The offset of the next marker of a JPEG; the end of the file if there is none."""
    if isinstance(stream, io.BytesIO):  # its bytes, which are not copied
        content = stream.getvalue()
        there = _MARKER.search(content, at)
        return there.start() if there else max(at, len(content))
    stream.seek(at)
    before, step = b"", _FIRST_CHUNK
    while chunk := stream.read(step):
        found = _MARKER.search(before + chunk)
        if found:
            return at + found.start() - len(before)
        at += len(chunk)
        before, step = chunk[-1:], _CHUNK
    return at


def _checksum(stream: BinaryIO, at: int, length: int) -> int:
    stream.seek(at)
    found = 0
    while length > 0 and (chunk := stream.read(min(_CHUNK, length))):
        found, length = zlib.crc32(chunk, found), length - len(chunk)
    return found


def _xmp(content: Any) -> int:
    """Hash of the entries from a person or a camera, in any order; 0 for none."""
    content = _content(content)
    if len(content) > _LONGEST_XMP:
        return _of([content])
    said = set()
    for item in _XMP_ITEM.finditer(content):
        space, name = item["a"] or item["e"], item["b"] or item["f"]
        value = next((found for found in (item["c"], item["d"], item["g"]) if found is not None), b"").strip()
        if value and space not in _IDLE_SPACES and space + b":" + name not in _IDLE_NAMES:
            said.add(space + b":" + name + b"=" + value)
    return _of(said)


def _iptc(image: Image.Image, tags: Mapping[int, Any]) -> int:
    told = image.info.get("photoshop")
    if isinstance(told, dict):
        return _of([_content(told.get(_PHOTOSHOP_IPTC))])
    resources = _content(tags.get(_TIFF_PHOTOSHOP))
    start = resources.find(b"8BIM\x04\x04\0\0")
    inner = (
        resources[start + 12 : start + 12 + struct.unpack_from(">I", resources, start + 8)[0]] if start >= 0 else b""
    )
    return _of([inner or _content(tags.get(_TIFF_IPTC))])


def _settings(exif: Image.Exif) -> list[bytes]:
    """The EXIF fields about the photograph, with their values."""
    inner, place = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    found = [f"{tag}={value}" for tag, value in inner.items() if tag not in FILE_STRUCTURE]
    found += [f"g{tag}={value}" for tag, value in place.items()]
    return [text.encode("utf-8", "surrogatepass") for text in found]


def _content(value: Any) -> bytes:
    if value is None:
        return b""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def _of(parts: Iterable[bytes]) -> int:
    """Hash of parts in any order; 0 if all are empty."""
    found = sorted(part for part in parts if part)
    return zlib.crc32(b"\0".join(b"%d:%d" % (len(part), zlib.crc32(part)) for part in found)) or 1 if found else 0
