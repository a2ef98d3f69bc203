"""What pictures cost in the terminal: bytes and processor time, by protocol, for thumbnails, a large picture, a page.

    python -m tests.benchmarks.graphics_benchmark [--pictures FOLDER] [--count 24] [--cell 10x20]

The bar is what the same pixels take as JPEG of quality 80: about the least that a picture needs. "once" is sent when a
picture is shown first (kitty) or when the screen stands still (sixel, iTerm2); "each time" when its lines are drawn
again. Decibels compare the pixels that are sent with those of the picture at that size.
"""

from __future__ import annotations

import argparse
import io
import re
import time
from base64 import standard_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console

import core.demo
from tests.benchmarks.hardware import hardware
from tests.tui.graphics.sixel_decoder import decode
from tui.graphics.drawing import Drawing
from tui.graphics.placeholders import visible
from tui.graphics.renderer import Renderer, renderer_for
from tui.graphics.terminal import CellSize, Protocol, Terminal

SLOW = 1e6 / 8  # bytes a second: 1 Mbit/s
CONSOLE = Console(color_system="truecolor", force_terminal=True)


@dataclass
class Cost:
    """Means of one picture: bytes, milliseconds of the processor, decibels."""

    once: float
    each_time: float
    draw_ms: float
    lines_ms: float
    decibels: float


def pictures(folder: Path, side: int, count: int) -> list[Image.Image]:
    """Some from all over the folder, at most ``side`` pixels high and wide."""
    files = sorted(folder.rglob("*.jpg"))
    found = []
    for file in files[:: max(1, len(files) // count)][:count]:
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((side, side))
        found.append(picture)
    return found


def jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=80)
    return written.getvalue()


def sent_pixels(drawing: Drawing) -> np.ndarray | None:
    """What the terminal gets to show; None for characters."""
    if drawing.transmission:
        text = "".join(re.findall(r";([A-Za-z0-9+/=]+)\x1b\\", drawing.transmission.data))
    elif drawing.overlay and "\x1bP" in drawing.overlay.data:
        return decode(drawing.overlay.data[drawing.overlay.data.index("\x1bP") :])[1][..., :3]
    elif drawing.overlay:
        text = drawing.overlay.data.rsplit(":", 1)[1].removesuffix("\x07")
    else:
        return None
    return np.asarray(Image.open(io.BytesIO(standard_b64decode(text))).convert("RGB"))


def decibels(drawing: Drawing, picture: Image.Image) -> float:
    """Of the picture's values to those of the difference; 60 where there is none, NaN for characters."""
    sent = sent_pixels(drawing)
    if sent is None:
        return float("nan")
    wanted = picture.resize((sent.shape[1], sent.shape[0]), Image.Resampling.BICUBIC, reducing_gap=3.0)
    error = np.mean((sent.astype(float) - np.asarray(wanted, float)) ** 2)
    return min(60.0, float(10 * np.log10(255**2 / max(error, 1e-9))))


def measure(renderer: Renderer, some: list[Image.Image], columns: int, rows: int) -> Cost:
    """Draw each in its box; the first is drawn once before, so that nothing is imported on the way."""
    renderer.draw(some[0], columns, rows)
    begin = time.process_time()
    drawings = [renderer.draw(picture, columns, rows) for picture in some]
    drawn = time.process_time()
    lines = [visible(line.render(CONSOLE)) for drawing in drawings for line in drawing.lines]
    written = time.process_time()
    return Cost(
        once=sum(len(data) for drawing in drawings for data in _data(drawing)) / len(some),
        each_time=sum(len(line.encode()) for line in lines) / len(some),
        draw_ms=(drawn - begin) * 1000 / len(some),
        lines_ms=(written - drawn) * 1000 / len(some),
        decibels=float(np.mean([decibels(*pair) for pair in zip(drawings, some, strict=True)])),
    )


def _data(drawing: Drawing) -> Iterator[str]:
    if drawing.transmission:
        yield drawing.transmission.data
    if drawing.overlay:
        yield drawing.overlay.data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, default=Path(core.demo.__file__).parent / "pictures")
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--cell", default="10x20", help="pixels of a cell")
    given = parser.parse_args()
    width, height = map(int, given.cell.split("x"))
    print(hardware())
    for side in (192, 512):
        some = pictures(given.pictures, side, given.count)
        columns, rows = side // width, side // height
        bar = sum(len(jpeg(picture)) for picture in some) / len(some)
        print(f"\n{side} px, {len(some)} pictures in {columns} x {rows} cells; JPEG q80: {bar / 1000:.1f} KB each")
        print(
            "protocol |    once KB  (x JPEG) | each time KB | draw ms | lines ms |   dB | all, KB | all, s at 1 Mbit/s"
        )
        for protocol in (Protocol.KITTY, Protocol.SIXEL, Protocol.ITERM, Protocol.SYMBOLS, Protocol.HALF):
            cost = measure(renderer_for(Terminal(protocol, cell=CellSize(width, height))), some, columns, rows)
            page = (cost.once + cost.each_time) * len(some)
            print(
                f"{protocol:8} | {cost.once / 1000:10.1f}  ({cost.once / bar:5.2f}) | {cost.each_time / 1000:12.1f} "
                f"| {cost.draw_ms:7.1f} | {cost.lines_ms:8.1f} | {cost.decibels:4.1f} "
                f"| {page / 1000:7.0f} | {page / SLOW:8.1f}"
            )


if __name__ == "__main__":
    main()
