"""Forms of files that few programs write: read as what they show, or refused in words."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from profiles import DISPLAY_P3, encoded_in, matrix_profile

from core.errors import UnreadablePicture
from core.images import webp_rows
from core.images.identify import identify_stream
from core.images.read import read_picture

PICTURE = Image.linear_gradient("L").resize((160, 120)).convert("RGB")
PICTURE.paste((200, 30, 90), (20, 20, 90, 70))


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def read(content: bytes, at_least: int | None = None) -> Image.Image:
    return read_picture(io.BytesIO(content), at_least=at_least)


def apart(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


def refusal(content: bytes) -> str:
    with pytest.raises(UnreadablePicture) as caught:
        read(content)
    return caught.value.message


# Four inks at 4:2:0 is what ImageMagick writes; the strict decoder knows no such sampling.
INKS = encoded(PICTURE.convert("CMYK"), "JPEG", quality=95, subsampling=2)
LOSSLESS = imagecodecs.jpeg8_encode(np.asarray(PICTURE), lossless=True)


@pytest.mark.parametrize("content", [INKS, LOSSLESS], ids=["inks at 4:2:0", "lossless"])
@pytest.mark.parametrize("at_least", [None, 100, 30, 8])
def test_a_jpeg_that_the_strict_decoder_does_not_know_is_read(content: bytes, at_least: int | None) -> None:
    seen = read(content, at_least)
    assert apart(seen.resize((16, 12)), PICTURE.resize((16, 12))) < 8


@pytest.mark.parametrize("content", [INKS, LOSSLESS], ids=["inks at 4:2:0", "lossless"])
def test_a_half_of_such_a_jpeg_is_not(content: bytes) -> None:
    start = content.index(b"\xff\xda") + 30
    for part in (0.1, 0.4, 0.7, 0.9):
        at = start + int((len(content) - start) * part)
        rest = len(content) - at - 2
        for damaged in (content[:at], content[:at] + b"\xff\xd9", content[:at] + bytes(rest) + b"\xff\xd9"):
            assert refusal(damaged).startswith(("truncated: ", "damaged: "))


def test_an_unknown_colour_code_of_adobe_says_nothing() -> None:
    content = encoded(PICTURE, "JPEG", quality=95)
    without = content[:2] + content[20:]  # no JFIF segment either
    code = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x07"
    assert apart(read(without[:2] + code + without[2:]), PICTURE) < 5


def test_what_kind_of_jpeg_it_is_that_is_not_read_is_said() -> None:
    deep = imagecodecs.jpeg8_encode(np.asarray(PICTURE).astype(np.uint16) * 16, bitspersample=12)
    assert refusal(deep) == "JPEG, 12 bits: not supported"
    content = bytearray(encoded(PICTURE, "JPEG"))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 2] = b"\0\0"
    assert refusal(bytes(content)) == "JPEG with its height after its pixels: not supported"


def chunk(kind: bytes, content: bytes, wrong: int = 0) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content) ^ wrong)


@pytest.mark.parametrize("wrong", [chunk(b"tRNS", b"\0\1"), chunk(b"tRNS", b"\0\1\0\2\0\3", wrong=1)])
def test_a_broken_transparency_key_costs_nothing_else(wrong: bytes) -> None:
    content = encoded(PICTURE, "PNG")
    assert apart(read(content[:33] + wrong + content[33:]), PICTURE) == 0


def test_a_png_without_its_palette_is_refused_in_words() -> None:
    content = encoded(PICTURE.quantize(16), "PNG")
    at = content.index(b"PLTE") - 4
    without = content[:at] + content[at + 12 + int.from_bytes(content[at : at + 4], "big") :]
    assert refusal(without) == "damaged: its palette is missing"


@pytest.mark.parametrize("frames", [False, True])
def test_what_is_broken_behind_the_pixels_of_a_webp_costs_no_pixel(frames: bool) -> None:
    exif = Image.Exif()
    exif[274], exif[270] = 6, "x" * 500
    more = {"save_all": True, "append_images": [PICTURE.rotate(90)]} if frames else {}
    content = encoded(PICTURE, "WEBP", lossless=True, exif=exif.tobytes(), xmp=b"<x/>" * 50, **more)
    upright, at = PICTURE.transpose(Image.Transpose.ROTATE_270), content.index(b"EXIF")
    for changed, expected in (
        (content[:-10], upright),  # within the XMP text
        (content[:4] + (len(content) + 500).to_bytes(4, "little") + content[8:], upright),
        (content[:4] + bytes(4) + content[8:], upright),
        (content[: at + 100], PICTURE),  # within the EXIF block: nothing says how it lies
        (content[: at + 4] + b"\xff\xff\xff\x7f" + content[at + 8 :], PICTURE),
    ):
        assert apart(read(changed), expected) == 0


def test_a_webp_that_is_cut_is_called_truncated() -> None:
    assert refusal(encoded(PICTURE, "WEBP", quality=90)[:-9]) == "truncated: the file ends before the picture does"


@pytest.mark.parametrize("options", [{"quality": 90}, {"lossless": True}])
def test_webp_is_decoded_once_and_twice_alike(options: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(PICTURE, "WEBP", **options)
    whole, half = read(content), content[: len(content) // 2].ljust(len(content), b"\0")
    assert refusal(half).startswith("damaged: ")
    monkeypatch.setattr(webp_rows, "decode", lambda *_: None)  # as where the library cannot be reached
    assert apart(read(content), whole) == 0
    assert refusal(half).startswith("damaged: ")


def tiff(values: np.ndarray, **options: object) -> bytes:  # type: ignore[type-arg]
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, metadata=None, **options)
    return stream.getvalue()


@pytest.mark.parametrize("compression", ["webp", "jpeg2000", "group4", "group3"])
def test_half_a_strip_of_a_tiff_is_half_a_picture(compression: str) -> None:
    if compression.startswith("group"):
        content = encoded(PICTURE.convert("1"), "TIFF", compression=compression)
    else:
        content = tiff(np.asarray(PICTURE), photometric="rgb", compression=compression)
    assert read(content).size == PICTURE.size
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        (start,), (length,) = file.pages.first.dataoffsets, file.pages.first.databytecounts
    for part in (0.2, 0.5, 0.8):
        kept = int(length * part)
        damaged = content[: start + kept] + bytes(length - kept) + content[start + length :]
        assert refusal(damaged).startswith(("truncated: ", "damaged: "))


@pytest.mark.parametrize("colour", ["white", "black"])
@pytest.mark.parametrize("compression", ["group4", "group3"])
def test_an_empty_page_of_a_fax_is_whole(compression: str, colour: str) -> None:
    page = Image.new("1", (1700, 2200), colour)
    assert apart(read(encoded(page, "TIFF", compression=compression)), page.convert("RGB")) == 0


def test_inks_are_transparent_where_their_file_says_so() -> None:
    inks = np.asarray(PICTURE.convert("CMYK"))
    cover = np.zeros((120, 160, 1), np.uint8)
    cover[:, 80:] = 255
    seen = read(tiff(np.concatenate([inks, cover], 2), photometric="separated", extrasamples=("unassalpha",)))
    white = PICTURE.convert("CMYK").convert("RGB")
    white.paste("white", (0, 0, 80, 120))
    assert apart(seen, white) == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_scan_says_the_same_of_such_files(kind: str, tmp_path: Path) -> None:
    content = encoded(PICTURE, kind)
    key, no_length = chunk(b"tRNS", b"\0\1"), bytes(4)
    broken = content[:33] + key + content[33:] if kind == "PNG" else content[:4] + no_length + content[8:]
    (tmp_path / "a").write_bytes(broken)
    with (tmp_path / "a").open("rb") as stream:
        found = identify_stream(stream)
    assert (found.width, found.height, found.problem) == (160, 120, "")


@pytest.mark.parametrize("kind", ["BMP", "JPEG2000"])
def test_the_profile_of_a_file_is_used_where_pillow_does_not_look_for_it(kind: str) -> None:
    profile, picture = matrix_profile(DISPLAY_P3, 2.2), encoded_in(PICTURE, DISPLAY_P3, 2.2)
    content = encoded(picture, kind)
    content = bmp_with(profile, picture) if kind == "BMP" else jpeg2000_with(profile, content)
    assert apart(picture, PICTURE) > 1
    assert apart(read(content), PICTURE) < 1


def bmp_with(profile: bytes, picture: Image.Image) -> bytes:
    """A BMP of the fifth version."""
    pixels = np.ascontiguousarray(np.asarray(picture)[::-1, :, ::-1]).tobytes()
    header = bytearray(struct.pack("<IiiHHI", 124, 160, 120, 1, 24, 0).ljust(124, b"\0"))
    header[56:60] = b"DEBM"
    header[112:120] = struct.pack("<II", 124 + len(pixels), len(profile))
    return b"BM" + struct.pack("<IHHI", 138 + len(pixels) + len(profile), 0, 0, 138) + header + pixels + profile


def jpeg2000_with(profile: bytes, content: bytes) -> bytes:
    """The same file with a box for colours that holds the profile."""
    outer, inner = content.index(b"jp2h") - 4, content.index(b"colr") - 4
    old = int.from_bytes(content[inner : inner + 4], "big")
    new = struct.pack(">I", 11 + len(profile)) + b"colr\2\0\0" + profile
    length = int.from_bytes(content[outer : outer + 4], "big") + len(new) - old
    middle = content[:outer] + length.to_bytes(4, "big") + content[outer + 4 : inner]
    return middle + new + content[inner + old :]


@pytest.mark.parametrize("bits", [*range(1, 9), 10, 12, 16])
@pytest.mark.parametrize("colour", [False, True])
def test_a_jpeg_2000_of_any_depth_has_its_full_range(bits: int, colour: bool) -> None:
    most = (1 << bits) - 1
    plain = np.asarray(PICTURE if colour else PICTURE.convert("L"))
    values = np.rint(plain * (most / 255)).astype(np.uint8 if bits <= 8 else np.uint16)
    seen = read(imagecodecs.jpeg2k_encode(values, level=0, bitspersample=bits))
    expected = Image.fromarray(np.rint(values * (255 / most)).astype(np.uint8)).convert("RGB")
    assert apart(seen, expected) < 1


@pytest.mark.parametrize("bare", [False, True])
def test_a_jpeg_2000_without_its_end_marker_is_whole(bare: bool) -> None:
    content = encoded(PICTURE, "JPEG2000", no_jp2=bare)
    assert content.endswith(b"\xff\xd9")
    assert apart(read(content[:-2]), PICTURE) == 0
    assert refusal(content[:-3]).startswith(("truncated: ", "damaged: "))


def test_a_jpeg_2000_that_is_too_deep_is_refused_in_words() -> None:
    content = bytearray(encoded(PICTURE.convert("L"), "JPEG2000", no_jp2=True))
    content[42] = 37  # 38 bits
    assert refusal(bytes(content)) == "JPEG 2000, 38 bits: not supported"


@pytest.mark.parametrize("compression", [1, 8])
@pytest.mark.parametrize("size", [(160, 120), (157, 119), (1, 1)])
@pytest.mark.parametrize("sampling", [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 2), (4, 4)])
def test_a_tiff_in_ycbcr_is_read_whatever_its_sampling(
    sampling: tuple[int, int], size: tuple[int, int], compression: int
) -> None:
    picture = Image.new("RGB", (160, 120), (200, 30, 90))
    picture.paste((20, 160, 70), (16, 16, 96, 64))  # at whole units
    picture = picture.crop((0, 0, *size))
    content = ycbcr(picture, sampling, compression)
    assert apart(read(content), picture) < 2
    if size != (1, 1):
        assert refusal(content[:-40]).startswith("truncated: ")


def ycbcr(picture: Image.Image, sampling: tuple[int, int], compression: int) -> bytes:
    """A TIFF of one strip; TIFF 6.0, section 21."""
    across, down = sampling
    width, height = picture.size
    padding = ((0, -height % down), (0, -width % across), (0, 0))
    values = np.pad(np.asarray(picture.convert("YCbCr")), padding, mode="edge")
    units = values.reshape(values.shape[0] // down, down, -1, across, 3).swapaxes(1, 2)
    data = np.concatenate([units[..., 0].reshape(*units.shape[:2], -1), units[:, :, 0, 0, 1:]], 2).tobytes()
    data = zlib.compress(data) if compression == 8 else data
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 200), (259, 3, 1, compression), (262, 3, 1, 6)]
    tags += [(273, 4, 1, 210), (277, 3, 1, 3), (278, 4, 1, height), (279, 4, 1, len(data))]
    tags += [(530, 3, 2, across | down << 16)]
    directory = struct.pack("<IH", 8, len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return (b"II*\0" + directory).ljust(200, b"\0") + struct.pack("<5H", 8, 8, 8, 0, 0) + data


def test_a_tiff_with_a_palette_may_be_transparent() -> None:
    indices, cover = np.asarray(PICTURE.convert("L")), np.asarray(Image.linear_gradient("L").resize((160, 120)))
    data = np.dstack([indices, cover]).tobytes()
    tags = [(256, 4, 1, 160), (257, 4, 1, 120), (258, 3, 2, 8 | 8 << 16), (259, 3, 1, 1), (262, 3, 1, 3)]
    tags += [(273, 4, 1, 2000), (277, 3, 1, 2), (278, 4, 1, 120), (279, 4, 1, len(data)), (320, 3, 768, 300)]
    tags += [(338, 3, 1, 2)]
    directory = struct.pack("<IH", 8, len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    palette = np.tile(np.arange(255, -1, -1) * 257, 3).astype("<u2").tobytes()
    content = ((b"II*\0" + directory).ljust(300, b"\0") + palette).ljust(2000, b"\0") + data
    plain = Image.fromarray(255 - indices).convert("RGB")
    plain.putalpha(Image.fromarray(cover))
    assert apart(read(content), read(encoded(plain, "PNG"))) == 0


def test_a_tiff_in_lab_may_be_transparent() -> None:
    cover = np.asarray(Image.linear_gradient("L").resize((160, 120)))
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    values = np.asarray(ImageCms.applyTransform(PICTURE, to_lab))
    content = tiff(np.dstack([values, cover]), photometric="cielab", extrasamples=("unassalpha",))
    plain = PICTURE.copy()
    plain.putalpha(Image.fromarray(cover))
    assert apart(read(content), read(encoded(plain, "PNG"))) < 2


def test_a_bitmap_or_png_of_an_unknown_form_is_refused_in_words() -> None:
    content = bytearray(encoded(PICTURE, "BMP"))
    content[30] = 4  # a JPEG inside
    assert refusal(bytes(content)) == "BMP, compression (4): not supported"
    picture = encoded(PICTURE, "PNG")
    apple = picture[:8] + chunk(b"CgBI", b"\x50\0\x20\2") + picture[8:]
    assert refusal(apple) == "PNG in the form of apps for iOS (CgBI): not supported"


def test_a_bitmap_that_says_that_it_is_transparent_is() -> None:
    pixels = np.dstack([np.asarray(PICTURE)[::-1, :, ::-1], np.zeros((120, 160), np.uint8)]).tobytes()
    header = struct.pack("<IiiHHIIiiII", 124, 160, 120, 1, 32, 3, len(pixels), 2835, 2835, 0, 0)
    header += struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    content = b"BM" + struct.pack("<IHHI", 138 + len(pixels), 0, 0, 138) + header.ljust(124, b"\0") + pixels
    assert read(content).getcolors() == [(160 * 120, (255, 255, 255))]
    assert read_picture(io.BytesIO(content), on_black=True).getcolors() == [(160 * 120, (0, 0, 0))]
