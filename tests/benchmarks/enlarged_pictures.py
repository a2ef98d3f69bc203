"""Pictures of a camera's size for benchmarks: the demo's, enlarged, as JPEG of quality 90; no two files are equal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

import core.demo


def make_pictures(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Write ``000000.jpg`` and so on. Does nothing if the folder is there already."""
    if folder.exists():
        return
    folder.mkdir(parents=True)
    files = sorted(Path(core.demo.__file__).with_name("pictures").rglob("*.jpg"))
    with ProcessPoolExecutor() as pool:
        parts = [range(first, count, os.cpu_count() or 1) for first in range(os.cpu_count() or 1)]
        list(pool.map(_make_some, [(files, part, folder, size) for part in parts]))


def _make_some(work: tuple[Sequence[Path], range, Path, tuple[int, int]]) -> None:
    files, numbers, folder, size = work
    for number in numbers:
        with Image.open(files[number % len(files)]) as opened:
            picture = opened.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        picture.putpixel((0, 0), (number % 256, number // 256 % 256, 0))  # no two files are equal
        picture.save(folder / f"{number:06}.jpg", quality=90)
