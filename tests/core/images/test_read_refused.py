"""What cannot be read is refused with a reason in words, whatever is wrong with it."""

from __future__ import annotations

import io
import os
import struct
import unicodedata
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_helpers import FORMATS, apart, encoded, needs_avif, upright
from PIL import Image, PngImagePlugin

from core.errors import UnreadablePicture
from core.images import read
from core.images.read import read_picture

GRAIN = Image.effect_noise((64, 48), 90).convert("RGB")


def reason(content: bytes, **options: Any) -> str:
    """Why this is refused: one line of visible characters."""
    with pytest.raises(UnreadablePicture) as caught:
        read_picture(io.BytesIO(content), **options)
    message = caught.value.message
    assert message
    assert not any(unicodedata.category(character)[0] == "C" for character in message)
    return message


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 500,
        b"words",
        b"<svg width='9'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"%PDF-1.7",
    ],
    ids=["empty", "zeros", "words", "svg", "eps", "pdf"],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.heic", "a.eps"])
def test_what_is_no_picture_is_refused_whatever_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadablePicture, match="not a picture in a known format"):
        read_picture(tmp_path / name)


@pytest.mark.parametrize("kind", ["EPS", "PDF", "PPM", "ICO", "TGA", "PCX"])
def test_formats_that_are_not_asked_for_are_refused(kind: str) -> None:
    assert reason(encoded(upright(), kind)) == "not a picture in a known format"


@pytest.mark.parametrize(("kind", "options", "_"), FORMATS)
@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_half_a_picture_is_refused(kind: str, options: dict[str, Any], _: float, part: float) -> None:
    content = encoded(GRAIN, kind, **options)
    cut = content[: int(len(content) * part)]
    assert reason(cut)
    assert reason(cut, at_least=20)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "GIF", "BMP", "HEIF", pytest.param("AVIF", marks=needs_avif)])
def test_a_picture_that_ends_too_early_says_so(kind: str) -> None:
    content = encoded(GRAIN, kind)
    assert reason(content[: int(len(content) * 0.9)]) == "truncated: the file ends before the picture does"


@pytest.mark.parametrize("size", [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (250_001, 1000)])
def test_a_header_that_claims_more_pixels_than_fit_is_refused_before_any_is_read(size: tuple[int, int]) -> None:
    assert reason(png_header(*size)) == f"too large: {size[0]:,} x {size[1]:,} pixels, the limit is 250,000,000"


@pytest.mark.parametrize(("kind", "place", "size"), [("GIF", 6, (65535, 65535)), ("BMP", 18, (50_000, 50_000))])
def test_a_changed_header_that_claims_too_much_is_refused(kind: str, place: int, size: tuple[int, int]) -> None:
    content = bytearray(encoded(Image.new("L", (4, 4)), kind))
    claim = struct.pack("<HH" if kind == "GIF" else "<ii", *size)
    content[place : place + len(claim)] = claim
    assert reason(bytes(content)).startswith(f"too large: {size[0]:,} x {size[1]:,}")


def test_the_limit_itself_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_PIXELS", 100)
    assert read_picture(io.BytesIO(encoded(Image.new("L", (10, 10)), "PNG"))).size == (10, 10)
    assert reason(encoded(Image.new("L", (101, 1)), "PNG")).startswith("too large: 101 x 1")


def test_a_text_that_unpacks_to_far_more_than_it_is_costs_no_pixel() -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("comment", "x" * 5_000_000, zip=True)
    assert apart(read_picture(io.BytesIO(encoded(upright(), "PNG", pnginfo=about))), upright()) == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "it needs more memory than a picture may take"),
        (OSError(5, "Input/output error"), "the disk could not read the file"),
        (OSError(116, "Stale file handle"), "stale file handle"),
        (ValueError(), "damaged: ValueError"),
        (SyntaxError("bad\n\x1b[31mheader"), r"damaged: bad\n\x1b[31mheader"),
        (RuntimeError("odd\n"), "damaged: odd"),
    ],
)
def test_what_a_decoder_raises_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def load(*_: object) -> None:
        raise error

    monkeypatch.setattr("core.images.png.find_chunks", load)
    assert reason(encoded(upright(), "PNG")) == words


def test_a_defect_of_ours_is_not_taken_for_a_broken_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise AssertionError("ours")

    monkeypatch.setattr("core.images.png.find_chunks", load)
    with pytest.raises(AssertionError, match="ours"):
        read_picture(io.BytesIO(encoded(upright(), "PNG")))


def test_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UnreadablePicture, match="not a regular file"):
        read_picture(tmp_path / "a.png")


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(UnreadablePicture):
        read_picture("a\0b.png")


def test_a_file_that_may_not_be_read_is_refused(
    own_folder: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    (own_folder / "a.png").write_bytes(encoded(upright(), "PNG"))
    (own_folder / "a.png").chmod(0)
    with as_ordinary_user(), pytest.raises(UnreadablePicture, match="no permission to read the file"):
        read_picture(own_folder / "a.png")


def test_files_are_closed_whether_they_can_be_read_or_not(tmp_path: Path) -> None:
    contents = [encoded(GRAIN, kind) for kind in ("PNG", "JPEG", "TIFF", "GIF", "HEIF")]
    before = sorted(os.listdir("/proc/self/fd"))
    for content in [*contents, *(content[:200] for content in contents), b"", png_header(10**5, 10**5)]:
        (tmp_path / "a").write_bytes(content)
        try:
            read_picture(tmp_path / "a")
        except UnreadablePicture:
            continue
    assert sorted(os.listdir("/proc/self/fd")) == before


KINDS = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "JPEG2000", "MPO"]
WHOLE = {kind: encoded(upright(24, 18), kind) for kind in KINDS}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    st.floats(0.5, 1.5),
    st.booleans(),
)
def test_whatever_bytes_are_wrong_it_is_a_picture_or_a_reason(
    kind: str, wrong: list[tuple[float, int]], length: float, small: bool
) -> None:
    content = bytearray(WHOLE[kind])
    for place, value in wrong:
        content[int(place * len(content))] = value
    content = content[: int(length * len(content))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "MAX_PIXELS", 1_000_000)
        try:
            picture = read_picture(io.BytesIO(content), at_least=10 if small else None)
        except UnreadablePicture as error:
            assert error.message
        else:
            assert picture.mode == "RGB"
