"""How and where a picture was taken, from its EXIF: lens, exposure, place. Untrusted: it is validated and cut."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image

from core.images.exif import exif_text
from core.images.formats import LONGEST_CAMERA
from core.images.pixels import DECODER_ERRORS
from core.text import printable

_SECONDS = 1e-6, 1e6  # shorter and longer exposures are errors
_APERTURES = 0.1, 1_000.0
_SENSITIVITIES = 1.0, 1e8
_MILLIMETRES = 0.1, 100_000.0
_AS_FRACTION = 0.3  # seconds: shorter exposures are written 1/250


@dataclass(frozen=True, slots=True)
class Photograph:
    """What EXIF says about taking a picture besides date and camera (:class:`core.images.exif.Exif`).

    Attributes:
        lens: maker and model, printable, at most 100 characters; empty if unknown.
        exposure: ``1/250 s, f/2.8, ISO 400, 50 mm``, as far as it is known.
        place: degrees, ``48.8584 N, 2.2945 E``; empty if unknown.
    """

    lens: str = ""
    exposure: str = ""
    place: str = ""


NO_PHOTOGRAPH = Photograph()


def read_photograph(image: Image.Image) -> Photograph:
    """Read the EXIF of a picture opened by :func:`core.images.read.open_picture`: its header, no pixels.

    Broken EXIF counts as none, a broken field as unknown.
    """
    try:
        tags = image.getexif()
        inner, position = tags.get_ifd(ExifTags.IFD.Exif), tags.get_ifd(ExifTags.IFD.GPSInfo)
    except DECODER_ERRORS:
        return NO_PHOTOGRAPH
    maker, model = exif_text(inner.get(ExifTags.Base.LensMake)), exif_text(inner.get(ExifTags.Base.LensModel))
    lens = model if maker and model.lower().startswith(maker.lower()) else f"{maker} {model}"
    return Photograph(printable(lens.strip()[:LONGEST_CAMERA]), _exposure(inner), _place(position))


def _exposure(inner: Mapping[int, Any]) -> str:
    seconds = _number(inner.get(ExifTags.Base.ExposureTime), *_SECONDS)
    aperture = _number(inner.get(ExifTags.Base.FNumber), *_APERTURES)
    sensitivity = _number(inner.get(ExifTags.Base.ISOSpeedRatings), *_SENSITIVITIES)
    length = _number(inner.get(ExifTags.Base.FocalLength), *_MILLIMETRES)
    parts = []
    if seconds is not None:
        parts.append(f"1/{round(1 / seconds)} s" if seconds < _AS_FRACTION else f"{_short(seconds)} s")
    if aperture is not None:
        parts.append(f"f/{_short(aperture)}")
    if sensitivity is not None:
        parts.append(f"ISO {round(sensitivity)}")
    if length is not None:
        parts.append(f"{_short(length)} mm")
    return ", ".join(parts)


def _place(position: Mapping[int, Any]) -> str:
    gps = ExifTags.GPS
    north = _degrees(position.get(gps.GPSLatitude), 90)
    east = _degrees(position.get(gps.GPSLongitude), 180)
    if north is None or east is None or north == east == 0:  # cameras without a fix write zeros
        return ""
    south_of = exif_text(position.get(gps.GPSLatitudeRef)).upper()
    west_of = exif_text(position.get(gps.GPSLongitudeRef)).upper()
    if south_of not in ("N", "S") or west_of not in ("E", "W"):
        return ""
    return f"{north:.4f} {south_of}, {east:.4f} {west_of}"


def _degrees(value: Any, most: float) -> float | None:
    """Degrees, minutes and seconds as one number from 0 to ``most``; None if it is none."""
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    parts = [_number(part, 0, most if not number else 60) for number, part in enumerate(value)]
    if None in parts:
        return None
    degrees = sum(part / 60**number for number, part in enumerate(parts) if part is not None)
    return degrees if degrees <= most else None


def _number(value: Any, least: float, most: float) -> float | None:
    """A number of EXIF within limits; of several the first; None for a text, a zero denominator or nonsense."""
    if isinstance(value, tuple) and value:
        value = value[0]
    if isinstance(value, str | bytes | bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) and least <= number <= most else None


def _short(number: float) -> str:
    """At most one decimal, and none that is zero."""
    return f"{number:.1f}".removesuffix(".0")
