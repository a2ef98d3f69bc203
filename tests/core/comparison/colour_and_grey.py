"""Pictures of a few motifs, each in many colours and in black and white: what they show is not what colour they are."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

Brush = ImageDraw.ImageDraw
Random = np.random.Generator
SIDE = 160


def _house(brush: Brush, x: int, y: int, size: int) -> None:
    brush.rectangle([x - size, y, x + size, y + 2 * size], fill=60)
    brush.polygon([(x - size - 8, y), (x, y - size), (x + size + 8, y)], fill=200)
    brush.rectangle([x - size // 4, y + size, x + size // 4, y + 2 * size], fill=230)


def _boat(brush: Brush, x: int, y: int, size: int) -> None:
    brush.polygon(
        [(x - 2 * size, y + size), (x + 2 * size, y + size), (x + size, y + 2 * size), (x - size, y + 2 * size)],
        fill=40,
    )
    brush.polygon([(x, y - 2 * size), (x, y + size - 4), (x + size + size // 2, y + size - 4)], fill=240)
    brush.line([x, y - 2 * size, x, y + size], fill=20, width=4)


def _flower(brush: Brush, x: int, y: int, size: int) -> None:
    for turn in range(8):
        angle = turn * np.pi / 4
        cx, cy = x + size * np.cos(angle), y + size * np.sin(angle)
        brush.ellipse([cx - size / 2, cy - size / 2, cx + size / 2, cy + size / 2], fill=220)
    brush.ellipse([x - size / 2, y - size / 2, x + size / 2, y + size / 2], fill=50)


def _wall(brush: Brush, x: int, y: int, size: int) -> None:
    high = size // 2 + 4
    for row in range(-4, 5):
        for column in range(-4, 5):
            left = x + column * 2 * high + (row % 2) * high
            brush.rectangle([left, y + row * high, left + 2 * high - 5, y + row * high + high - 5], fill=70)


MOTIFS: dict[str, Callable[[Brush, int, int, int], None]] = {
    "boat": _boat,
    "flower": _flower,
    "house": _house,
    "wall": _wall,
}


def draw_motif(motif: str, random: Random, *, colour: bool) -> Image.Image:
    """A motif somewhere on a background, in one strong colour or in shades of grey."""
    grey = Image.new("L", (SIDE, SIDE), int(random.integers(110, 170)))
    x, y = random.integers(SIDE // 2 - 25, SIDE // 2 + 25, 2).tolist()
    MOTIFS[motif](ImageDraw.Draw(grey), x, y, int(random.integers(22, 38)))
    noise = random.normal(0, 8, (SIDE, SIDE))
    grey = Image.fromarray(np.clip(np.asarray(grey) + noise, 0, 255).astype(np.uint8))
    if not colour:
        return grey.convert("RGB")
    hue = float(random.random())
    dark, light = (colorsys.hsv_to_rgb(hue, *tone) for tone in ((1.0, 0.25), (0.9, 1.0)))
    return ImageOps.colorize(grey, *(tuple(int(255 * part) for part in tone) for tone in (dark, light)))


def draw_motifs(folder: Path, each: int, seed: int = 11) -> None:
    """``each`` pictures of each motif in a folder of its name, every second one in black and white."""
    random = np.random.default_rng(seed)
    for motif in MOTIFS:
        (folder / motif).mkdir(parents=True)
        for number in range(each):
            draw_motif(motif, random, colour=number % 2 == 0).save(folder / motif / f"{number:02d}.png")
