"""Computed properties: derived from a picture's file or measured from its pixels. Read-only."""

from __future__ import annotations

import os
from datetime import datetime

from core.catalog.catalog import Picture

COMPUTED = (
    "path",
    "folder",
    "name",
    "width",
    "height",
    "megapixels",
    "orientation",
    "format",
    "size",
    "date",
    "camera",
    "colour",
    "sharpness",
)


def computed(picture: Picture) -> dict[str, str | float]:
    """The computed properties of a picture, by name.

    Paths hold undecodable bytes as surrogates: pass them through ``printable`` to show them. ``size`` is in bytes,
    ``date`` the local day on which the picture was taken, else on which the file was changed, ``colour`` the mean as
    ``#rrggbb``. Unknown properties are left out.
    """
    values: dict[str, str | float] = {
        "path": os.fsdecode(picture.path),
        "folder": os.fsdecode(os.path.dirname(picture.path)),
        "name": picture.name,
        "size": picture.size,
        "date": picture.taken[:10] or datetime.fromtimestamp(picture.mtime_ns / 1e9).date().isoformat(),
    }
    if picture.camera:
        values["camera"] = picture.camera
    if picture.sharpness is not None:
        values |= {"colour": picture.colour, "sharpness": picture.sharpness}
    if picture.width and picture.height:
        values |= {
            "width": picture.width,
            "height": picture.height,
            "megapixels": picture.width * picture.height / 1e6,
            "orientation": orientation(picture.width, picture.height),
            "format": picture.format,
        }
    return {name: values[name] for name in COMPUTED if name in values}


def orientation(width: int, height: int) -> str:
    """``landscape``, ``portrait`` or ``square``."""
    return "square" if width == height else "landscape" if width > height else "portrait"
