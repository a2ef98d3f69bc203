"""Draws an explanation: what matters is in its colours and outlined, the rest is dimmed."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageDraw

from core.errors import UsageError
from core.explain.explanation import Explanation
from core.explain.occlusion import CELLS, Map, box_of
from core.export.target import check_file, refuse_picture_folder, whole_files
from core.project import Project
from core.text import printable

_HEIGHT, _GAP = 480, 16  # pixels
_STRONG = 0.5  # of the strongest cell: outlined
_DIMMED = 0.25  # brightness of what does not matter
_OUTLINE = (255, 176, 32)
_SHADES, _ASCII_SHADES = " ░▒▓█", " .:+#"


def save_explanation(project: Project, shown: Explanation, target: Path, *, replace: bool = False) -> None:
    """Write both pictures side by side as PNG, complete or not at all.

    Raises:
        AlreadyExists: the file exists, and ``replace`` is off. UsageError: it may not be written, or has another
            ending. DiskFull: no space; nothing is left behind.
    """
    check_explanation(project, target, replace)
    with whole_files(project, [target], replace) as (stream,):
        _write(shown, stream)


def check_explanation(project: Project, target: Path, replace: bool) -> None:
    """Check that a drawing may be written here, before anything is computed.

    Raises:
        AlreadyExists, UsageError: it may not.
    """
    if target.suffix.lower() != ".png":
        raise UsageError(f"{printable(target)}: its name must end in .png", "choose another name")
    refuse_picture_folder(project, target)
    check_file(project, target, replace)


def _write(shown: Explanation, stream: BinaryIO) -> None:
    lit = [light_up(_fitted(picture), relevance) for picture, relevance in zip(shown.pictures, shown.maps, strict=True)]
    sheet = Image.new("RGB", (sum(one.width for one in lit) + _GAP, _HEIGHT), "white")
    sheet.paste(lit[0], (0, 0))
    sheet.paste(lit[1], (lit[0].width + _GAP, 0))
    sheet.save(stream, "PNG")


def light_up(picture: Image.Image, found: Map) -> Image.Image:
    """The picture with what does not matter dark and grey, and an outline round the cells that matter most.

    Args:
        picture: RGB.
        found: of the same picture.
    """
    weights = Image.fromarray(np.uint8(found * 255)).resize(picture.size, Image.Resampling.BICUBIC)
    dark = picture.convert("L").point(lambda value: value * _DIMMED).convert("RGB")
    drawn = Image.composite(picture, dark, weights)
    brush = ImageDraw.Draw(drawn)
    strong = np.pad(found >= _STRONG, 1)
    for row, column in zip(*np.nonzero(strong), strict=True):
        left, top, right, bottom = box_of(picture.size, int(row) - 1, int(column) - 1)
        sides = {
            (-1, 0): (left, top, right, top),
            (1, 0): (left, bottom, right, bottom),
            (0, -1): (left, top, left, bottom),
            (0, 1): (right, top, right, bottom),
        }
        for (down, across), line in sides.items():
            if not strong[row + down, column + across]:
                brush.line(line, _OUTLINE, 3)
    return drawn


def as_text(shown: Explanation, *, ascii_only: bool = False) -> str:
    """Both maps side by side in block characters, two for a cell: fuller is what matters more."""
    shades, edge = (_ASCII_SHADES, "|") if ascii_only else (_SHADES, "│")
    first, second = (np.ceil(relevance * (len(shades) - 1)).astype(int) for relevance in shown.maps)
    lines = []
    for row in range(CELLS):
        left, right = ("".join(shades[level] * 2 for level in relevance[row].tolist()) for relevance in (first, second))
        lines.append(f"{edge}{left}{edge}  {edge}{right}{edge}")
    return "\n".join(lines)


def _fitted(picture: Image.Image) -> Image.Image:
    return picture.resize((max(1, round(picture.width * _HEIGHT / picture.height)), _HEIGHT), Image.Resampling.LANCZOS)
