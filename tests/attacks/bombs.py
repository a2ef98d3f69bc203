"""Small files that claim or unpack to far more than they are, and metadata that goes round in circles."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Callable

from PIL import Image, features

from tests.attacks.seeds import encoded, grain, pictures, rle_bitmap

HUGE = 65_535


@functools.cache
def claims() -> dict[str, bytes]:
    """Headers that say 65,535 pixels each way (or as many as the format can say), with nothing behind them."""
    seeds, both, wide = pictures(), struct.pack(">HH", HUGE, HUGE), struct.pack(">II", HUGE, HUGE)
    found = {
        "jpeg": _after(seeds["jpeg"], b"\xff\xc0", 3, both),
        "jpeg-progressive": _after(seeds["jpeg-progressive"], b"\xff\xc2", 3, both),
        "png": _png(_header(HUGE, HUGE), _chunk(b"IDAT", zlib.compress(b""))),
        "gif": seeds["gif"][:6] + struct.pack("<HH", HUGE, HUGE) + seeds["gif"][10:],
        "gif-frame": _after(seeds["gif"], b"\x2c", 4, struct.pack("<HH", HUGE, HUGE)),
        "bmp": seeds["bmp"][:18] + struct.pack("<ii", HUGE, HUGE) + seeds["bmp"][26:],
        "bmp-rle": rle_bitmap(HUGE, HUGE, b"\x00\x01"),
        "tiff": tiff(HUGE, HUGE),
        "tiff-deflate": tiff(HUGE, HUGE, compression=8),
        "webp": _after(seeds["webp"], b"VP8X", 8, b"\xff\x3f\x00\xff\x3f\x00"),
        "jp2": _after(_after(seeds["jp2"], b"ihdr", 0, wide), b"\xff\x51", 4, wide),
        "j2k": _after(seeds["j2k"], b"\xff\x51", 4, wide),
        "heif": _after(seeds["heif"], b"ispe", 4, wide),
    }
    if features.check("avif"):
        found["avif"] = _after(seeds["avif"], b"ispe", 4, wide)
    return found


def tiff(
    width: int,
    height: int,
    *,
    compression: int = 1,
    strip: bytes = b"\0" * 192,
    strips: int = 1,
    length: int | None = None,
    following: int = 0,
) -> bytes:
    """An RGB TIFF of one strip whose directory says whatever is asked for."""
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 2)]
    tags += [(273, 4, strips, 200), (277, 3, 1, 3), (278, 4, 1, height), (279, 4, strips, length or len(strip))]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return (b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", following)).ljust(200, b"\0") + strip


def _bomb(length: int) -> bytes:
    packer = zlib.compressobj(9)
    piece = bytes(1 << 20)
    packed = [packer.compress(piece[: min(len(piece), length - at)]) for at in range(0, length, len(piece))]
    return b"".join(packed) + packer.flush()


def _png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _header(width: int, height: int) -> bytes:
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def _pixels(width: int, height: int) -> bytes:
    return _chunk(b"IDAT", zlib.compress(bytes(height * (1 + 3 * width))))


def _after(content: bytes, mark: bytes, skip: int, field: bytes) -> bytes:
    at = content.index(mark) + len(mark) + skip
    return content[:at] + field + content[at + len(field) :]


def _segment(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + struct.pack(">H", len(content) + 2) + content


def _profile_parts() -> bytes:
    """An ICC profile of 255 parts, 16 MB, all of them zeros."""
    return b"".join(_segment(0xE2, b"ICC_PROFILE\0" + bytes([part, 255]) + bytes(65_000)) for part in range(1, 256))


def _exif(block: bytes) -> bytes:
    return _segment(0xE1, b"Exif\0\0II*\0" + struct.pack("<I", 8) + block)


def _directory(tags: dict[int, int], *, following: int = 0, count: int = 1) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, value in sorted(tags.items()))
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def _deep_directories() -> bytes:
    """A thousand directories, each inside of the one before."""
    return b"".join(_directory({34665: 8 + 18 * number}) for number in range(1, 1_001))


def _with_scans(content: bytes, times: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    start = content.rindex(b"\xff\xda")
    scan = content[start:-2]
    return content[:start] + scan * times + content[-2:]


def large_drawing() -> bytes:
    """A picture that is as large as pictures may be, and empty."""
    return encoded(Image.new("1", (15_000, 15_000)), "PNG")


@functools.cache
def _zeros() -> bytes:
    return _bomb(1 << 28)


def _jpeg() -> bytes:
    return pictures()["jpeg"]


# Files that take much more to read than they are long, made when asked for. Some are pictures all the same.
BOMBS: dict[str, Callable[[], bytes]] = {
    "png-text": lambda: _png(_header(8, 8), _chunk(b"zTXt", b"a\0\0" + _zeros()), _pixels(8, 8)),
    "png-many-texts": lambda: _png(_header(8, 8), *[_chunk(b"zTXt", b"a\0\0" + _bomb(900_000))] * 500, _pixels(8, 8)),
    "png-profile": lambda: _png(_header(8, 8), _chunk(b"iCCP", b"a\0\0" + _zeros()), _pixels(8, 8)),
    "png-pixels": lambda: _png(_header(8, 8), _chunk(b"IDAT", _zeros())),
    "png-chunks": lambda: _png(_header(8, 8), *[_chunk(b"tEXt", b"a\0")] * 60_000, _pixels(8, 8)),
    "gif-frames": lambda: encoded(grain(), "GIF", save_all=True, append_images=[grain() for _ in range(400)]),
    "tiff-deflate": lambda: tiff(8, 8, compression=8, strip=_zeros()),
    "tiff-strips": lambda: tiff(8, 8, strips=1 << 31),
    "tiff-strip-length": lambda: tiff(8, 8, length=1 << 31),
    "tiff-loop": lambda: tiff(8, 8, following=8),
    "bmp-rle": lambda: rle_bitmap(15_000, 15_000, b"\xff\x01" * 1_000 + b"\x00\x02\xff\xff" * 50_000),
    "bmp-rle-long": lambda: rle_bitmap(4_000, 4_000, b"\xff\x01" * 70_000),
    "jpeg-profile": lambda: _jpeg()[:2] + _profile_parts() + _jpeg()[2:],
    "jpeg-profile-parts-missing": lambda: _jpeg()[:2] + _profile_parts()[: 1 << 20] + _jpeg()[2:],
    "jpeg-exif-loop": lambda: _jpeg()[:2] + _exif(_directory({34665: 8, 40965: 8, 274: 6}, following=8)) + _jpeg()[2:],
    "jpeg-exif-count": lambda: _jpeg()[:2] + _exif(_directory({34665: 8, 270: 8}, count=(1 << 32) - 1)) + _jpeg()[2:],
    "jpeg-exif-deep": lambda: _jpeg()[:2] + _exif(_deep_directories()) + _jpeg()[2:],
    "jpeg-scans": lambda: _with_scans(pictures()["jpeg-progressive"], 3_000),
}
