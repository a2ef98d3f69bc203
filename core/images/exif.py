"""When a picture was taken and with what, as its EXIF says. Untrusted text: it is checked, cut and made harmless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

from core.images.read import _DECODER_ERRORS
from core.text import printable

LONGEST_CAMERA = 100
_YEARS = range(1826, 2200)  # since there are photographs; a clock that was never set says others


@dataclass(frozen=True, slots=True)
class Exif:
    """What is kept of a picture's EXIF.

    Attributes:
        taken: local date and time, ``1999-12-31T23:59:59``; empty where unknown.
        camera: maker and model, printable; empty where unknown.
    """

    taken: str = ""
    camera: str = ""


NO_EXIF = Exif()


def read_exif(image: Image.Image) -> Exif:
    """What the header of an open picture says. Broken EXIF is as good as none."""
    try:
        tags = image.getexif()
        inner = tags.get_ifd(ExifTags.IFD.Exif)
    except _DECODER_ERRORS:
        return NO_EXIF
    times = (inner.get(ExifTags.Base.DateTimeOriginal), inner.get(ExifTags.Base.DateTimeDigitized))
    taken = next((found for found in map(_moment, times) if found), "")
    return Exif(taken, _camera(tags.get(ExifTags.Base.Make), tags.get(ExifTags.Base.Model)))


def _moment(value: Any) -> str:
    try:
        found = datetime.strptime(_text(value)[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return ""
    return found.isoformat(timespec="seconds") if found.year in _YEARS else ""


def _camera(make: Any, model: Any) -> str:
    maker, name = _text(make), _text(model)
    # "Canon" and "Canon EOS 5D" are one camera; "NIKON CORPORATION" and "NIKON D70" as well.
    words = name if maker and name.lower().startswith(maker.split()[0].lower()) else f"{maker} {name}"
    return printable(words.strip()[:LONGEST_CAMERA])


def _text(value: Any) -> str:
    """A text field, without the zero bytes and blanks that cameras fill it up with; else empty."""
    return " ".join(value.partition("\0")[0].split()) if isinstance(value, str) else ""
