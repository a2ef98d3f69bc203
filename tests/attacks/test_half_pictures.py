"""What is whole is read, what is half is a failure with its reason: in every format, wherever the damage begins.

The verdict is checked against the pixels: what is read must be what the whole file gives, to the last pixel.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, features

from core.errors import UnreadablePicture
from core.images.read import read_picture
from tests.attacks.seeds import encoded
from tests.attacks.tally import count

FAULTS = Path(__file__).parents[1] / "faults"
PICTURE = Image.open(FAULTS / "reference.png").convert("RGB").rotate(3, fillcolor=(200, 30, 90))
PLACES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
DAMAGES: dict[str, Callable[[bytes, int], bytes]] = {
    "cut": lambda content, at: content[:at],
    "zeros": lambda content, at: content[:at] + bytes(len(content) - at),
    "garbage": lambda content, at: content[:at] + np.random.default_rng(at).bytes(len(content) - at),
}
# Formats in which such damage cannot be seen. Pixels that are stored as they are: any bytes are pixels. The coders of
# HEVC and AV1 decode any bytes, and have no checksum; but they never write many zeros in a row.
BLIND: dict[str, tuple[str, ...]] = {
    "bmp": ("zeros", "garbage"),
    "tiff": ("zeros", "garbage"),
    "heic": ("garbage",),
    "avif": ("garbage",),
}

# JPEG and WebP have no checksum: random bytes are seen where they are more or fewer than the pixels take, and once in
# some dozens of times they are as many.
BY_CHANCE = ("jpeg", "webp")


@functools.cache
def files() -> dict[str, bytes]:
    """One file of each format, and of each way in which its pixels may be coded."""
    frames = {"save_all": True, "append_images": [PICTURE.rotate(90)]}
    clear = PICTURE.convert("RGBA")
    clear.putalpha(PICTURE.convert("L"))
    found = {
        "jpeg": encoded(PICTURE, "JPEG", quality=90),
        "jpeg-progressive": encoded(PICTURE, "JPEG", quality=90, progressive=True),
        "jpeg-restart": encoded(PICTURE, "JPEG", quality=90, restart_marker_rows=1),
        "jpeg-cmyk": encoded(PICTURE.convert("CMYK"), "JPEG", quality=90),
        "png": encoded(PICTURE, "PNG"),
        "png-palette": encoded(PICTURE.quantize(64), "PNG"),
        "webp": encoded(PICTURE, "WEBP", quality=90),
        "webp-lossless": encoded(PICTURE, "WEBP", lossless=True),
        "webp-alpha": encoded(clear, "WEBP", quality=90),
        "webp-frames": encoded(PICTURE, "WEBP", quality=90, **frames),
        "gif": encoded(PICTURE, "GIF"),
        "bmp": encoded(PICTURE, "BMP"),
        "tiff": tiff(None),
        "tiff-lzw": tiff("lzw"),
        "tiff-deflate": tiff("deflate"),
        "tiff-jpeg": tiff("jpeg"),
        "tiff-zstd": tiff("zstd"),
        "jp2": encoded(PICTURE, "JPEG2000"),
        "heic": encoded(PICTURE, "HEIF", quality=90),
    }
    return found | ({"avif": encoded(PICTURE, "AVIF", quality=90)} if features.check("avif") else {})


def tiff(compression: str | None) -> bytes:
    """The directory in front, so that it survives, and several strips."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.asarray(PICTURE), photometric="rgb", rowsperstrip=32, compression=compression)
    return stream.getvalue()


def verdict(content: bytes) -> tuple[Image.Image | None, str]:
    """What is read, or why not."""
    count("hostile files tried")
    try:
        return read_picture(io.BytesIO(content)), ""
    except UnreadablePicture as error:
        return None, error.message


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", files())
def test_no_picture_is_read_that_is_not_the_whole_one(kind: str, damage: str) -> None:
    content = files()[kind]
    whole, reason = verdict(content)
    assert whole is not None, reason
    wrong = []
    for place in PLACES:
        seen, reason = verdict(DAMAGES[damage](content, int(len(content) * place)))
        if seen is None:
            assert reason.startswith(("truncated: ", "damaged: ", "not a picture", "too large", "TIFF, "))
        elif not same(seen, whole):
            wrong.append(place)
    if damage not in BLIND.get(kind, ()):
        assert len(wrong) <= (damage == "garbage" and kind.startswith(BY_CHANCE)), wrong


@pytest.mark.parametrize("kind", files())
def test_what_lacks_nothing_of_its_pixels_is_read(kind: str) -> None:
    content = files()[kind]
    whole, _ = verdict(content)
    assert whole is not None
    endings = {
        "jpeg": 2,
        "jpeg-progressive": 2,
        "jpeg-restart": 2,
        "jpeg-cmyk": 2,
        "png": 12,
        "png-palette": 12,
        "gif": 1,
    }
    missing = content[: len(content) - endings[kind]] if kind in endings else content
    for changed in (missing, content + bytes(700), content + b"\r\nappended by a camera " * 40):
        seen, reason = verdict(changed)
        assert seen is not None, reason
        assert same(seen, whole)
    if kind.startswith("jpeg"):
        for changed in (missing + bytes(4096), missing + bytes(64) + b"\xff\xd9"):  # padded
            seen, reason = verdict(changed)
            assert seen is not None, reason
            assert same(seen, whole)


@pytest.mark.parametrize("kind", ["jpeg", "jpeg-progressive", "jpeg-restart"])
@pytest.mark.parametrize("at_least", [None, 100, 30, 8])
def test_a_jpeg_cut_anywhere_and_closed_is_not_whole(kind: str, at_least: int | None) -> None:
    content = files()[kind]
    start = content.index(b"\xff\xda") + 30
    for at in range(start, len(content) - 40, (len(content) - start) // 15):
        for changed in (content[:at] + b"\xff\xd9", content[:at] + bytes(len(content) - at - 2) + b"\xff\xd9"):
            with pytest.raises(UnreadablePicture):
                read_picture(io.BytesIO(changed), at_least=at_least)
            count("hostile files tried")


def test_a_hole_in_the_midst_is_seen() -> None:
    for kind in ("jpeg", "jpeg-progressive", "png", "webp", "webp-lossless", "heic", "avif", "tiff-deflate"):
        content = files().get(kind)
        if content is None:
            continue
        at = len(content) // 2
        whole, _ = verdict(content)
        seen, _ = verdict(content[:at] + bytes(600) + content[at + 600 :])
        assert seen is None or whole is None or same(seen, whole), kind


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (10, 99, 3)])
def test_flat_colours_are_not_taken_for_damage(colour: tuple[int, int, int]) -> None:
    flat = Image.new("RGB", (900, 700), colour)
    flat.paste(PICTURE, (0, 0))
    kinds = ["JPEG", "PNG", "WEBP", "HEIF", "GIF", "JPEG2000", *(["AVIF"] if features.check("avif") else [])]
    for kind in kinds:
        for options in ({}, {"lossless": True, "method": 0}) if kind == "WEBP" else ({},):
            seen, reason = verdict(encoded(flat, kind, **options))
            assert seen is not None, f"{kind}: {reason}"


@pytest.mark.parametrize("name", ["jpeg-half-then-eoi.jpg", "png-half-the-rows.png", "webp-half-zeros.webp"])
def test_halves_that_were_once_read_are_not(name: str) -> None:
    seen, reason = verdict((FAULTS / name).read_bytes())
    assert seen is None
    assert reason


@pytest.mark.parametrize("name", ["jpeg-without-eoi.jpg", "jpeg-without-eoi-refused.jpg"])
def test_a_jpeg_that_lacks_only_its_end_marker_is_read_whatever_its_last_bits_are(name: str) -> None:
    seen, reason = verdict((FAULTS / name).read_bytes())
    assert seen is not None, reason


@pytest.mark.parametrize("compression", ["deflate", "packbits", "lzw", None])
def test_the_last_strip_of_a_tiff_may_go_on_below_the_picture(compression: str | None) -> None:
    rows = np.zeros((128, 160, 3), np.uint8)
    rows[:120] = np.asarray(PICTURE)
    stream = io.BytesIO()
    tifffile.imwrite(stream, rows, photometric="rgb", rowsperstrip=32, compression=compression, metadata=None)
    content = bytearray(stream.getvalue())
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        at = file.pages.first.tags[257].valueoffset
    content[at : at + 2] = (120).to_bytes(2, "little")
    seen, reason = verdict(bytes(content))
    assert seen is not None, reason
    assert same(seen, PICTURE)


def test_the_codecs_that_say_what_is_missing_are_there() -> None:
    for codec in ("PNG", "WEBP", "LZW", "ZLIB", "PACKBITS", "CCITTFAX4"):
        assert getattr(imagecodecs, codec).available
