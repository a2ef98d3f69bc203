"""Which files are taken for pictures, and what a file is: its content decides, not its name."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from image_helpers import FORMATS, encoded, lying, needs_avif, upright
from PIL import Image

from core.errors import UnreadablePicture
from core.images import identify as identifying
from core.images.formats import DECODERS, looks_like_picture, register_decoders
from core.images.identify import identify


@pytest.mark.parametrize(
    "name",
    b"a.jpg a.JPEG a.Png a.webp a.gif a.tiff a.bmp a.heic a.avif a.jp2 caf\xe9.jpg a.tar.png \x1b[2J.gif".split(b" "),
)
def test_a_file_named_like_a_picture_is_worth_opening(name: bytes) -> None:
    assert looks_like_picture(name)


@pytest.mark.parametrize(
    "name", [b"a", b"", b"jpg", b".jpg", b"a.jpg.part", b"a.svg", b"a.pdf", b"a.eps", b"a.ps", b"a.txt", b"._a.jpg"]
)
def test_a_file_named_like_anything_else_is_not(name: bytes) -> None:
    assert not looks_like_picture(name)


def test_nothing_is_decoded_that_runs_programs_or_scripts() -> None:
    assert set(register_decoders()) <= set(DECODERS)
    assert not {"EPS", "PDF", "SVG", "WMF", "FPX", "MIC", "PSD"} & set(register_decoders())
    assert {"JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF"} <= set(register_decoders())


def test_what_pillow_knows_of_these_formats_is_all_registered_and_little_else() -> None:
    """No plug-in that ``Image.init()`` would import adds to what is read or takes its place."""
    program = """
from core.images.formats import DECODERS, register_decoders
from PIL import Image
given = register_decoders()
before = {name: Image.OPEN[name] for name in given}
assert set(Image.OPEN) - set(DECODERS) <= {"DIB"}, set(Image.OPEN)
Image.preinit()
Image.init()
assert {name: Image.OPEN[name] for name in DECODERS if name in Image.OPEN} == before
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(("kind", "options", "_"), FORMATS)
@pytest.mark.parametrize("name", ["right", "wrong.jpg", "wrong.png", "caf\udce9\n"])
def test_the_content_says_what_it_is_whatever_the_name_says(
    tmp_path: Path, kind: str, options: dict[str, Any], _: float, name: str
) -> None:
    content = encoded(upright(), kind, **options)
    (tmp_path / name).write_bytes(content)
    found = identify(tmp_path / name)
    assert (found.width, found.height, found.format, found.problem) == (64, 48, kind, "")
    assert found.key == hashlib.sha1(content).digest()
    assert (found.size, found.mtime_ns) == (len(content), (tmp_path / name).stat().st_mtime_ns)


def test_a_file_larger_than_one_read_is_hashed_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifying, "_IN_MEMORY", 100)
    monkeypatch.setattr(identifying, "_CHUNK", 100)
    content = encoded(upright(), "BMP")
    (tmp_path / "a.bmp").write_bytes(content)
    found = identify(tmp_path / "a.bmp")
    assert found.key == hashlib.sha1(content).digest()
    assert found.format == "BMP"


def test_the_header_is_that_of_the_bytes_that_were_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = encoded(upright(), "PNG"), encoded(upright().rotate(90, expand=True), "JPEG")
    (tmp_path / "a").write_bytes(before)

    def changed(*_: object) -> None:
        (tmp_path / "a").write_bytes(after)

    with (tmp_path / "a").open("rb") as stream:
        found = identifying.identify_stream(stream, lambda: nullcontext(changed()))
    assert (found.key, found.format, found.width) == (hashlib.sha1(before).digest(), "PNG", 64)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", pytest.param("AVIF", marks=needs_avif)])
def test_the_size_is_that_of_the_upright_picture(tmp_path: Path, kind: str, orientation: int) -> None:
    (tmp_path / "a").write_bytes(lying(upright(), orientation, kind))
    found = identify(tmp_path / "a")
    assert (found.width, found.height) == (64, 48)


def test_only_the_header_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def loads(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", loads)
    (tmp_path / "a.jpg").write_bytes(encoded(upright(), "JPEG"))
    assert identify(tmp_path / "a.jpg").width == 64


def test_an_mpo_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(upright(), "MPO", save_all=True, append_images=[upright()]))
    assert identify(tmp_path / "a.jpg").format == "MPO"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 1000,
        b"just words",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"%PDF-1.7\n",
        b"<html>",
        b"GIF89a",
        encoded(Image.new("RGB", (9, 9)), "PDF"),
        encoded(Image.new("RGB", (9, 9)), "EPS"),
        encoded(Image.new("RGB", (9, 9)), "PPM"),
        encoded(Image.new("RGB", (9, 9)), "ICO"),
        encoded(Image.new("RGB", (9, 9)), "TGA"),
    ],
    ids=[
        "empty",
        "zeros",
        "words",
        "svg",
        "eps",
        "pdf",
        "html",
        "gif-mark",
        "real-pdf",
        "real-eps",
        "ppm",
        "ico",
        "tga",
    ],
)
def test_what_is_no_picture_has_a_name_and_a_problem(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    found = identify(tmp_path / "a.jpg")
    assert found.key == hashlib.sha1(content).digest()
    assert (found.width, found.height, found.format) == (0, 0, "")
    assert found.problem == "not a picture in a known format"


def test_what_is_not_there_or_no_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo.png")
    os.mkdir("folder.png")
    os.symlink("loop.png", "loop.png")
    reasons = {
        "absent.png": "the file is not there any more",
        "fifo.png": "not a regular file",
        "folder.png": "not a regular file",
        "socket.png": "not a regular file",
        "/dev/zero": "not a regular file",
        "loop.png": "a symbolic link that leads back to itself",
    }
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.png")
        for name, reason in reasons.items():
            with pytest.raises(UnreadablePicture) as caught:
                identify(name)
            assert caught.value.message == reason


def test_a_disk_that_fails_while_the_file_is_read_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    (tmp_path / "a.png").write_bytes(encoded(upright(), "PNG"))
    monkeypatch.setattr(identifying, "open_regular", Failing)
    with pytest.raises(UnreadablePicture, match="the disk could not read the file"):
        identify(tmp_path / "a.png")


def test_a_file_for_which_there_is_no_memory_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Small(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            if size is None or size > 1 << 20:
                raise MemoryError
            return super().read(size) or b""

    content = encoded(upright(), "JPEG") + b"v" * (2 << 20)
    (tmp_path / "a.jpg").write_bytes(content)
    monkeypatch.setattr(identifying, "open_regular", Small)
    found = identify(tmp_path / "a.jpg")
    assert (found.key, found.width, found.problem) == (hashlib.sha1(content).digest(), 64, "")
