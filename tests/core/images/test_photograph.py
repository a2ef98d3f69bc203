"""How and where a picture was taken, out of EXIF that cameras, programs and vandals wrote; and no pixel is decoded."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pytest
from image_helpers import encoded, upright
from PIL import ExifTags, Image, ImageFile
from PIL.TiffImagePlugin import IFDRational

from core.catalog.readable import photograph_of
from core.errors import UnreadablePicture
from core.images import decoders
from core.images.decoder_messages import Reply
from core.images.photograph import NO_PHOTOGRAPH, Photograph, read_photograph
from core.images.read import open_picture
from core.project import Project

BASE, GPS = ExifTags.Base, ExifTags.GPS
TAKEN: dict[int, object] = {
    BASE.LensMake: "Canon",
    BASE.LensModel: "EF50mm f/1.8 STM",
    BASE.ExposureTime: IFDRational(1, 250),
    BASE.FNumber: IFDRational(28, 10),
    BASE.ISOSpeedRatings: 400,
    BASE.FocalLength: IFDRational(50, 1),
}
PARIS: dict[int, object] = {
    GPS.GPSLatitudeRef: "N",
    GPS.GPSLatitude: (48.0, 51.0, 30.24),
    GPS.GPSLongitudeRef: "E",
    GPS.GPSLongitude: (2.0, 17.0, 40.2),
}
FOUND = Photograph("Canon EF50mm f/1.8 STM", "1/250 s, f/2.8, ISO 400, 50 mm", "48.8584 N, 2.2945 E")


def with_exif(kind: str, inner: dict[int, object], position: dict[int, object] | None = None) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update(inner)
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(position or {})
    return encoded(upright(), kind, exif=exif.tobytes())


def found(inner: dict[int, Any], position: dict[int, Any] | None = None) -> Photograph:
    """Of fields as Pillow gives them, however odd: what writes EXIF would refuse some of them."""
    with Image.new("RGB", (1, 1)) as image:
        exif = image.getexif()
        exif._ifds[ExifTags.IFD.Exif] = inner  # type: ignore[attr-defined]
        exif._ifds[ExifTags.IFD.GPSInfo] = position or {}  # type: ignore[attr-defined]
        return read_photograph(image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photograph_says_lens_exposure_and_place(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "photograph"
    path.write_bytes(with_exif(kind, TAKEN, PARIS))
    assert decoders.read_photograph(path) == FOUND


def test_no_pixel_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    for kind in ("JPEG", "PNG", "WEBP"):
        with open_picture(io.BytesIO(with_exif(kind, TAKEN))) as image:
            assert read_photograph(image).lens == FOUND.lens
    with open_picture(io.BytesIO(encoded(upright(), "PNG"))) as image:
        assert read_photograph(image) == NO_PHOTOGRAPH


def test_a_png_whose_pixels_are_cut_off_still_says_it(tmp_path: Path) -> None:
    content = with_exif("PNG", TAKEN, PARIS)
    (tmp_path / "cut.png").write_bytes(content[: content.index(b"IDAT") + 8])
    assert decoders.read_photograph(tmp_path / "cut.png") == FOUND


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (IFDRational(1, 8_000), "1/8000 s"),
        (0.25, "1/4 s"),
        (0.5, "0.5 s"),
        (30, "30 s"),
        ((0.01, 7), "1/100 s"),
        (IFDRational(1, 0), ""),
        (0, ""),
        (-1, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        (10**400, ""),
        ("1/250", ""),
        (b"\1\2", ""),
        ((), ""),
        (True, ""),
        (None, ""),
    ],
)
def test_an_exposure_that_is_none_is_unknown(seconds: object, words: str) -> None:
    assert found({BASE.ExposureTime: seconds}).exposure == words


@pytest.mark.parametrize(
    "position",
    [
        {},
        PARIS | {GPS.GPSLatitude: (91.0, 0.0, 0.0)},
        PARIS | {GPS.GPSLatitude: (90.0, 59.0, 0.0)},
        PARIS | {GPS.GPSLongitude: (1.0, float("nan"), 0.0)},
        PARIS | {GPS.GPSLongitude: (1.0, 2.0)},
        PARIS | {GPS.GPSLongitude: "2.3 E"},
        PARIS | {GPS.GPSLongitudeRef: "\x1b[31m"},
        PARIS | {GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitude: (0.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_is_none_is_unknown(position: dict[int, object]) -> None:
    assert found({}, position).place == ""


def test_hostile_texts_are_made_printable_and_cut() -> None:
    assert found({BASE.LensModel: "\x1b]0;title\x07 \u202eevil\nlens"}).lens == "\\x1b]0;title\\x07 \\u202eevil lens"
    assert len(found({BASE.LensModel: "x" * 100_000}).lens) == 100
    assert found({BASE.LensModel: b"bytes", BASE.LensMake: 7}) == NO_PHOTOGRAPH
    assert found({BASE.LensMake: "SIGMA", BASE.LensModel: "sigma 35mm"}).lens == "sigma 35mm"


def test_broken_exif_is_none() -> None:
    content = encoded(upright(), "JPEG", exif=b"Exif\0\0II*\0" + struct.pack("<I", 1 << 31) + b"\xff" * 50)
    with open_picture(io.BytesIO(content)) as image:
        assert read_photograph(image) == NO_PHOTOGRAPH


def test_it_comes_whole_through_the_message_of_a_decoder() -> None:
    reply = Reply(photograph=("ü" * 100, "1/250 s, f/2.8, ISO 400, 50 mm", "48.8584 N, 2.2945 E"))
    assert Reply.unpack(reply.pack()).photograph == reply.photograph


def test_a_file_that_is_no_picture_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(UnreadablePicture, match="not a picture"):
        decoders.read_photograph(tmp_path / "a.jpg")
    with pytest.raises(UnreadablePicture, match="not there any more"):
        decoders.read_photograph(tmp_path / "b.jpg")


def test_a_picture_of_the_project_is_read_from_any_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(with_exif("JPEG", TAKEN, PARIS))
    (folder / "plain.png").write_bytes(encoded(upright(), "PNG"))
    with Project.open_or_create(folder) as project:
        project.scan()
        picture = project.catalog.by_path(folder / "a.jpg")
        plain = project.catalog.by_path(folder / "plain.png")
        assert picture is not None and plain is not None
        (folder / "a.jpg").unlink()
        (folder / "plain.png").unlink()
        assert photograph_of(project.catalog, picture.key, picture.path) == FOUND
        assert photograph_of(project.catalog, plain.key, plain.path) == NO_PHOTOGRAPH  # and no file is opened
