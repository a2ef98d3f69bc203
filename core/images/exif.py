"""The date and camera of a picture from its EXIF. Untrusted text: it is validated, cut and made printable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

from core.images.formats import LONGEST_CAMERA
from core.images.pixels import DECODER_ERRORS
from core.text import printable

_YEARS = range(1826, 2200)  # since the first photograph; clocks that were never set give other years
_USUAL = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Exif:
    """The stored part of a picture's EXIF.

    Attributes:
        taken: local date and time, ``1999-12-31T23:59:59``; empty if unknown.
        camera: maker and model, printable; empty if unknown.
    """

    taken: str = ""
    camera: str = ""


NO_EXIF = Exif()


def read_exif(image: Image.Image) -> Exif:
    """Read the EXIF of an open picture. Broken EXIF counts as none."""
    try:
        tags = image.getexif()
        inner = tags.get_ifd(ExifTags.IFD.Exif)
    except DECODER_ERRORS:
        return NO_EXIF
    times = (inner.get(ExifTags.Base.DateTimeOriginal), inner.get(ExifTags.Base.DateTimeDigitized))
    taken = next((found for found in map(_moment, times) if found), "")
    return Exif(taken, _camera(tags.get(ExifTags.Base.Make), tags.get(ExifTags.Base.Model)))


def _moment(value: Any) -> str:
    text = exif_text(value)[:19]
    usual = _USUAL.fullmatch(text)
    try:
        if usual:
            year, month, day, hour, minute, second = map(int, usual.groups())
            found = datetime(year, month, day, hour, minute, second)
        else:  # also takes numbers without their zeros, and ten times as long
            found = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return ""
    return found.isoformat(timespec="seconds") if found.year in _YEARS else ""


def _camera(make: Any, model: Any) -> str:
    maker, name = exif_text(make), exif_text(model)
    # "Canon" and "Canon EOS 5D" make "Canon EOS 5D"; "NIKON CORPORATION" and "NIKON D70" make "NIKON D70".
    words = name if maker and name.lower().startswith(maker.split()[0].lower()) else f"{maker} {name}"
    return printable(words.strip()[:LONGEST_CAMERA])


def exif_text(value: Any) -> str:
    """A text field without the padding (zero bytes and blanks) of cameras; empty if it is not text."""
    return " ".join(value.partition("\0")[0].split()) if isinstance(value, str) else ""
