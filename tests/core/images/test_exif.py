"""When and with what a picture was taken, out of EXIF that cameras, programs and vandals wrote."""

from __future__ import annotations

import io

import pytest
from image_helpers import encoded, upright
from PIL import ExifTags, Image

from core.images.exif import LONGEST_CAMERA, Exif, read_exif

MAKE, MODEL, CHANGED = ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.DateTime
ORIGINAL, DIGITIZED = ExifTags.Base.DateTimeOriginal, ExifTags.Base.DateTimeDigitized


def found(outer: dict[int, object], inner: dict[int, object], kind: str = "JPEG") -> Exif:
    exif = Image.Exif()
    exif.update(outer)
    if inner:
        exif.get_ifd(ExifTags.IFD.Exif).update(inner)
    content = encoded(upright(), kind, exif=exif.tobytes())
    with Image.open(io.BytesIO(content)) as image:
        return read_exif(image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_says_when_and_with_what(kind: str) -> None:
    exif = found({MAKE: "Canon", MODEL: "Canon EOS 5D"}, {ORIGINAL: "1999:12:31 23:59:59"}, kind)
    assert exif == Exif("1999-12-31T23:59:59", "Canon EOS 5D")


@pytest.mark.parametrize(
    ("inner", "taken"),
    [
        ({ORIGINAL: "2001:02:03 04:05:06", DIGITIZED: "2010:01:01 00:00:00"}, "2001-02-03T04:05:06"),
        ({ORIGINAL: "0000:00:00 00:00:00", DIGITIZED: "2010:01:01 00:00:00"}, "2010-01-01T00:00:00"),
        ({ORIGINAL: "2001:02:03 04:05:06\0\0junk"}, "2001-02-03T04:05:06"),
        ({ORIGINAL: "2001:02:30 04:05:06"}, ""),
        ({ORIGINAL: "2001:2:3 4:5:6"}, "2001-02-03T04:05:06"),
        ({ORIGINAL: "2001:02:03 24:00:00"}, ""),
        ({ORIGINAL: "2001:02:03 23:59:60"}, ""),
        ({ORIGINAL: "2001-02-03 04:05:06"}, ""),
        ({ORIGINAL: "    :  :     :  :  "}, ""),
        ({ORIGINAL: "9999:12:31 23:59:59"}, ""),
        ({ORIGINAL: "soon"}, ""),
        ({}, ""),
    ],
)
def test_a_date_that_is_none_is_unknown(inner: dict[int, object], taken: str) -> None:
    # The time of the last change says nothing of when it was taken.
    assert found({CHANGED: "2020:01:01 00:00:00"}, inner).taken == taken


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D70", "NIKON D70"),
        ("Apple", "iPhone 12", "Apple iPhone 12"),
        ("  SONY  \0", "", "SONY"),
        ("", "DSC-1", "DSC-1"),
        ("\x1b[31mred", "[b]\u202e", "\\x1b[31mred [b]\\u202e"),
        ("", "", ""),
    ],
)
def test_a_camera_is_its_maker_and_model(make: str, model: str, camera: str) -> None:
    tags: dict[int, object] = {MAKE: make.encode("utf-8").decode("latin-1"), MODEL: model}
    if "\u202e" in model:  # EXIF is written as ASCII; a vandal need not care
        with Image.new("RGB", (1, 1)) as image:
            image.getexif().update({MAKE: make, MODEL: model})
            assert read_exif(image).camera == camera
    else:
        assert found(tags, {}).camera == camera


def test_a_long_name_is_cut_and_broken_exif_is_none() -> None:
    assert len(found({MODEL: "x" * 10_000}, {}).camera) == LONGEST_CAMERA
    content = encoded(upright(), "JPEG", exif=b"Exif\0\0" + b"\xff" * 50)
    with Image.open(io.BytesIO(content)) as image:
        assert read_exif(image) == Exif()
    with Image.new("RGB", (1, 1)) as image:
        image.getexif().update({MAKE: 7, MODEL: b"bytes"})
        assert read_exif(image) == Exif()
