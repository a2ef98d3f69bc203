"""Every form that libraries write, against its plain form: the same picture, and the same vector."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from image_helpers import apart, encoded, lying, needs_avif, pixels
from PIL import Image, features
from profiles import (
    ADOBE,
    DISPLAY_P3,
    SRGB,
    encoded_in,
    grey_profile,
    ink_profile,
    lab,
    matrix_profile,
    srgb_profile,
)

from core.errors import UnreadablePicture
from core.images import identify as identifying
from core.images.identify import identify_stream
from core.images.read import read_picture
from core.models.backend import Model

FAULTS = Path(__file__).parents[2] / "faults"
COLOUR = Image.open(FAULTS / "reference.png").convert("RGB")
GREY = COLOUR.convert("L")
KEY = Image.linear_gradient("L").resize(COLOUR.size)
CLEAR = COLOUR.copy()
CLEAR.putalpha(KEY)
INKS = COLOUR.convert("CMYK")
Array = npt.NDArray[Any]


def on_white(picture: Image.Image) -> Image.Image:
    """Mixed by hand."""
    values = np.asarray(picture, float)
    alpha = values[..., -1:] / 255
    mixed = np.rint(values[..., :-1] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return Image.fromarray(mixed if mixed.shape[2] == 3 else mixed[..., 0]).convert("RGB")


PLAIN = {
    "grey": GREY.convert("RGB"),
    "rgb": COLOUR,
    "rgba": on_white(CLEAR),
    "inks": INKS.convert("RGB"),
    "greyalpha": on_white(Image.merge("LA", (GREY, KEY))),
}


def deep(values: Array, kind: str) -> Array:
    """Values 0..255 over the whole range of a type."""
    if kind.startswith("f"):
        return (values / 255).astype(kind)
    most = {"u1": 255, "u2": 65535, "u4": 2**32 - 1, "i1": 127, "i2": 32767}[kind]
    return np.rint(values.astype(float) * (most / 255)).astype(kind)


def tiff(values: Array, **options: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, metadata=None, **options)
    return stream.getvalue()


def planar(values: Array) -> Array:
    return np.ascontiguousarray(np.moveaxis(values, -1, 0))


def tiffs() -> dict[str, tuple[bytes, str]]:
    """TIFF by depth, layout, colours and transparency."""
    found: dict[str, tuple[bytes, str]] = {}
    grey, rgb, rgba, inks = (np.asarray(picture) for picture in (GREY, COLOUR, CLEAR, INKS))
    grey_alpha = np.dstack([grey, np.asarray(KEY)])
    alpha = np.asarray(KEY, float)[..., None] / 255
    premultiplied = np.dstack([np.rint(rgb * alpha).astype(np.uint8), np.asarray(KEY)])
    for kind in ("u1", "u2", "u4", "f2", "f4", "f8", "i1", "i2"):
        found[f"grey {kind}"] = tiff(deep(grey, kind), photometric="minisblack"), "grey"
        if kind[0] == "u":
            found[f"white-is-zero {kind}"] = tiff(deep(255 - grey, kind), photometric="miniswhite"), "grey"
        for name, values, photometric, extra in (
            ("rgb", rgb, "rgb", ()),
            ("rgba", rgba, "rgb", ("unassalpha",)),
            ("rgba premultiplied", premultiplied, "rgb", ("assocalpha",)),
            ("inks", inks, "separated", ()),
            ("greyalpha", grey_alpha, "minisblack", ("unassalpha",)),
        ):
            plain = name.partition(" ")[0]
            options: dict[str, Any] = {"photometric": photometric, "extrasamples": extra}
            for layout, form in (("contig", deep(values, kind)), ("separate", planar(deep(values, kind)))):
                found[f"{name} {kind} {layout}"] = tiff(form, planarconfig=layout, **options), plain
    for compression in ("lzw", "deflate", "packbits", "zstd", "lzma", "webp", "png", "jpeg2000", "jpegxl"):
        found[f"rgb {compression}"] = tiff(rgb, photometric="rgb", compression=compression), "rgb"
    found["rgb jpeg"] = tiff(rgb, photometric="rgb", compression="jpeg", compressionargs={"level": 98}), "rgb"
    for predictor in (False, True):
        big = tiff(deep(rgb, "u2"), photometric="rgb", compression="lzw", predictor=predictor, byteorder=">")
        found[f"rgb u2 big-endian predictor {predictor}"] = big, "rgb"
    found["rgb tiles"] = tiff(rgb, photometric="rgb", tile=(32, 48), compression="deflate"), "rgb"
    found["rgb bigtiff"] = tiff(rgb, photometric="rgb", bigtiff=True), "rgb"
    found["rgb f4 predictor"] = tiff(deep(rgb, "f4"), photometric="rgb", compression="deflate", predictor=True), "rgb"
    found["12 bits packed"] = packed_12(grey), "grey"
    found["12 bits in 16"] = tiff(twelve(grey), extratags=[(281, 3, 1, 4095, True)]), "grey"
    found["float 0..255"] = tiff(rgb.astype("f4"), photometric="rgb"), "rgb"
    found["float by its tags"] = tiff(rgb * np.float32(10), extratags=stated(0, 2550), photometric="rgb"), "rgb"
    found["palette"] = encoded(GREY.convert("P"), "TIFF"), "grey"
    found["YCbCr"] = encoded(COLOUR.convert("YCbCr"), "TIFF"), "rgb"
    for kind in ("u1", "u2"):
        found[f"lab {kind}"] = tiff(lab_values(kind), photometric="cielab"), "rgb"
    return found


def twelve(values: Array) -> Array:
    return np.rint(values * (4095 / 255)).astype(np.uint16)


def stated(low: float, high: float) -> list[tuple[int, int, int, Any, bool]]:
    return [(340, 11, 3, (low,) * 3, True), (341, 11, 3, (high,) * 3, True)]


def packed_12(values: Array) -> bytes:
    """A TIFF of two samples in three bytes."""
    numbers = twelve(values).reshape(-1, 2).astype(np.uint32)
    both = (numbers[:, 0] << 12) | numbers[:, 1]
    data = np.stack([both >> 16, both >> 8, both], -1).astype(np.uint8).tobytes()
    height, width = values.shape
    tags = [(256, 4, width), (257, 4, height), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1)]
    tags += [(278, 4, height), (279, 4, len(data))]
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in tags)
    return (b"II*\0" + struct.pack("<I", 8) + directory).ljust(200, b"\0") + data


def lab_values(kind: str) -> Array:
    values = lab(COLOUR)
    if kind == "u1":
        return np.rint(values * (2.55, 1, 1)).astype(np.int16).astype(np.uint8)
    return np.rint(values * (655.35, 256, 256)).astype(np.int32).astype(np.uint16)


def png(values: Array, kind: int, bits: int, *chunks: bytes) -> bytes:
    """A PNG by its definition."""
    rows = values.astype(f">u{bits // 8}")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, kind, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def pngs() -> dict[str, tuple[bytes, str]]:
    """PNG by colour type, depth, order and transparency key."""
    found: dict[str, tuple[bytes, str]] = {}
    for bits in (8, 16):
        for name, number, picture in (("grey", 0, GREY), ("rgb", 2, COLOUR), ("rgba", 6, CLEAR)):
            found[f"{name} {bits}"] = png(deep(np.asarray(picture), f"u{bits // 8}"), number, bits), name
        both = np.dstack([np.asarray(GREY), np.asarray(KEY)])
        found[f"greyalpha {bits}"] = png(deep(both, f"u{bits // 8}"), 4, bits), "greyalpha"
        keyed = deep(np.asarray(COLOUR), f"u{bits // 8}")
        unused = chunk(b"tRNS", struct.pack(">3H", *(3, 5, 250) if bits == 8 else (3, 5, 251)))
        found[f"rgb {bits} with a key that it does not have"] = png(keyed, 2, bits, unused), "rgb"
    found["16 bits, of which 12 count"] = png(deep(np.asarray(COLOUR), "u2"), 2, 16, chunk(b"sBIT", b"\x0c" * 3)), "rgb"
    found["palette"] = encoded(GREY.convert("P"), "PNG"), "grey"
    found["text of 5 MB"] = png(np.asarray(COLOUR), 2, 8, chunk(b"tEXt", b"a\0" + b"b" * 5_000_000)), "rgb"
    found["broken time"] = (FAULTS / "png-bad-crc-of-time.png").read_bytes(), "rgb"
    return found


def others() -> dict[str, tuple[bytes, str]]:
    """JPEG, WebP, GIF, BMP, JPEG 2000, HEIC and AVIF."""
    best: dict[str, Any] = {"quality": 98, "subsampling": 0}
    found = {
        "jpeg": (encoded(COLOUR, "JPEG", **best), "rgb"),
        "jpeg progressive": (encoded(COLOUR, "JPEG", progressive=True, **best), "rgb"),
        "jpeg restart markers": (encoded(COLOUR, "JPEG", restart_marker_blocks=5, **best), "rgb"),
        "jpeg 4:2:0": (encoded(COLOUR, "JPEG", quality=98), "rgb"),
        "jpeg rgb": (encoded(COLOUR, "JPEG", keep_rgb=True, quality=98), "rgb"),
        "jpeg grey": (encoded(GREY, "JPEG", quality=98), "grey"),
        "jpeg inks": (encoded(INKS, "JPEG", **best), "inks"),
        "mpo": (encoded(COLOUR, "MPO", save_all=True, append_images=[CLEAR.convert("RGB")], **best), "rgb"),
        "webp": (encoded(COLOUR, "WEBP", quality=98), "rgb"),
        "webp lossless": (encoded(CLEAR, "WEBP", lossless=True, exact=True), "rgba"),
        "webp alpha": (encoded(CLEAR, "WEBP", quality=98), "rgba"),
        "webp frames": (encoded(COLOUR, "WEBP", save_all=True, append_images=[GREY], lossless=True), "rgb"),
        "gif": (encoded(GREY, "GIF"), "grey"),
        "bmp": (encoded(COLOUR, "BMP"), "rgb"),
        "jpeg 2000": (encoded(COLOUR, "JPEG2000"), "rgb"),
        "jpeg 2000, 16 bits": (imagecodecs.jpeg2k_encode(deep(np.asarray(GREY), "u2"), level=0), "grey"),
        "heic": (encoded(COLOUR, "HEIF", quality=98), "rgb"),
        "heic alpha": (encoded(CLEAR, "HEIF", quality=100), "rgba"),
    }
    if features.check("avif"):
        found |= {
            "avif": (encoded(COLOUR, "AVIF", quality=98), "rgb"),
            "avif alpha": (encoded(CLEAR, "AVIF", quality=98), "rgba"),
        }
    return found


def profiled() -> dict[str, tuple[bytes, str]]:
    """Numbers of other colour spaces, with their profiles."""
    found = {}
    for name, matrix, gamma in (("Display P3", DISPLAY_P3, 2.2), ("Adobe RGB", ADOBE, 2.2), ("linear", SRGB, 1.0)):
        picture, profile = encoded_in(COLOUR, matrix, gamma), matrix_profile(matrix, gamma)
        kinds = ["PNG", "TIFF", "HEIF", *(["AVIF"] if features.check("avif") else []), "JPEG", "WEBP"]
        for kind in kinds if name == "Display P3" else ["PNG"]:
            options: dict[str, Any] = {"quality": 98} if kind not in ("PNG", "TIFF") else {}
            found[f"{name} {kind}"] = encoded(picture, kind, icc_profile=profile, **options), "rgb"
    p3 = matrix_profile(DISPLAY_P3, 2.2)
    sixteen = deep(np.asarray(encoded_in(COLOUR, DISPLAY_P3, 2.2)), "u2")
    found["Display P3, TIFF, 16 bits in planes"] = (
        tiff(planar(sixteen), photometric="rgb", planarconfig="separate", iccprofile=p3),
        "rgb",
    )
    clear = encoded_in(COLOUR, DISPLAY_P3, 2.2)
    clear.putalpha(KEY)
    found["Display P3, transparent"] = encoded(clear, "PNG", icc_profile=p3), "rgba"
    found["sRGB"] = encoded(COLOUR, "PNG", icc_profile=srgb_profile()), "rgb"
    found["broken profile"] = encoded(COLOUR, "PNG", icc_profile=p3[:200]), "rgb"
    found["profile of inks on RGB"] = encoded(COLOUR, "PNG", icc_profile=ink_profile(corners((0, 1, 2)))), "rgb"
    light = np.rint(255 * (np.asarray(GREY) / 255.0) ** 2.2).astype(np.uint8)
    found["linear grey"] = encoded(Image.fromarray(light), "PNG", icc_profile=grey_profile(1.0)), "grey"
    return found


def corners(order: tuple[int, int, int]) -> dict[tuple[int, int, int, int], tuple[int, int, int]]:
    """Which colour all or nothing of each ink gives; ``order``: which of red, green, blue each ink takes away."""
    found = {}
    for number in range(16):
        inks = tuple(number >> place & 1 for place in (3, 2, 1, 0))
        colour = [0 if inks[3] else 255] * 3
        for ink, channel in zip(inks, order, strict=False):
            colour[channel] *= not ink
        found[inks] = tuple(colour)
    return found  # type: ignore[return-value]


# Forms that change the pixels themselves: by compression, or because eight bits of them are too few.
LOSSY = ("jpeg", "JPEG", "mpo", "webp", "WEBP", "heic", "HEIF", "avif", "AVIF", "i1", "linear grey")
FAMILIES: list[Callable[[], dict[str, tuple[bytes, str]]]] = [tiffs, pngs, others, profiled]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_every_form_of_a_picture_is_that_picture_and_has_its_vector(
    family: Callable[[], dict[str, tuple[bytes, str]]], effnet: Model
) -> None:
    forms = family()
    pictures, wrong = list(PLAIN.values()), []
    for name, (content, plain) in forms.items():
        try:
            picture = read_picture(io.BytesIO(content))
        except UnreadablePicture as error:
            picture = Image.new("RGB", COLOUR.size)
            wrong.append(f"{name}: {error.message}")
        pictures.append(picture)
        difference = apart(picture, PLAIN[plain])
        if difference > 5:  # what is lossy is a little off
            wrong.append(f"{name}: {difference:.2f} steps")
    different = {picture.tobytes(): picture for picture in pictures}
    rows = effnet.encode_pictures([effnet.prepare(picture) for picture in different.values()])
    vectors = dict(zip(different, np.asarray(rows, float), strict=True))
    for (name, (_, plain)), picture in zip(forms.items(), pictures[len(PLAIN) :], strict=True):
        one, other = vectors[picture.tobytes()], vectors[PLAIN[plain].tobytes()]
        cosine = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
        if not cosine >= (0.98 if any(word in name for word in LOSSY) and "lossless" not in name else 0.999):
            wrong.append(f"{name}: cosine {cosine:.4f}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_file_that_is_too_large_for_memory_is_told_the_same(
    family: Callable[[], dict[str, tuple[bytes, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, cut short, and with more behind it: read at once or piece by piece."""
    behind = b"\xff\xff\x00\xff\xfe\x00\x06say\xff\xd9more"
    for name, (content, _) in family().items():
        for part in (content, content[: len(content) // 2], content[:-1] + behind):
            (tmp_path / "a").write_bytes(part)
            told = []
            for most in (len(part), len(part) - 1):
                monkeypatch.setattr(identifying, "_IN_MEMORY", most)
                told.append(identifying.identify(tmp_path / "a"))
            assert told[0] == told[1], name


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_what_the_scan_says_of_its_size_is_what_is_read(
    family: Callable[[], dict[str, tuple[bytes, str]]], tmp_path: Path
) -> None:
    for name, (content, _) in family().items():
        (tmp_path / "a").write_bytes(content)
        with (tmp_path / "a").open("rb") as stream:
            found = identify_stream(stream)
        assert (found.width, found.height, found.problem) == (*COLOUR.size, ""), name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("tiff16-planar.tif", "reference.png"),
        ("tiff16-white-is-zero.tif", "reference_grey.png"),
        ("tiff16-grey-alpha.tif", "reference_grey.png"),
        ("tiff16-signed.tif", "reference_grey.png"),
        ("png16-grey-trns.png", "reference_greykey.png"),
        ("png16-brightest-16383.png", "png8-same-dark.png"),
        ("png-large-text.png", "reference.png"),
        ("png-large-iccp.png", "reference.png"),
        ("png-bad-crc-of-time.png", "reference.png"),
        ("jpeg-without-eoi.jpg", "jpeg-whole.jpg"),
    ],
)
def test_what_was_once_decoded_wrongly_is_its_plain_form(name: str, plain: str) -> None:
    assert apart(read_picture(FAULTS / name), read_picture(FAULTS / plain)) < 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_a_tiff_of_any_depth_is_upright(kind: str, orientation: int) -> None:
    turned = Image.open(io.BytesIO(lying(COLOUR, orientation, "PNG")))
    values = deep(np.asarray(turned), kind)
    content = tiff(values, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    assert apart(read_picture(io.BytesIO(content)), COLOUR) < 1


def test_one_bright_pixel_does_not_make_the_others_dark() -> None:
    values = deep(np.asarray(GREY) // 8, "u2")
    for change in (0, 65535):
        values[0, 0] = change
        seen = pixels(read_picture(io.BytesIO(encoded(Image.fromarray(values), "PNG"))))[1:]
        assert np.abs(seen[..., 0] - np.asarray(GREY)[1:] // 8).max() <= 1
    numbers = np.asarray(GREY, np.float32) / 255
    numbers[0, 0] = 1e6
    assert apart(read_picture(io.BytesIO(tiff(numbers))), PLAIN["grey"]) < 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (tiff(np.ones((8, 8), np.complex64)), "TIFF, 64-bit complex: not supported"),
        (
            tiff(np.ones((8, 8), np.uint8), photometric="cfa"),
            "TIFF, a colour filter array (raw camera data): not supported",
        ),
    ],
)
def test_what_is_not_read_is_said_in_words(content: bytes, words: str) -> None:
    with pytest.raises(UnreadablePicture) as caught:
        read_picture(io.BytesIO(content))
    assert caught.value.message == words


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_are_what_their_profile_says(kind: str) -> None:
    picture = Image.new("CMYK", (64, 16))
    inks = [(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 0)]
    for place, colour in enumerate(inks):
        picture.paste(colour, (16 * place, 0, 16 * place + 16, 16))
    options = {"quality": 98} if kind == "JPEG" else {}
    content = encoded(picture, kind, icc_profile=ink_profile(corners((1, 2, 0))), **options)
    seen = pixels(read_picture(io.BytesIO(content)))[8, 8::16]
    # The cyan ink of this profile takes away green, not red.
    assert np.abs(seen - [(255, 0, 255), (255, 255, 0), (0, 255, 255), (255, 255, 255)]).max() <= 12


@needs_avif
def test_of_an_avif_the_clean_aperture_is_shown() -> None:
    whole = encoded(COLOUR, "AVIF", quality=98)
    content = with_aperture(whole, (80, 60), (-20, 10))
    part = read_picture(io.BytesIO(content))
    assert part.size == (80, 60)
    assert apart(part, read_picture(io.BytesIO(whole)).crop((20, 40, 100, 100))) == 0


def test_the_scan_knows_of_the_clean_aperture(tmp_path: Path) -> None:
    if not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    (tmp_path / "a.avif").write_bytes(with_aperture(encoded(COLOUR, "AVIF"), (80, 60), (0, 0)))
    with (tmp_path / "a.avif").open("rb") as stream:
        found = identify_stream(stream)
    assert (found.width, found.height) == (80, 60)


def with_aperture(content: bytes, size: tuple[int, int], centre: tuple[int, int]) -> bytes:
    """The same AVIF with a clean aperture: a property more, which the picture has."""
    numbers = (size[0], 1, size[1], 1, centre[0], 1, centre[1], 1)
    clap = struct.pack(">I4s8i", 40, b"clap", *numbers)
    ipco, ipma = content.index(b"ipco") - 4, content.index(b"ipma") - 4
    properties = content[ipco : ipco + int.from_bytes(content[ipco : ipco + 4], "big")]
    count, at = 0, 8
    while at < len(properties):
        count, at = count + 1, at + int.from_bytes(properties[at : at + 4], "big")
    grown = bytearray(content[:ipma] + clap + content[ipma:])
    ipma += len(clap)
    assert grown[ipma + 8 : ipma + 16] == b"\0\0\0\0\0\0\0\1"  # one item, numbers of two bytes, properties of one
    grown[ipma + 18] += 1
    end = ipma + int.from_bytes(grown[ipma : ipma + 4], "big")
    grown[end:end] = bytes((0x80 | (count + 1),))
    more = len(clap) + 1
    for kind, by in ((b"ipco", len(clap)), (b"ipma", 1), (b"iprp", more), (b"meta", more)):
        start = grown.index(kind) - 4
        grown[start : start + 4] = (int.from_bytes(grown[start : start + 4], "big") + by).to_bytes(4, "big")
    iloc = grown.index(b"iloc") + 4
    offset = iloc + 14  # version, sizes, count, item, reference, count of extents
    old = int.from_bytes(grown[offset : offset + 4], "big")
    grown[offset : offset + 4] = (old + more).to_bytes(4, "big")
    return bytes(grown)
