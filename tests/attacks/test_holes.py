"""Zeros in the midst of a file, as of a lost sector or an unfinished download, are seen wherever they are."""

from __future__ import annotations

import functools
import io
import itertools
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, features

from core.errors import UnreadablePicture
from core.images.jpeg_zeros import has_hole
from core.images.read import read_picture
from tests.attacks.seeds import encoded
from tests.attacks.tally import count
from tests.attacks.test_half_pictures import PICTURE, same, tiff, verdict

SECTOR = 512
PLACES = 24
CLEAR = PICTURE.copy()
CLEAR.putalpha(Image.effect_noise(PICTURE.size, 80).convert("L"))
PAGE = PICTURE.resize((320, 256)).convert("1")


def fax_in_tiles() -> bytes:
    """A TIFF of four tiles of group 4; no library here writes one."""
    tiles, colours = [], 0
    for top, left in itertools.product((0, 128), (0, 160)):
        part = encoded(PAGE.crop((left, top, left + 160, top + 128)), "TIFF", compression="group4")
        with tifffile.TiffFile(io.BytesIO(part)) as file:
            page = file.pages.first
            colours = int(page.photometric)
            (start,), (length,) = page.dataoffsets, page.databytecounts
        tiles.append(part[start : start + length])
    starts = [400 + sum(map(len, tiles[:number])) for number in range(4)]
    tags = [(256, 320), (257, 256), (258, 1), (259, 4), (262, colours), (277, 1), (322, 160), (323, 128)]
    entries = [struct.pack("<HHII", code, 4, 1, value) for code, value in tags]
    entries += [struct.pack("<HHII", 324, 4, 4, 300), struct.pack("<HHII", 325, 4, 4, 316)]
    header = b"II*\0" + struct.pack("<IH", 8, len(entries)) + b"".join(entries) + bytes(4)
    places = struct.pack("<8I", *starts, *map(len, tiles))
    return (header.ljust(300, b"\0") + places).ljust(400, b"\0") + b"".join(tiles)


@functools.cache
def files() -> dict[str, bytes]:
    """By name, a file of each coding in which a hole can be told from pixels."""
    layers = [60, 30, 15, 8, 4]
    found = {
        "jpeg": encoded(PICTURE, "JPEG", quality=90),
        "jpeg 4:2:2": encoded(PICTURE, "JPEG", quality=75, subsampling=1),
        "jpeg grey": encoded(PICTURE.convert("L"), "JPEG", quality=90),
        "jpeg restart": encoded(PICTURE, "JPEG", quality=90, restart_marker_rows=1),
        "png": encoded(PICTURE, "PNG"),
        "gif": encoded(PICTURE, "GIF", interlace=1),
        "webp lossless": encoded(PICTURE, "WEBP", lossless=True),
        "jp2": encoded(PICTURE, "JPEG2000"),
        "j2k": encoded(PICTURE, "JPEG2000", no_jp2=True),
        "jp2 layers": encoded(PICTURE, "JPEG2000", irreversible=True, quality_layers=layers),
        "jp2 tiles": encoded(PICTURE, "JPEG2000", tile_size=(64, 64)),
        "jp2 order": encoded(PICTURE, "JPEG2000", progression="RPCL", num_resolutions=4),
        "heic": encoded(PICTURE, "HEIF", quality=90),
        "tiff jpeg": tiff("jpeg"),
        "tiff deflate": tiff("deflate"),
        "tiff jpeg 2000": tiff("jpeg2000"),
        "tiff jpeg xr": tiff("jpegxr"),
        "tiff fax in tiles": fax_in_tiles(),
    }
    for compression in ("group3", "group4", "tiff_ccitt"):
        found[f"tiff {compression}"] = encoded(PAGE, "TIFF", compression=compression)
    return found | ({"avif": encoded(PICTURE, "AVIF", quality=90)} if features.check("avif") else {})


@pytest.mark.parametrize("kind", files())
def test_a_hole_anywhere_is_seen(kind: str) -> None:
    content = files()[kind]
    whole, reason = verdict(content)
    assert whole is not None, reason
    start = min(1_500, len(content) // 4)
    for at in range(start, len(content) - SECTOR, max(1, (len(content) - SECTOR - start) // PLACES)):
        seen, _ = verdict(content[:at] + bytes(SECTOR) + content[at + SECTOR :])
        assert seen is None or same(seen, whole), at


@pytest.mark.parametrize("options", [{}, {"alpha_quality": 50}, {"save_all": True, "append_images": [PICTURE]}])
@pytest.mark.parametrize("damage", ["hole", "zeros", "garbage"])
def test_transparency_that_is_damaged_is_seen(options: dict[str, object], damage: str) -> None:
    content = encoded(CLEAR, "WEBP", quality=80, **options)
    start = content.index(b"ALPH") + 8
    stop = start + int.from_bytes(content[start - 4 : start], "little")
    assert verdict(content)[0] is not None
    missed = []
    for at in range(start + 20, stop - SECTOR, (stop - start) // 12):
        end = at + SECTOR if damage == "hole" else stop
        wrong = np.random.default_rng(at).bytes(end - at) if damage == "garbage" else bytes(end - at)
        if verdict(content[:at] + wrong + content[end:])[0] is not None:
            missed.append(at)
    assert len(missed) <= (damage == "garbage"), missed  # which may be as long as what it replaces


@pytest.mark.parametrize("cover", [0, 128, 254, "noise", "steps"])
@pytest.mark.parametrize("size", [(1, 1), (17, 9), (160, 120)])
def test_whole_transparency_is_read(cover: int | str, size: tuple[int, int]) -> None:
    if isinstance(cover, int):
        alpha = Image.new("L", size, cover)
    else:
        alpha = (Image.effect_noise(size, 80) if cover == "noise" else Image.linear_gradient("L")).resize(size)
    picture = PICTURE.resize(size)
    picture.putalpha(alpha)
    for quality, method in itertools.product((100, 50, 0), (0, 6)):
        seen, reason = verdict(encoded(picture, "WEBP", quality=80, alpha_quality=quality, method=method))
        assert seen is not None, reason


def test_most_of_a_picture_before_a_whole_end_is_not_the_picture() -> None:
    content = encoded(PICTURE, "JPEG2000")
    at, end = content.index(b"\xff\x93") + 200, len(content) - 2
    no_length = content.index(b"\xff\x90") + 6
    for changed in (content, content[:no_length] + bytes(4) + content[no_length + 4 :]):
        assert verdict(changed)[0] is not None
        assert verdict(changed[:at] + bytes(end - at) + changed[end:])[0] is None


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("optimize", [False, True])
@pytest.mark.parametrize("quality", [5, 75, 100])
def test_zeros_of_flat_pictures_are_no_hole_in_a_jpeg(quality: int, optimize: bool, progressive: bool) -> None:
    small = Image.new("RGB", (900, 700), "white")
    small.paste(PICTURE, (300, 200))
    flat = [Image.new("RGB", (900, 700), colour) for colour in ("black", "white", "#095003")]
    for picture in (*flat, small, Image.linear_gradient("L").resize((2_000, 300)).convert("RGB")):
        for mode in ("RGB", "L"):
            content = encoded(
                picture.convert(mode), "JPEG", quality=quality, optimize=optimize, progressive=progressive
            )
            seen, reason = verdict(content)
            assert seen is not None, reason


def test_packets_without_data_are_no_hole_in_a_jpeg_2000() -> None:
    picture = Image.new("RGB", (900, 700), (9, 80, 3))
    layers = [80, 60, 40, 30, 20, 15, 10, 8, 6, 5, 4, 3, 2]
    for options in (
        {},
        {"tile_size": (64, 64)},
        {"irreversible": True, "quality_layers": layers},
        {"precinct_size": (64, 64), "codeblock_size": (16, 16)},
        {"num_resolutions": 1},
    ):
        seen, reason = verdict(encoded(picture, "JPEG2000", **options))
        assert seen is not None, reason


def test_a_tile_that_is_nowhere_is_missing() -> None:
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.asarray(PICTURE), photometric="rgb", tile=(32, 32), metadata=None)
    content = bytearray(stream.getvalue())
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        at = file.pages.first.tags[324].valueoffset
    content[at + 4 : at + 8] = bytes(4)
    count("hostile files tried")
    with pytest.raises(UnreadablePicture):
        read_picture(io.BytesIO(content))


def test_tables_of_several_kinds_are_told_apart() -> None:
    content = imagecodecs.jpeg8_encode(np.asarray(PICTURE), level=90)
    start = content.index(b"\xff\xda")
    header = 2 + int.from_bytes(content[start + 2 : start + 4], "big")
    tables = b"\xff\xc4\x00\x14\x10" + b"\1" + bytes(15) + b"\x00"  # the only code ends a block
    frame = b"\xff\xc0\0\2"
    scan = content[start : start + header] + bytes(64) + b"\1"
    assert not has_hole([frame, tables, scan])
    assert has_hole([frame, tables[:-1] + b"\1", scan])
    assert not has_hole([tables[:-1] + b"\1", scan])  # coded arithmetically
