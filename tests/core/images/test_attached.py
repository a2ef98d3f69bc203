"""What lies in a picture file besides its pixels: a copy that lacks it is not as rich."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import ExifTags, Image, TiffImagePlugin
from PIL.PngImagePlugin import PngInfo

from core.catalog.copies import File
from core.images.attached import _xmp
from core.images.decoders import identify_all
from core.images.identify import Identity, identify
from core.removal.copy_comparison import holds_more

PICTURE = Image.radial_gradient("L").convert("RGB").resize((160, 120))


def saved(kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    PICTURE.save(stream, kind, **options)
    return stream.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(*segments: bytes, behind: bytes = b"", **options: Any) -> bytes:
    plain = saved("JPEG", quality=90, **options)
    return plain[:2] + b"".join(segments) + plain[2:] + behind


def xmp(*words: str, idle: str = "2001-01-01") -> bytes:
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in words)
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmp:ModifyDate="{idle}" xmpMM:InstanceID="{idle}"><xmp:MetadataDate>{idle}'
        f"</xmp:MetadataDate><dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def iptc(word: bytes) -> bytes:
    content = b"\x1c\x02\x19" + struct.pack(">H", len(word)) + word
    return segment(0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(content)) + content)


def png(late: bytes = b"", **texts: str) -> bytes:
    """With texts before the pixels, and one chunk after them."""
    info = PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    content = saved("PNG", pnginfo=info)
    return content[:-12] + (chunk(late[:4], late[4:]) if late else b"") + content[-12:]


def idle() -> PngInfo:
    info = PngInfo()
    info.add_text("Software", "gnome-screenshot")
    return info


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def windows(tag: int, value: object) -> Image.Exif:
    exif = Image.Exif()
    exif[tag] = value
    return exif


def lens(name: str) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.LensModel] = name
    return exif


def geotiff() -> bytes:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33_550], tags.tagtype[33_550] = (1.0, 1.0, 0.0), 12
    return saved("TIFF", tiffinfo=tags)


def webp(behind: bytes = b"", **options: Any) -> bytes:
    return saved("WEBP", lossless=True, **options) + behind


def after_first_scan(content: bytes) -> bytes:
    """A progressive JPEG with a segment before its last scan."""
    plain = jpeg(progressive=True)
    last = plain.rfind(b"\xff\xda")
    return plain[:last] + content + plain[last:]


def with_chunks(*chunks: bytes) -> bytes:
    """A PNG with chunks before its pixels."""
    plain = png()
    return plain[:33] + b"".join(chunks) + plain[33:]


def turned(by: int) -> Image.Image:
    return PICTURE.rotate(by)


def several(kind: str, *turns: int, **options: Any) -> bytes:
    """The picture, and after it others."""
    return saved(kind, save_all=True, append_images=[turned(turn) for turn in turns], **options)


def pages(*descriptions: str) -> bytes:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for description in descriptions:
            writer.write(np.asarray(PICTURE), photometric="rgb", description=description, metadata=None)
    return stream.getvalue()


def below(*turns: int) -> bytes:
    """A TIFF whose only page has pictures below it."""
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(np.asarray(PICTURE), photometric="rgb", subifds=len(turns), metadata=None)
        for turn in turns:
            writer.write(np.asarray(turned(turn)), photometric="rgb", metadata=None)
    return stream.getvalue()


def heic(*turns: int, **options: Any) -> bytes:
    pillow_heif.register_heif_opener(thumbnails=False)
    return several("HEIF", *turns, quality=80, **options)


def chromaticity(*numbers: int) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *numbers))


ADOBE_RGB = (31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000)
SRGB = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
HDR = chunk(b"cICP", bytes((9, 16, 0, 1)))
FILM = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4
# What the first file holds, and the second one lacks.
MORE: dict[str, tuple[bytes, bytes]] = {
    "film behind a JPEG": (jpeg(behind=FILM), jpeg()),
    "JPEG behind a JPEG": (jpeg(behind=jpeg()[: len(jpeg()) // 3]), jpeg()),
    "film behind a progressive JPEG": (jpeg(behind=FILM, progressive=True), jpeg(progressive=True)),
    "comment in a JPEG": (jpeg(segment(0xFE, b"Aunt Ida, left")), jpeg()),
    "thermal data": (jpeg(segment(0xE1, b"FLIR\0\1" + b"t" * 99)), jpeg()),
    "marks of origin": (jpeg(segment(0xEB, b"JP\0\1" + b"c" * 99)), jpeg()),
    "depth in extended XMP": (jpeg(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"d" * 99)), jpeg()),
    "words in XMP": (jpeg(xmp=xmp("Ida")), jpeg(xmp=xmp())),
    "other words in XMP": (jpeg(xmp=xmp("Ida")), jpeg(xmp=xmp("Max"))),
    "IPTC": (jpeg(iptc(b"Ida")), jpeg()),
    "other IPTC": (jpeg(iptc(b"Ida")), jpeg(iptc(b"Max"))),
    "stars of Windows": (jpeg(exif=windows(0x4746, 5)), jpeg()),
    "keywords of Windows": (jpeg(exif=windows(0x9C9E, "Ida".encode("utf-16-le"))), jpeg()),
    "another lens": (jpeg(exif=lens("50 mm")), jpeg(exif=lens("85 mm"))),
    "prompt in a PNG": (png(parameters="a cat, seed 4"), png()),
    "another prompt in a PNG": (png(parameters="a cat, seed 4"), png(parameters="a dog")),
    "text behind the pixels of a PNG": (png(b"tEXtNote\0Ida"), png()),
    "layers in a PNG": (png(b"mkBSlayers"), png()),
    "archive behind a PNG": (png() + b"PK\3\4" * 9, png()),
    "words in XMP of a PNG": (png(**{"XML:com.adobe.xmp": xmp("Ida").decode()}), png()),
    "words in XMP of a WebP": (webp(xmp=xmp("Ida")), webp(xmp=xmp("Max"))),
    "film behind a WebP": (webp(FILM), webp()),
    "place on a map in a TIFF": (geotiff(), saved("TIFF")),
    "page name in a TIFF": (saved("TIFF", tiffinfo={285: "Ida"}), saved("TIFF")),
    "comment in a GIF": (saved("GIF", comment=b"Ida"), saved("GIF")),
    "film in an AVIF": (saved("AVIF") + b"\0\0\0\x10mpvdfilmfilm", saved("AVIF")),
    "another second page in a TIFF": (several("TIFF", 5), several("TIFF", 9)),
    "another second page in a compressed TIFF": (
        several("TIFF", 5, compression="tiff_lzw"),
        several("TIFF", 9, compression="tiff_lzw"),
    ),
    "words on the second page of a TIFF": (pages("one", "Ida, left"), pages("one", "")),
    "a picture below the page of a TIFF": (below(5), saved("TIFF")),
    "another picture below the page of a TIFF": (below(5), below(9)),
    "another second frame in a GIF": (several("GIF", 5), several("GIF", 9)),
    "another last frame in a GIF": (several("GIF", 5, 7), several("GIF", 5, 9)),
    "another second frame in a PNG": (several("PNG", 5), several("PNG", 9)),
    "another second frame in a WebP": (several("WEBP", 5), several("WEBP", 9)),
    "another second frame in an AVIF": (several("AVIF", 5), several("AVIF", 9)),
    "another second picture in a HEIC": (heic(5), heic(9)),
    "another second picture in an MPO": (several("MPO", 5), several("MPO", 9)),
    "a chunk of another program in a WebP": (
        (lambda plain: plain[:4] + struct.pack("<I", len(plain) + 4) + plain[8:] + b"XTRA\4\0\0\0word")(webp()),
        webp(),
    ),
    "comment between the scans of a JPEG": (
        after_first_scan(segment(0xFE, b"Aunt Ida, left")),
        jpeg(progressive=True),
    ),
    "comment and film after the first scan of a JPEG": (
        after_first_scan(segment(0xFE, b"Ida\xff\xd9")) + FILM,
        after_first_scan(segment(0xFE, b"Ida\xff\xd9")),
    ),
    "name of the document in EXIF": (jpeg(exif=windows(269, "Aunt Ida")), jpeg()),
    "colours of HDR in a PNG": (with_chunks(HDR), png()),
    "colours of Adobe RGB in a PNG": (with_chunks(chromaticity(*ADOBE_RGB)), png()),
    "another gamma in a PNG": (with_chunks(chunk(b"gAMA", struct.pack(">I", 100_000))), png()),
    "box in a JPEG 2000": (saved("JPEG2000") + b"\0\0\0\x10xml wordword", saved("JPEG2000")),
}
# What programs write by themselves: neither file holds more.
ALIKE: dict[str, tuple[bytes, bytes]] = {
    "zeros behind a JPEG": (jpeg(behind=bytes(99)), jpeg()),
    "dates in XMP": (jpeg(xmp=xmp("Ida", idle="2001")), jpeg(xmp=xmp("Ida", idle="2002"))),
    "order in XMP": (jpeg(xmp=xmp("Ida", "Max")), jpeg(xmp=xmp("Max", "Ida"))),
    "comment of a program": (
        jpeg(segment(0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG), quality = 90\n")),
        jpeg(),
    ),
    "how a JPEG is made": (jpeg(segment(0xEC, b"Ducky\0\1\0\4\0\0\0\x3c"), progressive=True), jpeg()),
    "colours of sRGB in a PNG": (
        with_chunks(chunk(b"gAMA", struct.pack(">I", 45_455)), chromaticity(*SRGB)),
        with_chunks(chunk(b"cICP", bytes((1, 13, 0, 1)))),
    ),
    "colours that sRGB overrules in a PNG": (with_chunks(chunk(b"sRGB", b"\0"), chromaticity(*ADOBE_RGB)), png()),
    "program of a TIFF of pages": (several("TIFF", 5), several("TIFF", 5, tiffinfo={305: "ImageMagick"})),
    "frames of a PNG": (several("PNG", 5), several("PNG", 5, pnginfo=idle())),
    "comment of a program in a progressive JPEG": (
        after_first_scan(segment(0xFE, b"CREATOR: gd-jpeg v1.0")),
        jpeg(progressive=True),
    ),
    "program of a PNG": (png(Software="gnome-screenshot", Comment="Created with GIMP"), png()),
    "time of a PNG": (png(b"tIME\x07\xd0\1\1\1\1\1"), png()),
}


def files(folder: Path, contents: tuple[bytes, bytes]) -> list[File]:
    paths = [folder / "one", folder / "other"]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    found = []
    for path, told in zip(paths, identify_all(paths), strict=True):
        assert isinstance(told, Identity), told
        assert told.facts is not None
        # As long as each other: that more bytes are less compression is another rule.
        found.append(File(told.key, os.fsencode(path), 9_999, 0, told.width, told.height, told.format, told.facts))
    return found


@pytest.mark.parametrize("what", MORE)
def test_what_a_file_holds_besides_its_pixels_is_more(tmp_path: Path, what: str) -> None:
    one, other = files(tmp_path, MORE[what])
    assert holds_more(one, other)


@pytest.mark.parametrize("what", ALIKE)
def test_what_programs_write_by_themselves_is_no_more(tmp_path: Path, what: str) -> None:
    one, other = files(tmp_path, ALIKE[what])
    assert (holds_more(one, other), holds_more(other, one)) == ("", "")


@pytest.mark.parametrize("part", [b"a", b"a:", b"a:a=", b'a:a="', b"<a:a ", b"<a:a>", b"a:a ", b" "])
def test_a_packet_of_a_stranger_is_read_in_no_more_time_than_it_is_long(part: bytes) -> None:
    assert _xmp(part * (1 << 20)) == _xmp(part * (1 << 20))


def below_itself() -> bytes:
    """A TIFF whose page is below itself."""
    content = bytearray(saved("TIFF"))
    (start,) = struct.unpack_from("<I", content, 4)
    (number,) = struct.unpack_from("<H", content, start)
    entries = [bytes(content[start + 2 + 12 * place : start + 14 + 12 * place]) for place in range(number)]
    entries.append(struct.pack("<HHII", 330, 4, 1, len(content)))
    entries.sort(key=lambda entry: struct.unpack_from("<H", entry))
    content[4:8] = struct.pack("<I", len(content))
    return bytes(content) + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


def pages_of_one_strip() -> bytes:
    """A TIFF of many pages that are all the same bytes: together they are far longer than the file."""
    content = bytearray(saved("TIFF"))
    (start,) = struct.unpack_from("<I", content, 4)
    (number,) = struct.unpack_from("<H", content, start)
    page = bytes(content[start : start + 2 + 12 * number])
    for _ in range(500):
        content[start + len(page) : start + len(page) + 4] = struct.pack("<I", len(content))
        start = len(content)
        content += page + bytes(4)
    return bytes(content)


@pytest.mark.parametrize("content", [below_itself(), pages_of_one_strip()], ids=["a loop", "one strip"])
def test_of_pages_without_end_nothing_is_said_and_the_picture_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tif").write_bytes(content)
    found = identify(tmp_path / "a.tif")
    assert (found.facts, found.problem, found.width) == (None, "", 160)
