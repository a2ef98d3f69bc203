"""Whatever a file was, what is read is an upright RGB picture on white."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_helpers import FORMATS, apart, encoded, lying, needs_avif, pixels, upright
from PIL import Image, ImageFilter

from core.images import read
from core.images.read import read_picture, without_colour


def reread(content: bytes, **options: Any) -> Image.Image:
    return read_picture(io.BytesIO(content), **options)


def photograph(width: int, height: int) -> Image.Image:
    """Soft shapes and fine grain, as a camera gives."""
    rng = np.random.default_rng(3)
    ground = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((width, height), 3)
    grain = rng.normal(0, 8, (height, width, 3))
    return Image.fromarray(np.clip(pixels(ground) + grain, 0, 255).astype(np.uint8))


# Formats


@pytest.mark.parametrize(("kind", "options", "tolerance"), FORMATS)
def test_every_format_is_read_as_what_was_saved(kind: str, options: dict[str, Any], tolerance: float) -> None:
    assert apart(reread(encoded(upright(), kind, **options)), upright()) <= tolerance


@pytest.mark.parametrize(("kind", "options", "_"), FORMATS)
def test_greyscale_is_the_greying_of_the_picture_in_colour(kind: str, options: dict[str, Any], _: float) -> None:
    content = encoded(photograph(90, 70), kind, **options)
    grey = without_colour(reread(content))
    assert apart(grey, reread(content).convert("L").convert("RGB")) == 0
    assert grey.mode == "RGB"
    assert np.ptp(pixels(grey), axis=2).max() == 0


@pytest.mark.parametrize("name", ["a.jpg", "caf\udce9.png", "new\nline.gif", "[bold].bmp", "\x1b[2J"])
def test_a_file_of_any_name_is_read_by_path_and_by_bytes(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(encoded(upright(), "PNG"))
    path = tmp_path / name
    for source in (path, str(path), bytes(path), path.open("rb")):
        assert apart(read_picture(source), upright()) == 0


def test_an_open_file_is_closed() -> None:
    stream = io.BytesIO(encoded(upright(), "PNG"))
    read_picture(stream)
    assert stream.closed


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"quality": 95}),
        ("TIFF", {}),
        ("HEIF", {"quality": 95}),
        pytest.param("AVIF", {"quality": 95}, marks=needs_avif),
    ],
)
def test_however_the_camera_was_held_the_picture_is_upright(
    kind: str, options: dict[str, Any], orientation: int
) -> None:
    content = lying(upright(), orientation, kind, **options)
    assert apart(reread(content), upright()) < 5
    assert apart(without_colour(reread(content)), upright().convert("L").convert("RGB")) < 5


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\x08\0\0\0\1\0\x12\1"])
def test_broken_exif_costs_nothing(exif: bytes) -> None:
    assert apart(reread(encoded(upright(), "PNG", exif=exif)), upright()) == 0


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int) -> None:
    assert apart(reread(lying(upright(), orientation, "PNG")), upright()) == 0


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO", pytest.param("AVIF", marks=needs_avif), "HEIF"])
def test_of_several_frames_the_first_is_read(kind: str) -> None:
    frames = [Image.new("RGB", (64, 48), (0, value, 0)) for value in (250, 60, 5)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert apart(reread(content), frames[0]) < 3


# Colours


def test_modes_of_print_and_drawing_become_rgb() -> None:
    cmyk = Image.new("CMYK", (20, 20), (0, 255, 255, 0))
    assert apart(reread(encoded(cmyk, "JPEG", quality=95)), cmyk.convert("RGB")) < 3
    assert apart(reread(encoded(cmyk, "TIFF")), cmyk.convert("RGB")) == 0
    assert pixels(reread(encoded(Image.new("CMYK", (20, 20)), "JPEG"))).min() > 250
    for mode in ("1", "L", "P"):
        picture = upright().convert(mode)
        assert apart(reread(encoded(picture, "PNG")), picture.convert("RGB")) == 0
    assert apart(reread(encoded(upright().convert("YCbCr"), "TIFF")), upright()) < 2


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "HEIF", pytest.param("AVIF", marks=needs_avif)])
def test_what_is_transparent_is_on_white(kind: str) -> None:
    picture = Image.new("RGBA", (48, 16), (200, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (16, 0, 32, 16))
    picture.paste((0, 0, 0, 128), (32, 0, 48, 16))
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind in ("HEIF", "AVIF") else {}
    seen = pixels(reread(encoded(picture, kind, **options)))
    for column, colour in ((8, (200, 0, 0)), (24, (255, 255, 255)), (40, (127, 127, 127))):
        assert np.abs(seen[8, column] - colour).max() <= 6


def test_grey_with_transparency_is_on_white() -> None:
    picture = Image.new("LA", (2, 1), (0, 0))
    picture.putpixel((1, 0), (90, 255))
    assert pixels(reread(encoded(picture, "PNG")))[0].tolist() == [[255] * 3, [90] * 3]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_colour_of_a_palette_is_white(kind: str) -> None:
    picture = Image.new("P", (4, 1), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255, 9, 9, 9])
    picture.putdata([0, 1, 2, 1])
    seen = pixels(reread(encoded(picture, kind, transparency=1)))[0].tolist()
    assert seen == [[255, 0, 0], [255] * 3, [9, 9, 9], [255] * 3]


def test_a_palette_that_is_transparent_by_degrees_is_mixed_with_white() -> None:
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([0, 0, 0, 0, 0, 0])
    picture.putdata([0, 1])
    assert pixels(reread(encoded(picture, "PNG", transparency=bytes([128, 255]))))[0, :, 0].tolist() == [127, 0]


@pytest.mark.parametrize(("mode", "transparent"), [("L", 10), ("RGB", (10, 10, 10)), ("1", 0)])
def test_a_single_transparent_colour_is_white(mode: str, transparent: Any) -> None:
    picture = Image.new(mode, (2, 1), transparent)
    picture.putpixel((1, 0), {"L": 200, "RGB": (200, 200, 200), "1": 255}[mode])
    seen = pixels(reread(encoded(picture, "PNG", transparency=transparent)))[0, :, 0].tolist()
    assert seen == [255, 255 if mode == "1" else 200]


# Depths


def grey(values: list[float], kind: str, dtype: str) -> list[int]:
    """These values as one row of a picture, as they are read."""
    row = reread(encoded(Image.fromarray(np.array([values], dtype)), kind))
    assert np.ptp(pixels(row), axis=2).max() == 0
    return pixels(row)[0, :, 0].tolist()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_read_as_sixteen_however_bright_they_are(kind: str) -> None:
    assert grey([0, 257 * 100, 65535], kind, "uint16") == [0, 100, 255]
    assert grey([0, 257 * 8, 257 * 16], kind, "uint16") == [0, 8, 16]
    assert grey([0, 100, 255], kind, "uint16") == [0, 0, 1]
    assert grey([0, 0, 0], kind, "uint16") == [0, 0, 0]


def test_big_endian_is_read_and_wide_integers_are_stretched() -> None:
    assert grey([0, 257 * 100, 65535], "TIFF", ">u2") == [0, 100, 255]
    assert grey([0, 400_000, 1_000_000], "TIFF", "int32") == [0, 102, 255]
    assert grey([-100, 0, 100], "TIFF", "int32") == pytest.approx([0, 128, 255], abs=1)


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ([0.0, 0.4, 1.0], [0, 102, 255]),
        ([0.0, 0.2, 0.4], [0, 51, 102]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([0.0, 5000.0, 10_000.0], [0, 128, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([float("nan"), 1.0, float("inf")], [0, 255, 0]),
        ([float("nan")] * 3, [0, 0, 0]),
        ([3e38, -3e38, 0.0], [255, 0, 128]),
    ],
)
def test_floating_point_pictures_keep_the_usual_scales_and_stretch_the_others(
    values: list[float], seen: list[int]
) -> None:
    assert grey(values, "TIFF", "float32") == pytest.approx(seen, abs=1)


# Smaller than it is


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_decoded_at_a_fraction_gives_nearly_the_same(orientation: int) -> None:
    content = lying(photograph(1600, 1200), orientation, "JPEG", quality=90)
    full, part = reread(content), reread(content, at_least=224)
    assert full.size == (1600, 1200)
    assert part.size == (400, 300)
    small = [picture.resize((299, 224), Image.Resampling.BICUBIC, reducing_gap=3.0) for picture in (full, part)]
    assert apart(*small) < 1.5


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 400), st.sampled_from(["JPEG", "PNG", "GIF"]))
def test_the_shorter_side_is_never_less_than_asked_for(width: int, height: int, at_least: int, kind: str) -> None:
    content = encoded(Image.new("L", (width, height)), kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "_LARGE_PIXELS", 10_000)
        size = reread(content, at_least=at_least).size
    assert min(size) >= min(at_least, width, height)
    assert max(size) <= max(width, height)


@pytest.mark.parametrize("kind", ["RGB", "L", "P", "RGBA", "LA", "CMYK"])
@pytest.mark.parametrize("size", [(400, 300), (401, 303), (257, 700)])
def test_a_very_large_picture_is_averaged_down_as_if_at_once(
    monkeypatch: pytest.MonkeyPatch, kind: str, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(read, "_LARGE_PIXELS", 10_000)
    picture = photograph(*size)
    if kind in ("RGBA", "LA"):
        picture.putalpha(Image.linear_gradient("L").resize(size))
    content = encoded(picture.convert(kind), "TIFF" if kind != "P" else "PNG")
    whole = reread(content)
    assert whole.size == size
    assert apart(reread(content, at_least=50), whole.reduce(min(size) // 50)) == 0


def test_a_drawing_of_twenty_million_pixels_is_averaged_down() -> None:
    drawing = Image.new("1", (5000, 4100))
    drawing.paste(1, (2500, 0, 5000, 4100))
    small = reread(encoded(drawing, "PNG"), at_least=224)
    assert small.size == (278, 228)
    edges = pixels(small.filter(ImageFilter.MedianFilter(3)))
    assert edges[:, :130].max() == 0
    assert edges[:, 150:].min() == 255


def test_reading_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert reread(encoded(Image.new("1", (14_000, 7_000)), "PNG"), at_least=100).size == (200, 100)
